/**
 * Random records that refer to each other, seen in part by two agencies, sorted by random chains and read page by page while
 * others write: each store answers what a naive reading over the resources answers.
 */
import assert from 'node:assert/strict'
import type { Resource } from '../../server/fhir/types.ts'
import { resolveQuery, type ResolvedStep } from '../../server/interactions/resolve-chains.ts'
import { findByChains } from '../../server/interactions/sort-by-chains.ts'
import { disclosing, insight } from '../../server/records/view.ts'
import { extract } from '../../server/search/extract.ts'
import { parse } from '../../server/search/parse.ts'
import type { Query } from '../../server/search/query.ts'
import type { Found, Store } from '../../server/store/store.ts'
import { createRandom, type Random } from '../../scripts/random.ts'
import { CONTEXT, NOW, OFFERED } from '../search/capability.ts'
import { STORES, type Opened } from '../store/stores.ts'
import { TIMES } from '../times.ts'

const RUNS = 20 * TIMES
const AGENCIES = ['abe', 'vr'] as const
const IDS = ['1', '2', '3', '4']
const WORDS = ['ann', 'bob', 'cid', 'dee']
const DATES = ['1990-01-01', '2001-05-05', '2010-10-10']

type Node = Resource & { readonly id: string }
type Seen = { readonly node: Node; by: readonly string[] }
type Value = string | undefined

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value])
const of = (name: string) => (node: Node) =>
  list(node[name]).map((one) => (typeof one === 'object' ? (one as { family?: string }).family : one) as Value)

/** What the types are sorted by: the naive reading takes the values from the elements themselves. */
const OWN: Readonly<Record<string, Readonly<Record<string, (node: Node) => readonly Value[]>>>> = {
  ServiceRequest: { status: of('status'), authored: of('authoredOn'), _id: ({ id }) => [id] },
  Patient: { family: of('name'), birthdate: of('birthDate'), _id: ({ id }) => [id] },
  Organization: { name: of('name'), _id: ({ id }) => [id] },
}

/** The references: of a type, by a parameter and its element, to a type. */
const LINKS = [
  ['ServiceRequest', 'subject', 'subject', 'Patient'],
  ['ServiceRequest', 'performer', 'performer', 'Organization'],
  ['Patient', 'organization', 'managingOrganization', 'Organization'],
  ['Organization', 'partof', 'partOf', 'Organization'],
] as const

type Key = { readonly text: string; values(node: Node, seen: readonly Node[]): readonly Value[] }

function key(random: Random, type: string, depth: number): Key {
  const links = LINKS.filter((one) => one[0] === type)
  if (depth === 0 || links.length === 0 || random.percent(20)) {
    const name = random.pick(Object.keys(OWN[type]!))
    return { text: name, values: OWN[type]![name]! }
  }
  const [, param, element, target] = random.pick(links)
  const rest = key(random, target, depth - 1)
  return {
    text: `${param}${random.percent(50) ? `:${target}` : ''}.${rest.text}`,
    values: (node, seen) =>
      list(node[element]).flatMap((one) => {
        const found = seen.find(
          (other) => `${other.resourceType}/${other.id}` === (one as { reference: string }).reference,
        )
        return found ? rest.values(found, seen) : []
      }),
  }
}

type Sorted = Key & { readonly descending: boolean }

function naive(matches: readonly Node[], keys: readonly Sorted[], seen: readonly Node[]): readonly string[] {
  const best = ({ values, descending }: Sorted, node: Node): Value => {
    const all = values(node, seen)
      .filter((one) => one !== undefined)
      .sort()
    return descending ? all.at(-1) : all[0]
  }
  const compare = (a: Node, b: Node): number => {
    for (const one of keys) {
      const [x, y] = [best(one, a), best(one, b)]
      if (x === y) continue
      if (x === undefined || y === undefined) return x === undefined ? 1 : -1
      return x < y !== one.descending ? -1 : 1
    }
    return 0
  }
  return [...matches].sort(compare).map(({ id }) => id)
}

function records(random: Random): Seen[] {
  const to = (type: string) => ({ reference: `${type}/${random.pick([...IDS, 'gone'])}` })
  const maybe = <T>(value: T): T | undefined => (random.percent(75) ? value : undefined)
  const nodes = [
    ...IDS.flatMap((id): readonly object[] => [
      { resourceType: 'Organization', id, name: maybe(random.pick(WORDS)), partOf: maybe(to('Organization')) },
      {
        resourceType: 'Patient',
        id,
        name: maybe([{ family: random.pick(WORDS) }, { family: random.pick(WORDS) }]),
        birthDate: maybe(random.pick(DATES)),
        managingOrganization: maybe(to('Organization')),
      },
    ]),
    ...Array.from({ length: 14 }, (_, index) => ({
      resourceType: 'ServiceRequest',
      id: `s${index}`,
      status: maybe(random.pick(WORDS)),
      authoredOn: maybe(random.pick(DATES)),
      subject: maybe(to('Patient')),
      performer: maybe([to('Organization'), to('Organization')]),
    })),
  ]
  const plain = JSON.parse(JSON.stringify(random.shuffle(nodes))) as Node[]
  return plain.map((node) => ({ node, by: AGENCIES.filter(() => random.percent(75)) }))
}

