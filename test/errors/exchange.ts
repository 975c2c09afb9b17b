/** The last request that a client sent and how it was answered, for whoever wants to show it. */
import { clientAt, clientOf, type Answer, type Client } from '../given.ts'

export type Exchange = {
  readonly agency?: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly answer: Answer
}

export type Recorder = { as(agency?: string): Client; last(): Exchange }

/** Clients of a hub, as those of test/given.ts; `last` is what any of them sent last. */
export function recorder(url: string): Recorder {
  let last: Exchange | undefined
  let [sent, latest] = [0, 0]
  const as = (agency?: string): Client => {
    const client = clientAt(url, agency)
    const send: Client['send'] = async (method, path, body, options = {}) => {
      const number = (sent += 1)
      const answer = await client.send(method, path, body, options)
      if (number > latest) {
        last = { agency, method, path, headers: options.headers ?? {}, body, answer }
        latest = number
      }
      return answer
    }
    return clientOf(send)
  }
  return {
    as,
    last() {
      if (!last) throw new Error('Nothing was sent.')
      return last
    },
  }
}
