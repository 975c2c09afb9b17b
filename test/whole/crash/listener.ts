/** A subscriber's endpoint: takes notifications, refuses some, and remembers which events came, in the order of arrival. */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Random } from '../../../scripts/random.ts'

export type Arrival = { readonly number: number; readonly focus: string }

export type Listener = {
  readonly url: string
  /** Events accepted, in the order of arrival, repetitions included. */
  readonly arrivals: readonly Arrival[]
  readonly refusals: () => number
  /** Resolves when the subscription has been shaken hands on. */
  readonly greeted: Promise<void>
  /** Resolves when an event about this record (`/Patient/abc`) has arrived; rejects after a minute. */
  eventAbout(focus: string): Promise<void>
  close(): Promise<void>
}

const PATIENCE = 60_000

type NotificationParameter = {
  name: string
  part?: NotificationParameter[]
  valueString?: string
  valueCode?: string
  valueReference?: { reference: string }
}

/** @param refuses the part of notifications of events that it answers with 503 */
export async function listener(random: Random, refuses: number): Promise<Listener> {
  const arrivals: Arrival[] = []
  const waiting: { focus: string; resolve: () => void }[] = []
  let refusals = 0
  let greet = (): void => undefined
  const greeted = new Promise<void>((resolve) => (greet = resolve))

  const server = createServer(async (request, response) => {
    const parameters = await parametersOf(request)
    if (codeOf(parameters, 'type') === 'handshake') response.once('finish', greet)
    else if (random.chance(refuses)) {
      refusals++
      return void response.writeHead(503).end()
    } else {
      for (const event of eventsOf(parameters)) {
        arrivals.push(event)
        for (const one of waiting) if (event.focus.endsWith(one.focus)) one.resolve()
      }
    }
    response.writeHead(200).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    arrivals,
    refusals: () => refusals,
    greeted,
    eventAbout: (focus) =>
      new Promise((resolve, reject) => {
        if (arrivals.some((one) => one.focus.endsWith(focus))) return resolve()
        const late = setTimeout(
          () => reject(new Error(`No event arrived about \`${focus}\` within a minute.`)),
          PATIENCE,
        )
        waiting.push({
          focus,
          resolve: () => {
            clearTimeout(late)
            resolve()
          },
        })
      }),
    close: () => closed(server),
  }
}

/** A hub that is killed cuts a notification off in the middle: that is no arrival. */
async function parametersOf(request: IncomingMessage): Promise<readonly NotificationParameter[]> {
  let text = ''
  try {
    for await (const chunk of request.setEncoding('utf8')) text += chunk
    return JSON.parse(text).entry[0].resource.parameter as NotificationParameter[]
  } catch {
    return []
  }
}

const codeOf = (parameters: readonly NotificationParameter[], name: string) =>
  parameters.find((one) => one.name === name)?.valueCode

function eventsOf(parameters: readonly NotificationParameter[]): readonly Arrival[] {
  return parameters
    .filter((one) => one.name === 'notification-event')
    .map(({ part = [] }) => ({
      number: Number(part.find((one) => one.name === 'event-number')?.valueString),
      focus: part.find((one) => one.name === 'focus')?.valueReference?.reference ?? '',
    }))
}

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
