/**
 * The channel rest-hook: a POST to the endpoint; 2xx is success, everything else a failure, redirects too.
 * https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/channels.html#rest-hook
 */
import { lookup } from 'node:dns'
import { request as plainRequest, type IncomingMessage } from 'node:http'
import { request as secureRequest } from 'node:https'
import { endpointFault } from '../../domain/subscription/endpoint.ts'
import { parseRetryAfter } from '../../jobs/retry.ts'
import { Interrupted } from '../../jobs/worker.ts'
import type { Channel, Message, Outcome } from './channel.ts'
import { guardedLookup, RefusedAddress, type Resolve } from './lookup.ts'

export type RestHookSettings = {
  /** May loopback addresses be sent to? */
  readonly loopback: boolean
  readonly now: () => number
  /** Default: the system's resolver. */
  readonly resolve?: Resolve
}

/** An endpoint has nothing to say beyond its status; more is not read. */
const MOST_READ = 4096

export function restHook({ loopback, now, resolve = lookup }: RestHookSettings): Channel {
  const options = { method: 'POST', agent: false, lookup: guardedLookup(resolve, loopback) } as const
  return async (message, signal) => {
    // Looked at again on every attempt: a literal address is never looked up, and the setting may have changed.
    const fault = endpointFault(message.endpoint, loopback)
    if (fault !== undefined) return failure(`The endpoint ${fault}.`)
    try {
      return outcomeOf(await post(message, options, signal), now())
    } catch (error) {
      if (signal.aborted) throw new Interrupted('The attempt was interrupted.')
      return failure(reason(error, message))
    }
  }
}

type Answer = { readonly status: number; readonly retryAfter?: string | undefined }

class TimedOut extends Error {}

/** Resolves once the answer has ended, or enough of it was read; the body is dropped. */
function post(message: Message, options: object, signal: AbortSignal): Promise<Answer> {
  const url = new URL(message.endpoint)
  const send = url.protocol === 'https:' ? secureRequest : plainRequest
  return new Promise((resolve, reject) => {
    const length = Buffer.byteLength(message.body)
    const headers = Object.fromEntries([...message.headers, ['Content-Length', String(length)]])
    const request = send(url, { ...options, headers, signal })
    const timer = setTimeout(() => request.destroy(new TimedOut()), message.timeout)
    request.on('error', reject)
    request.on('close', () => {
      clearTimeout(timer)
      reject(new Error('closed'))
    })
    request.on('response', (response) =>
      drop(response, () => resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] })),
    )
    request.end(message.body)
  })
}

/** Reads the answer away; whatever happens to its body, its status stands. */
function drop(response: IncomingMessage, done: () => void): void {
  let read = 0
  response.on('data', (chunk: Buffer) => {
    read += chunk.length
    if (read > MOST_READ) response.destroy()
  })
  response.on('error', done)
  response.on('close', done)
}

function outcomeOf({ status, retryAfter }: Answer, now: number): Outcome {
  if (status >= 200 && status < 300) return { accepted: true }
  const asked = parseRetryAfter(retryAfter, now)
  return {
    ...failure(
      `The endpoint answered ${status}${status >= 300 && status < 400 ? ', and redirects are not followed' : ''}.`,
    ),
    ...(status === 410 ? { gone: true } : {}),
    ...(asked === undefined ? {} : { retryAfter: asked }),
  }
}

const failure = (text: string) => ({ accepted: false, text }) as const

function reason(error: unknown, { timeout }: Message): string {
  if (error instanceof TimedOut) return `The endpoint did not answer within ${timeout / 1000} seconds.`
  if (error instanceof RefusedAddress)
    return 'The name of the endpoint leads to an address that the hub does not send to.'
  const { code = 'unknown', syscall } = error as NodeJS.ErrnoException
  if (syscall === 'getaddrinfo') return 'The name of the endpoint cannot be resolved.'
  return `The endpoint cannot be reached (${code}).`
}
