/**
 * Non-interference: two hubs that differ only in what agency abe may not know get the same requests from abe, and must
 * answer the same, byte by byte. Whatever a difference is about - a status, a count, an order, an error, a header - it
 * would tell abe of what it may not know.
 */
import { condition, consent, participant, subscription, type Body } from '../builders/index.ts'
import { createRandom, type Random } from '../../scripts/random.ts'
import { loadTables, type Tables } from '../requests/tables.ts'
import type { Knowledge, Offered } from './knowledge.ts'
import { learn, nextRequest } from './requests.ts'
import { keepSecret, keyIn, share } from './twin-worlds.ts'
import { twins, type Observe, type Twins } from './twins.ts'

export type Run = {
  readonly requests: number
  readonly seed: number
  /** Something sent to the second hub alone, apart from the secrets: for the test of this test. */
  readonly betray?: (hubs: Twins, shared: readonly string[]) => Promise<void>
  readonly progress?: (requestsSent: number) => void
  readonly observe?: Observe
}

export type ComparisonReport = {
  readonly requestsSent: number
  readonly secrets: number
  /** How often each kind of request was answered with each status. */
  readonly statuses: Readonly<Record<string, number>>
}

const START = Date.parse('2026-06-01T12:00:00Z')
/** Of subscriptions that are off: their events are numbered, and nothing is delivered. */
const TOPICS = ['participant-updated', 'participant-known', 'participant-lost', 'barrier-updated', 'record-deleted']
const MOST_PAGES = 20
const WORLD = 2500

/** Runs so many requests, in worlds of a few thousand. Errors: Difference, at the first one. */
export async function compare({ requests, seed, betray, progress, observe }: Run): Promise<ComparisonReport> {
  const statuses: Record<string, number> = {}
  let requestsSent = 0
  let secrets = 0
  for (let world = 0; requestsSent < requests; world += 1) {
    const before = requestsSent
    const counts = await inOneWorld(createRandom(seed + world), Math.min(WORLD, requests - requestsSent), {
      statuses,
      betray,
      observe,
      progress: (count) => progress?.(before + count),
    })
    requestsSent += counts.requestsSent
    secrets += counts.secrets
  }
  return { requestsSent, secrets, statuses }
}

type Watch = { readonly statuses: Record<string, number> } & Pick<Run, 'betray' | 'progress' | 'observe'>

async function inOneWorld(random: Random, requests: number, { statuses, betray, progress, observe }: Watch) {
  const hubs = await twins(START, observe)
  try {
    const knowledge = await begin(hubs, random)
    const { shared, written } = await share(hubs)
    for (const answer of written) learn(knowledge, answer)
    for (const topic of TOPICS) {
      const body = subscription('https://hooks.example/abe', { topic, content: 'full-resource', status: 'off' })
      learn(knowledge, await hubs.ask({ agency: 'abe', method: 'POST', path: '/Subscription', body }))
    }
    for (let count = 0; count < 60; count += 1) await keepSecret(hubs, knowledge.secrets, shared, random)
    await betray?.(hubs, shared)
    const built = hubs.requestsSent()
    while (hubs.requestsSent() - built < requests) {
      hubs.tick(1000)
      if (random.percent(10)) await keepSecret(hubs, knowledge.secrets, shared, random)
      if (random.percent(1)) await turn(hubs, knowledge, shared)
      await step(hubs, knowledge, statuses)
      progress?.(hubs.requestsSent() - built)
    }
    return { requestsSent: hubs.requestsSent() - built, secrets: knowledge.secrets.keys.length }
  } finally {
    await hubs.stop()
  }
}

/** The same in every world. */
let tables: Promise<Tables> | undefined

async function begin(hubs: Twins, random: Random): Promise<Knowledge> {
  const { text } = await hubs.ask({ agency: 'abe', method: 'GET', path: '/metadata' })
  const { rest } = JSON.parse(text) as { rest: { resource: Offered[] }[] }
  return {
    random,
    tables: await (tables ??= loadTables()),
    offers: rest[0]!.resource,
    secrets: { keys: [] },
    addresses: [],
    states: new Map(),
  }
}

/** One request, and the pages behind its answer. */
async function step(hubs: Twins, knowledge: Knowledge, statuses: Record<string, number>): Promise<void> {
  const { name, sent } = nextRequest(knowledge)
  const answer = await hubs.ask(sent)
  const counted = `${name} ${answer.status}`
  statuses[counted] = (statuses[counted] ?? 0) + 1
  learn(knowledge, answer)
  let { next } = answer
  for (let page = 0; next && page < MOST_PAGES; page += 1) {
    const more = await hubs.follow('abe', next)
    statuses['page 200'] = (statuses['page 200'] ?? 0) + 1
    learn(knowledge, more)
    next = more.next
  }
}

/** What others do to records that both hubs hold: who may know of them changes for abe, in both. */
async function turn(hubs: Twins, { random, states }: Knowledge, shared: readonly string[]): Promise<void> {
  if (random.percent(20)) return deny(hubs, random, shared[2]!)
  if (random.percent(30)) return merge(hubs, random, shared[1]!)
  const permits = [...states].filter(
    ([key, { organization }]) => key.startsWith('Consent/') && names(organization, 'es'),
  )
  if (permits.length === 0 || random.percent(30)) {
    const body = condition(random.pick([shared[1]!, shared[2]!]))
    await hubs.ask({ agency: 'es', method: 'POST', path: '/Condition', body })
    return
  }
  const [key, state] = random.pick(permits) as [string, Body]
  const status = state.status === 'active' ? 'inactive' : 'active'
  const changed = { ...state, status }
  const { status: answered } = await hubs.ask({ agency: 'es', method: 'PUT', path: `/${key}`, body: changed })
  if (answered === 200) states.set(key, changed)
}

/** es denies abe what it knew, in both, and mostly lifts it again. */
async function deny(hubs: Twins, random: Random, subject: string): Promise<void> {
  const parameter = [{ name: 'recipient', valueReference: { reference: 'Organization/abe' } }]
  const body = { resourceType: 'Parameters', parameter }
  const answer = await hubs.ask({ agency: 'es', method: 'POST', path: `/${subject}/$revoke-consent`, body })
  if (answer.status !== 200 || random.percent(30)) return
  const denial = JSON.parse(answer.text) as Body & { id: string }
  const lifted = { ...denial, status: 'inactive' }
  await hubs.ask({ agency: 'es', method: 'PUT', path: `/Consent/${denial.id}`, body: lifted })
}

/** es enters somebody again, and the board merges the two records, in both; some are taken apart again. */
async function merge(hubs: Twins, random: Random, target: string): Promise<void> {
  const post = async (agency: string, body: Body) =>
    keyIn(await hubs.ask({ agency, method: 'POST', path: `/${body.resourceType}`, body }))
  const source = await post('es', participant('es'))
  if (random.percent(50)) await post('es', consent(source, 'es', 'abe'))
  await post('es', condition(source))
  const parameter = [source, target].map((reference, index) => ({
    name: index === 0 ? 'source-patient' : 'target-patient',
    valueReference: { reference },
  }))
  const body = { resourceType: 'Parameters', parameter }
  // What the board is answered counts records that abe may not know of.
  const call = (name: string) => hubs.both({ agency: 'board', method: 'POST', path: `/Patient/$${name}`, body })
  const { status, text } = await call('merge')
  if (status !== 200) throw new Error(text)
  if (random.percent(50)) await call('undo-merge')
}

const names = (value: unknown, agency: string): boolean =>
  JSON.stringify(value)?.includes(`"Organization/${agency}"`) ?? false
