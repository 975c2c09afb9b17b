/**
 * Requests by interaction, type and status, and how long they took. The labels are names of code: a type that the hub does
 * not offer counts as `other`, so that no request can add a label of its own.
 */
import { Counter, Histogram, Registry } from 'prom-client'

export type AnsweredRequest = {
  /** `read`, `search-type`, `$match`; `none` for an address that is none of the hub's. */
  readonly interaction: string
  readonly type?: string | undefined
  readonly status: number
  readonly ms: number
  /** The client went away before the answer was sent. */
  readonly aborted?: true
}

export type RequestMetrics = {
  observe(request: AnsweredRequest): void
  readonly registry: Registry
}

/** Seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

type Counted = { readonly labels: Readonly<Record<string, string>>; count: number }

/** @param isOffered is it a type of the hub? */
export function createRequestMetrics(isOffered: (type: string) => boolean): RequestMetrics {
  const registry = new Registry()
  // Kept here until a scrape: a counter of prom-client takes ten times as long for each request.
  const counts = new Map<string, Counted>()
  new Counter({
    name: 'hub_requests_total',
    help: 'Requests that were answered, by interaction or operation, type of resource (`none`, `other` for types that the hub does not offer) and class of the status (`aborted`: the client went away). The entries of a batch count as one request.',
    labelNames: ['interaction', 'type', 'status'],
    registers: [registry],
    collect() {
      this.reset()
      for (const { labels, count } of counts.values()) this.inc(labels, count)
    },
  })
  const durations = new Histogram({
    name: 'hub_request_duration_seconds',
    help: 'From the arrival of the headers of a request until its answer was sent, by interaction or operation.',
    labelNames: ['interaction'],
    buckets: BUCKETS,
    registers: [registry],
  })
  return {
    registry,
    observe({ interaction, type: named, status: code, ms, aborted }) {
      const type = named === undefined ? 'none' : isOffered(named) ? named : 'other'
      const status = aborted ? 'aborted' : STATUS_CLASSES[Math.floor(code / 100)]!
      const key = `${interaction} ${type} ${status}`
      const counted = counts.get(key)
      if (counted) counted.count += 1
      else counts.set(key, { labels: { interaction, type, status }, count: 1 })
      durations.observe({ interaction }, ms / 1000)
    },
  }
}

const STATUS_CLASSES = ['', '1xx', '2xx', '3xx', '4xx', '5xx']
