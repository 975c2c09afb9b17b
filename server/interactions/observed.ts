/** Handlers whose replies somebody looks at: tests that ask what a reply discloses. */
import type { Call, Handler, Reply } from './call.ts'
import type { Handlers } from './routes.ts'

type OnReply = (call: Call, reply: Reply) => void

/** The same handlers, `onReply` called with every reply before it is sent. */
export function observed({ interactions, operations }: Handlers, onReply: OnReply | undefined): Handlers {
  if (!onReply) return { interactions, operations }
  const observe =
    (run: Handler): Handler =>
    async (call) => {
      const reply = await run(call)
      onReply(call, reply)
      return reply
    }
  return {
    interactions: Object.fromEntries(Object.entries(interactions).map(([name, run]) => [name, run && observe(run)])),
    operations: operations.map((one) => ({ ...one, run: observe(one.run) })),
  }
}
