/** A closed loop of requests over keep-alive connections: each sends its next request after the answer to the last one. */
import { Agent, request } from 'node:http'

export type Ask = {
  readonly method: string
  readonly path: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}
export type Round = { readonly url: string; next(): Ask }

/** Answers per second. An answer of 400 or more ends the benchmark: a fast error is not a result. */
export async function load({ url, next }: Round, seconds: number, connections: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const end = performance.now() + seconds * 1000
  let answers = 0
  const one = async (): Promise<void> => {
    while (performance.now() < end) {
      await send(url, next(), agent)
      answers += 1
    }
  }
  const begun = performance.now()
  await Promise.all(Array.from({ length: connections }, one))
  agent.destroy()
  return answers / ((performance.now() - begun) / 1000)
}

function send(url: string, { method, path, body, headers }: Ask, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const type =
      body === undefined ? {} : { 'Content-Type': 'application/fhir+json', 'Content-Length': Buffer.byteLength(body) }
    const sent = request(`${url}${path}`, { method, agent, headers: { ...headers, ...type } }, (response) => {
      response.resume()
      response.once('end', () => {
        if ((response.statusCode ?? 500) < 400) resolve()
        else reject(new Error(`${method} ${path} answered ${String(response.statusCode)}.`))
      })
    })
    sent.once('error', reject)
    sent.end(body)
  })
}
