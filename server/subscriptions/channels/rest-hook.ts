/**
 * The channel rest-hook: a POST to the endpoint; 2xx is success, everything else a failure, redirects too.
 * https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/channels.html#rest-hook
 */
import { lookup } from 'node:dns'
import { Agent as PlainAgent, request as plainRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { Agent as SecureAgent, request as secureRequest } from 'node:https'
import { endpointFault } from '../../domain/subscription/endpoint.ts'
import { parseRetryAfter } from '../../jobs/retry.ts'
import { Interrupted } from '../../jobs/worker.ts'
import type { Channel, Message, DeliveryOutcome } from './channel.ts'
import { guardedLookup, RefusedAddress, type Resolve } from './lookup.ts'

export type RestHookSettings = {
  /** May loopback addresses be sent to? */
  readonly loopback: boolean
  readonly now: () => number
  /** Bytes of an answer that are read: an endpoint has nothing to say beyond its status. */
  readonly answerLimit: number
  /** Default: the system's resolver. */
  readonly resolve?: Resolve
}

/** Connections are kept for the next notification, one per endpoint, and let go after so many milliseconds. */
const KEPT = { keepAlive: true, maxFreeSockets: 1, timeout: 4_000 }

export function restHook({ loopback, now, answerLimit, resolve = lookup }: RestHookSettings): Channel {
  const guard = guardedLookup(resolve, loopback)
  const [plain, secure] = [new PlainAgent(KEPT), new SecureAgent(KEPT)]
  const open: Open = (url, headers, signal) => {
    const options = { method: 'POST', headers, signal, lookup: guard }
    return url.protocol === 'https:'
      ? secureRequest(url, { ...options, agent: secure })
      : plainRequest(url, { ...options, agent: plain })
  }
  return async (message, signal) => {
    // Looked at again on every attempt: a literal address is never looked up, and the setting may have changed.
    const fault = endpointFault(message.endpoint, loopback)
    if (fault !== undefined) return failure(`The endpoint ${fault}.`)
    try {
      return outcomeOf(await post(message, { open, answerLimit }, signal), now())
    } catch (error) {
      if (signal.aborted) throw new Interrupted('The attempt was interrupted.')
      return failure(reason(error, message))
    }
  }
}

type Answer = { readonly status: number; readonly retryAfter?: string | undefined }

class TimedOut extends Error {}

/** A kept connection that the endpoint had closed before it saw the request. */
class Stale extends Error {}

type Open = (url: URL, headers: Record<string, string>, signal: AbortSignal) => ClientRequest

type Line = { readonly open: Open; readonly answerLimit: number }

async function post(message: Message, line: Line, signal: AbortSignal): Promise<Answer> {
  for (;;) {
    try {
      return await postOnce(message, line, signal)
    } catch (error) {
      // Ends: a stale connection is gone, and at last a new one is made.
      if (!(error instanceof Stale)) throw error
    }
  }
}

/** Resolves once the answer has ended, or enough of it was read; the body is dropped. */
function postOnce(message: Message, { open, answerLimit }: Line, signal: AbortSignal): Promise<Answer> {
  const headers = Object.fromEntries([...message.headers, ['Content-Length', String(Buffer.byteLength(message.body))]])
  return new Promise((resolve, reject) => {
    const request = open(new URL(message.endpoint), headers, signal)
    const timer = setTimeout(() => request.destroy(new TimedOut()), message.timeout)
    request.on('error', (error: NodeJS.ErrnoException) => {
      const stale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
      reject(stale ? new Stale() : error)
    })
    request.on('close', () => {
      clearTimeout(timer)
      if (!answered) reject(new Error('closed'))
    })
    let answered = false
    request.on('response', (response) => {
      answered = true
      drop(response, answerLimit, () =>
        resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] }),
      )
    })
    request.end(message.body)
  })
}

/** Reads the answer away; whatever happens to its body, its status stands. */
function drop(response: IncomingMessage, limit: number, done: () => void): void {
  let read = 0
  response.on('data', (chunk: Buffer) => {
    read += chunk.length
    if (read > limit) response.destroy()
  })
  response.on('error', done)
  response.on('close', done)
}

function outcomeOf({ status, retryAfter }: Answer, now: number): DeliveryOutcome {
  if (status >= 200 && status < 300) return { accepted: true }
  const wait = parseRetryAfter(retryAfter, now)
  return {
    ...failure(
      `The endpoint answered ${status}${status >= 300 && status < 400 ? ', and redirects are not followed' : ''}.`,
    ),
    ...(status === 410 ? { gone: true } : {}),
    ...(wait === undefined ? {} : { retryAfter: wait }),
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
