/**
 * Runs a year through a hub: day by day the clock moves, the hub does what is due, and the agencies do what is planned, as
 * transactions over HTTP. The hub is the one that everybody starts, over a store of its own; only its clock is not the
 * machine's.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClock } from '../../server/clock.ts'
import { loadConfig } from '../../server/config.ts'
import { createHub, type Hub } from '../../server/hub.ts'
import { createLog } from '../../server/log.ts'
import { openStore } from '../../server/store/open.ts'
import { resourceOf } from '../../server/records/resource.ts'
import type { Store } from '../../server/store/store.ts'
import type { Body } from '../../test/builders/index.ts'
import { clientAt, type Client } from '../../test/given.ts'
import { DAYS, type PlannedReferral, type YearPlan } from './plan.ts'
import {
  answer,
  arrival,
  arriving,
  closing,
  consentFor,
  outputsOf,
  sending,
  snapEnrolment,
  update,
  withdrawal,
  type Entry,
} from './records.ts'
import { recount, type Recounted } from './recount.ts'

const DAY = 86_400_000
/** A Monday, 9 o'clock in the hub's time zone. */
const FIRST = Date.parse('2018-10-01T14:00:00Z')
/** Days after the year in which what was sent late is still closed. */
const TAIL = 80
/** Entries of one transaction. */
const BATCH = 200

export type YearOptions = {
  readonly store: 'memory' | 'sqlite'
  /** Called after each day. */
  readonly progress?: (day: number, days: number, commits: number) => void
}

export type YearResult = Recounted & {
  readonly seconds: number
  readonly sequences: number
  /** Versions of Tasks that the hub wrote, because a timer went off. */
  readonly warnings: number
}

export async function runYear(plan: YearPlan, { store: kind, progress }: YearOptions): Promise<YearResult> {
  const began = performance.now()
  const clock = { now: FIRST }
  const folder = kind === 'sqlite' ? await mkdtemp(join(tmpdir(), 'nwd-year-')) : undefined
  const store = await openStore(
    folder === undefined ? { kind: 'memory' } : { kind: 'sqlite', path: join(folder, 'hub.sqlite') },
    { clock: () => clock.now },
  )
  const gate = { isOpen: false }
  const hub = await hubOver(store, gate, () => clock.now)
  try {
    const { url } = await hub.listen()
    const year = new Year(plan, store, url)
    for (let day = 0; day <= DAYS + TAIL; day += 1) {
      clock.now = FIRST + day * DAY
      gate.isOpen = true
      await hub.runDue()
      gate.isOpen = false
      await year.live(day, new Date(clock.now).toISOString())
      progress?.(day, DAYS + TAIL, await store.last())
    }
    const counted = await recount(clientAt(url), FIRST)
    const seconds = (performance.now() - began) / 1000
    return { ...counted, seconds, sequences: await store.last(), warnings: year.warnings }
  } finally {
    await hub.stop()
    if (folder !== undefined) await rm(folder, { recursive: true })
  }
}

/** The hub works only when the day says so, not by the machine's clock. */
function hubOver(store: Store, gate: { readonly isOpen: boolean }, now: () => number): Promise<Hub> {
  const config = loadConfig({
    HUB_PORT: '0',
    HUB_STORE: 'memory:',
    HUB_LOG: 'silent',
    HUB_SSN_KEY: 'a key for the simulated year, 32 chars',
    HUB_TRANSACTION_LIMIT: '1000',
  })
  const claim: Store['jobs']['claim'] = (query) => (gate.isOpen ? store.jobs.claim(query) : Promise.resolve([]))
  const gated: Store = { ...store, jobs: { ...store.jobs, claim } }
  return createHub(config, { log: createLog('silent'), clock: createClock(now), store: gated })
}

type StoredTask = { readonly version: number; readonly resource: Body }
type Step = { readonly agency: string; entry(): Entry | undefined }

/** What the agencies know, and do on each day. */
class Year {
  readonly #clients = new Map<string, Client>()
  readonly #days = new Map<number, PlannedReferral[]>()
  readonly #participants = new Map<number, string>()
  readonly #consents = new Set<string>()
  /** The id of the Task of each referral, and the current version of each Task. */
  readonly #ids = new Map<number, string>()
  readonly #tasks = new Map<string, StoredTask>()
  readonly #store: Store
  readonly #url: string
  #sequence = 0
  warnings = 0

  constructor({ referrals }: YearPlan, store: Store, url: string) {
    this.#store = store
    this.#url = url
    for (const one of referrals)
      for (const day of new Set([one.sent, one.answered, one.closed, one.sent + (one.snap?.days ?? 0)]))
        this.#days.set(day, [...(this.#days.get(day) ?? []), one])
  }

