/** Shows every reply to an observer before it is sent: for tests, and for whoever counts what is disclosed. */
import type { Call, Handler, Reply } from './call.ts'
import type { Handlers } from './routes.ts'

/** The handlers, each of which calls `onReply`; the same handlers without one. */
export function observed(handlers: Handlers, onReply: ((call: Call, reply: Reply) => void) | undefined): Handlers {
  if (!onReply) return handlers
  const { interactions, operations } = handlers
  const observe =
    (run: Handler): Handler =>
    async (call) => {
      const reply = await run(call)
      onReply(call, reply)
      return reply
    }
  return {
    ...handlers,
    interactions: Object.fromEntries(Object.entries(interactions).map(([name, run]) => [name, run && observe(run)])),
    operations: operations.map((one) => ({ ...one, run: observe(one.run) })),
  }
}
