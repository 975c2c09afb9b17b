/**
 * The metrics of the hub as text for Prometheus. What is costly to count is counted in the background (recent.ts); the rest
 * is read at every scrape. https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
import { Counter, Gauge, Registry } from 'prom-client'
import { countReferrals, type ConservationNeeds } from '../jobs/count-referrals.ts'
import type { LogReader } from '../jobs/log-reader.ts'
import type { Store } from '../store/store.ts'
import type { ProcessMetrics } from './process.ts'
import { createRecent, type RecentNeeds } from './recent.ts'
import { createRequestMetrics, type RequestMetrics } from './requests.ts'
import { countSubscriptions } from './subscriptions.ts'
import { METRICS, type IncompleteIndex, type MetricRow, type ReaderLag, type Reading } from './table.ts'

export type MetricsNeeds = ConservationNeeds &
  RecentNeeds & {
    readonly readers: readonly LogReader[]
    /** Absent: those of the process are left out. */
    readonly process?: ProcessMetrics | undefined
  }

export type Metrics = Pick<RequestMetrics, 'observe'> & {
  /** For one scrape; it waits less than a second for what is counted in the background. */
  read(): Promise<{ readonly contentType: string; readonly text: string }>
  stop(): Promise<void>
}

/** Milliseconds. */
const SECOND = 1_000

export function createMetrics(needs: MetricsNeeds): Metrics {
  const { store, definitions, clock } = needs
  const requests = createRequestMetrics((type) => definitions.capability(type) !== undefined)
  const recent = {
    referrals: createRecent(needs, { every: 30 * SECOND, compute: (now, turn) => countReferrals(needs, now, turn) }),
    jobs: createRecent(needs, { every: 5 * SECOND, compute: () => store.jobs.count() }),
    subscriptions: createRecent(needs, { every: 15 * SECOND, compute: (_, turn) => countSubscriptions(store, turn) }),
  }

  async function reading(): Promise<Reading> {
    const [referrals, jobs, subscriptions] = await Promise.all([
      recent.referrals.get(),
      recent.jobs.get(),
      recent.subscriptions.get(),
    ])
    const [now, sequence, stats] = [clock.now(), await store.last(), await store.stats()]
    const readers = await Promise.all(needs.readers.map((reader) => lagOf(store, reader, { now, last: sequence })))
    return { now, sequence, stats, readers, index: incompleteIndex(needs), referrals, jobs, subscriptions }
  }

  return {
    observe: requests.observe,
    async read() {
      const all = [await registryOf(METRICS, reading()), requests.registry, needs.process ?? []].flat()
      const text = await Registry.merge(all).metrics()
      // prom-client writes `Nan`, and the format has `NaN` (delays of the event loop, for two scrapes at once).
      return { contentType: Registry.PROMETHEUS_CONTENT_TYPE, text: text.replaceAll(/ Nan$/gm, ' NaN') }
    },
    stop: async () => void (await Promise.all(Object.values(recent).map((one) => one.stop()))),
  }
}

/** Where a reader does not read at the moment, another process may, or it fails: then it counts from its stored cursor. */
async function lagOf(
  store: Store,
  { name, position }: LogReader,
  { now, last }: { readonly now: number; readonly last: number },
): Promise<ReaderLag> {
  const read = position() ?? (await store.cursor(name))
  const [oldest] = read < last ? await store.feed(read, 1) : []
  const seconds = oldest ? Math.max(0, (now - oldest.at) / SECOND) : 0
  return { reader: name, commits: Math.max(0, last - read), seconds }
}

const incompleteIndex = ({ definitions }: Pick<MetricsNeeds, 'definitions'>): readonly IncompleteIndex[] =>
  definitions.capabilities.flatMap(({ type, incomplete = [] }) => {
    const [first] = incomplete
    return first ? [{ type, parameters: incomplete.length, done: first.done ?? 0, total: first.total ?? 0 }] : []
  })

/** A registry of one scrape, so that no value of an earlier one stays. */
async function registryOf(rows: readonly MetricRow[], from: Promise<Reading>): Promise<Registry> {
  const registry = new Registry()
  const reading = await from
  for (const { name, type, help, labels = [], samples } of rows) {
    const values = samples(reading)
    if (values.length === 0) continue
    const options = { name, help, labelNames: labels, registers: [registry] }
    if (type === 'counter') {
      const counter = new Counter(options)
      for (const [value, of = {}] of values) counter.inc(of, value)
    } else {
      const gauge = new Gauge(options)
      for (const [value, of = {}] of values) gauge.set(of, value)
    }
  }
  return registry
}