  async live(day: number, now: string): Promise<void> {
    const today = this.#days.get(day) ?? []
    const sent = today.filter((one) => one.sent === day)
    await this.#arrive(sent)
    await this.#enrol(
      sent.filter(({ snap }) => snap?.before),
      day,
    )
    await this.#send(sent, now)
    await this.#enrol(
      today.filter(({ snap, sent: on }) => snap && !snap.before && on + snap.days === day),
      day,
    )
    await this.#step(today.filter(({ answered }) => answered === day).map((one) => this.#answering(one)))
    const ending = today.filter(({ closed }) => closed === day)
    for (const turn of [0, 1]) await this.#step(ending.map((one) => this.#closing(one, turn)))
  }

  /** New participants, and the consents that their referrals need. */
  async #arrive(sent: readonly PlannedReferral[]): Promise<void> {
    const coming = [...new Map(sent.map((one) => [one.participant, one])).values()].filter(
      ({ participant }) => !this.#participants.has(participant),
    )
    await this.#post(
      coming.map((one) => ({ agency: one.requester, entries: [arrival(one)], key: one.participant })),
      (key, [id]) => this.#participants.set(key, `Patient/${id}`),
    )
    const named = (one: PlannedReferral): string => `${one.participant} ${one.owner}`
    const needed = [...new Map(sent.map((one) => [named(one), one])).values()].filter(
      (one) => !this.#consents.has(named(one)),
    )
    await this.#post(
      needed.map((one) => ({ agency: one.requester, entries: [consentFor(this.#subject(one), one)], key: one.number })),
      () => undefined,
    )
    for (const one of needed) this.#consents.add(named(one))
  }

  async #send(sent: readonly PlannedReferral[], now: string): Promise<void> {
    await this.#post(
      sent.map((one) => ({ agency: one.requester, entries: sending(this.#subject(one), one, now), key: one.number })),
      (key, ids) => this.#ids.set(key, ids[1] ?? ''),
    )
  }

  async #enrol(referrals: readonly PlannedReferral[], day: number): Promise<void> {
    const start = (one: PlannedReferral): string => {
      const on = one.snap?.before ? day - one.snap.days : day
      return new Date(FIRST + on * DAY).toISOString().slice(0, 10)
    }
    await this.#post(
      referrals.map((one) => ({
        agency: 'dhs',
        entries: [snapEnrolment(this.#subject(one), start(one))],
        key: one.number,
      })),
      () => undefined,
    )
  }

  #subject = (one: PlannedReferral): string => this.#participants.get(one.participant) ?? arriving(one)

  /** The owner answers; what is withdrawn and what is forgotten is not answered. */
  #answering(one: PlannedReferral): Step {
    const { ending, owner } = one
    if (ending === 'open' || ending === 'withdrawn') return { agency: owner, entry: () => undefined }
    const ends = ending === 'ineligible' || ending === 'rejected'
    return { agency: owner, entry: () => this.#change(one, answer(one), ends ? outputsOf(one, FIRST) : []) }
  }

  #closing(one: PlannedReferral, turn: number): Step {
    const { ending, owner, requester } = one
    if (ending === 'withdrawn' && turn === 0)
      return { agency: requester, entry: () => this.#change(one, withdrawal, []) }
    const steps = closing(one)
    const change = steps[turn]
    const outputs = turn === steps.length - 1 ? outputsOf(one, FIRST) : []
    return { agency: owner, entry: () => (change === undefined ? undefined : this.#change(one, change, outputs)) }
  }

  #change(one: PlannedReferral, change: object, outputs: readonly object[]): Entry {
    const id = this.#ids.get(one.number) ?? ''
    const { version, resource } = this.#tasks.get(id)!
    const before = (resource.output ?? []) as readonly object[]
    const output = outputs.length > 0 ? { output: [...before, ...outputs] } : {}
    return update(id, version, { ...resource, ...change, ...output } as Body)
  }

  /** Reads what was written since: what a subscriber would be notified of. */
  async #read(): Promise<void> {
    for (;;) {
      const commits = await this.#store.feed(this.#sequence, 500)
      if (commits.length === 0) return
      for (const { sequence, versions } of commits) {
        this.#sequence = sequence
        for (const version of versions) {
          if (version.type !== 'Task') continue
          if (version.author === 'hub') this.warnings += 1
          const resource = resourceOf(version) as unknown as Body
          this.#tasks.set(version.id, { version: version.version, resource })
        }
      }
    }
  }

  async #step(steps: readonly Step[]): Promise<void> {
    await this.#read()
    const changes = steps.flatMap(({ agency, entry }, key) => {
      const made = entry()
      return made ? [{ agency, entries: [made], key }] : []
    })
    await this.#post(changes, () => undefined)
  }

  /** Sends what each agency writes as transactions, and hands back the ids of what was made, by the key of each. */
  async #post(
    writes: readonly { readonly agency: string; readonly entries: readonly Entry[]; readonly key: number }[],
    made: (key: number, ids: readonly string[]) => unknown,
  ): Promise<void> {
    for (const agency of new Set(writes.map((one) => one.agency))) {
      const own = writes.filter((one) => one.agency === agency)
      for (let from = 0; from < own.length; from += BATCH) {
        const batch = own.slice(from, from + BATCH)
        const ids = await this.#transaction(
          agency,
          batch.flatMap(({ entries }) => entries),
        )
        let at = 0
        for (const { key, entries } of batch) made(key, ids.slice(at, (at += entries.length)))
      }
    }
  }

  async #transaction(agency: string, entry: readonly Entry[]): Promise<readonly string[]> {
    const client = this.#clients.get(agency) ?? clientAt(this.#url, agency)
    this.#clients.set(agency, client)
    const minimal = { headers: { Prefer: 'return=minimal' } }
    const answer = await client.post('', { resourceType: 'Bundle', type: 'transaction', entry }, minimal)
    if (answer.status !== 200) throw new Error(`${agency}: ${answer.status} ${answer.text.slice(0, 2_000)}`)
    const entries = answer.body.entry as readonly { readonly response: { readonly location?: string } }[]
    return entries.map(({ response }) => /\/([^/]+)\/_history\//.exec(response.location ?? '')?.[1] ?? '')
  }
}