const put = ({ node, by }: Seen) => ({
  kind: 'put' as const,
  method: 'PUT' as const,
  resource: node,
  entries: extract(node, OFFERED.capability(node.resourceType)!.searchParameters, CONTEXT as never),
  audience: by.map((agency) => ({ agency })),
  author: 'es',
})

for (const kind of STORES) {
  describe(`interactions / sort by chains, against a naive reading / ${kind.name}`, () => {
    const opened: Opened[] = []
    after(() => Promise.all(opened.map((one) => one.close())))

    for (let seed = 1; seed <= RUNS; seed += 1) {
      it(`reads the pages of a random order, seed ${seed}`, async () => {
        const random = createRandom(seed)
        const all = records(random)
        const { store } = opened[opened.push(await kind.open()) - 1]!
        await store.commit({ writes: all.map(put) })
        for (let run = 0; run < 3; run += 1) await readPages(random, store, all)
      })
    }
  })
}

async function readPages(random: Random, store: Store, all: Seen[]): Promise<void> {
  const agency = random.pick(AGENCIES)
  const keys = [0, 1].slice(random.below(2)).map((): Sorted => ({
    ...key(random, 'ServiceRequest', 3),
    descending: random.percent(50),
  }))
  const chain = key(random, 'Patient', 2)
  keys.push({
    text: `subject:Patient.${chain.text}`,
    values: (node, seen) =>
      seen
        .filter(
          ({ resourceType, id }) =>
            (node.subject as { reference?: string } | undefined)?.reference === `${resourceType}/${id}`,
        )
        .flatMap((one) => chain.values(one, seen)),
    descending: random.percent(50),
  })
  const text = keys.map((one) => `${one.descending ? '-' : ''}${one.text}`).join(',')
  const seen = all.filter(({ by }) => by.includes(agency)).map(({ node }) => node)
  let expected = naive(
    seen.filter(({ resourceType }) => resourceType === 'ServiceRequest'),
    keys,
    seen,
  )
  const count = 1 + random.below(6)
  const shown: string[] = []
  let last: Found | undefined
  do {
    last = await page(store, agency, text, count, last && { after: last.next!, asOf: last.sequence! })
    shown.push(...last.versions.map(({ id }) => id))
    const lost = await write(random, store, all, agency, shown)
    expected = expected.filter((id) => id !== lost)
  } while (last.next)
  assert.deepEqual(shown, expected, `${agency} ${text} by ${count}`)
}

async function page(
  store: Store,
  agency: string,
  sort: string,
  count: number,
  position: Pick<Query, 'after' | 'asOf'> = {},
): Promise<Found> {
  const caller = { agency, role: 'agency' } as const
  const context = { ...CONTEXT, now: NOW, viewer: { agency, at: NOW }, handling: 'strict', offered: OFFERED }
  const params = [
    ['_sort', sort],
    ['_count', String(count)],
  ] as const
  const parsed = parse(OFFERED.capability('ServiceRequest')!, params, context as never)
  const views = { insight: insight(store, caller, NOW), view: disclosing(store, caller, NOW) }
  const query = { ...(await resolveQuery(parsed, views.insight)), ...position }
  const steps: ResolvedStep[] = []
  const found = await findByChains({ query, sorts: parsed.chainedSorts!, limits: parsed.limits, ...views, steps })
  // What was read for the order alone is not disclosed.
  assert.deepEqual(
    views.view
      .disclosed()
      .map(({ id }) => id)
      .sort(),
    found.versions.map(({ id }) => id).sort(),
  )
  return found
}

/** Another record has other values, or is deleted; or the agency loses one that no page showed yet. Answers its id. */
async function write(random: Random, store: Store, all: Seen[], agency: string, shown: readonly string[]) {
  const one = random.pick(all)
  const other = records(random).find(({ node }) => node.resourceType === one.node.resourceType)!.node
  if (random.percent(60)) {
    const changed = { ...one, node: { ...other, id: one.node.id } }
    await store.commit({ writes: [put(changed)] })
    all[all.indexOf(one)] = changed
    return undefined
  }
  if (one.node.resourceType !== 'ServiceRequest' && random.percent(50)) {
    const { resourceType: type, id } = one.node
    const audience = one.by.map((name) => ({ agency: name }))
    await store.commit({ writes: [{ kind: 'remove', key: { type, id }, audience, entries: [], author: 'es' }] })
    all.splice(all.indexOf(one), 1)
    return undefined
  }
  if (one.node.resourceType !== 'ServiceRequest' || !one.by.includes(agency) || shown.includes(one.node.id))
    return undefined
  one.by = one.by.filter((name) => name !== agency)
  const { resourceType: type, id } = one.node
  await store.commit({
    writes: [{ kind: 'audience', key: { type, id }, audience: one.by.map((name) => ({ agency: name })) }],
  })
  return id
}
