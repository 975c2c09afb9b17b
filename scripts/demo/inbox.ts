/**
 * An agency's HTTP endpoint for notifications: answers at once, counts by subscription, and notices what is missing.
 * https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/notifications.html
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resourcesOf, type Part, type DemoResource } from './fhir.ts'

export type Event = { readonly topic: string; readonly number: number; readonly focus: string }
export type Notification = {
  /** The last part of the topic's address. */
  readonly topic: string
  readonly events: readonly Event[]
  /** Numbers that were skipped between the last notification and this one. */
  readonly missing: readonly number[]
}

export type Inbox = {
  readonly url: string
  /** Resolves when the handshake for this topic has arrived. */
  handshake(topic: string): Promise<void>
  /** Numbers of the events that arrived, by topic. */
  numbers(topic: string): readonly number[]
  close(): void
}

/** Opens an endpoint on a free loopback port. `receive` is called for each notification, after it was answered. */
export async function openInbox(receive: (notification: Notification) => void): Promise<Inbox> {
  const numbers = new Map<string, number[]>()
  const handshakes = new Map<string, Handshake>()
  const handshake = (topic: string) => {
    const one = handshakes.get(topic) ?? resolvable()
    handshakes.set(topic, one)
    return one
  }
  const server = createServer(async (request, response) => {
    const status = resourcesOf(JSON.parse(await textOf(request)))[0]
    response.writeHead(204).end()
    if (!status) return
    const { topic, type, events } = readStatus(status)
    if (type === 'handshake') return handshake(topic).done()
    const before = numbers.get(topic) ?? []
    const last = before.at(-1) ?? 0
    const fresh = events.filter((event) => event.number > last)
    numbers.set(topic, [...before, ...fresh.map((event) => event.number)])
    if (fresh.length > 0) receive({ topic, events: fresh, missing: between(last, fresh[0]?.number ?? last) })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir-hook`,
    handshake: (topic) => handshake(topic).promise,
    numbers: (topic) => numbers.get(topic) ?? [],
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

type Handshake = { readonly promise: Promise<void>; readonly done: () => void }

function resolvable(): Handshake {
  let done = () => {}
  const promise = new Promise<void>((resolve) => (done = resolve))
  return { promise, done }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** The status that every notification begins with: its topic, its type and its events. */
function readStatus(status: DemoResource) {
  const all = (status.parameter ?? []) as readonly Part[]
  const value = (parts: readonly Part[], name: string) => parts.find((part) => part.name === name)
  const topic = value(all, 'topic')?.valueCanonical?.split('/').at(-1) ?? ''
  const events = all
    .filter((part) => part.name === 'notification-event')
    .map(({ part = [] }) => ({
      topic,
      number: Number(value(part, 'event-number')?.valueString),
      focus: keyIn(value(part, 'focus')?.valueReference?.reference ?? ''),
    }))
  return { topic, type: value(all, 'type')?.valueCode, events }
}

/** `Type/id` at the end of an address. */
const keyIn = (address: string): string => address.split('/').slice(-2).join('/')

const between = (last: number, next: number): readonly number[] =>
  Array.from({ length: Math.max(0, next - last - 1) }, (_, index) => last + 1 + index)
