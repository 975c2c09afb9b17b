/**
 * Random records that refer to each other, seen in part by two agencies, and random chains, _has, _filter and includes: each
 * store answers what a naive reading over the resources answers. `GRAPH_RUNS=1000` asks for more searches.
 */
import assert from 'node:assert/strict'
import type { Definitions } from '../../server/definitions/definitions.ts'
import type { Resource } from '../../server/fhir/types.ts'
import { include } from '../../server/interactions/include.ts'
import { resolveQuery } from '../../server/interactions/resolve-chains.ts'
import { insight } from '../../server/records/view.ts'
import { extract } from '../../server/search/extract.ts'
import { parse } from '../../server/search/parse.ts'
import { createRandom, type Random } from '../../scripts/random.ts'
import { CONTEXT, NOW, OFFERED } from '../search/capability.ts'
import { STORES, type Opened } from '../store/stores.ts'

const RUNS = Number(process.env['GRAPH_RUNS'] ?? 60)
const GRAPHS = 3
const AGENCIES = ['abe', 'vr'] as const
const IDS = ['1', '2', '3']
const WORDS = ['ann', 'bob']

type Node = Resource & { readonly id: string }
type Seen = { readonly node: Node; readonly by: readonly string[] }

/** The reference parameters: of a type, to a type. The naive reading takes the references from the elements themselves. */
const LINKS = [
  ['ServiceRequest', 'subject', 'Patient', 'subject'],
  ['ServiceRequest', 'subject', 'Group', 'subject'],
  ['ServiceRequest', 'requester', 'Organization', 'requester'],
  ['Patient', 'organization', 'Organization', 'managingOrganization'],
  ['Organization', 'partof', 'Organization', 'partOf'],
] as const
type Link = (typeof LINKS)[number]

const referenceOf = (node: Node, element: string): string | undefined =>
  (node[element] as { reference: string } | undefined)?.reference

const refers = (from: Node, [type, , target, element]: Link, to: Node): boolean =>
  from.resourceType === type && to.resourceType === target && referenceOf(from, element) === `${target}/${to.id}`

function graph(random: Random): readonly Seen[] {
  const to = (...types: string[]) =>
    random.percent(75) ? { reference: `${random.pick(types)}/${random.pick([...IDS, 'gone'])}` } : undefined
  const word = () => (random.percent(80) ? random.pick(WORDS) : undefined)
  const labels = (value: string | undefined) => value && [{ value }]
  const nodes = IDS.flatMap((id): readonly object[] => [
    { resourceType: 'Organization', id, name: word(), partOf: to('Organization') },
    { resourceType: 'Patient', id, name: [{ family: word() }], managingOrganization: to('Organization') },
    { resourceType: 'Group', id, identifier: labels(word()) },
    {
      resourceType: 'ServiceRequest',
      id,
      status: word(),
      subject: to('Patient', 'Group'),
      requester: to('Organization'),
    },
  ])
  const plain = JSON.parse(JSON.stringify(nodes)) as Node[]
  return plain.map((node) => ({ node, by: AGENCIES.filter(() => random.percent(70)) }))
}

/** A condition as a parameter, as a part of an expression, and naively. */
type Asked = {
  readonly name: string
  readonly value: string
  readonly text: string
  holds(node: Node, seen: readonly Node[]): boolean
}

const VALUES: Readonly<Record<string, readonly [param: string, value: (node: Node) => unknown]>> = {
  Organization: ['name', (node) => node.name],
  Patient: ['family', (node) => (node.name as { family?: string }[])[0]?.family],
  Group: ['identifier', (node) => (node.identifier as { value?: string }[] | undefined)?.[0]?.value],
  ServiceRequest: ['status', (node) => node.status],
}

function condition(random: Random, type: string, depth: number): Asked {
  const links = depth === 0 ? [] : LINKS.filter((one) => one[0] === type || one[2] === type)
  if (links.length === 0 || random.percent(30)) return leaf(random, type)
  const link = random.pick(links)
  const [from, param, target] = link
  if (from === type && (target !== type || random.percent(50))) {
    const inner = condition(random, target, depth - 1)
    const start = `${param}:${target}.`
    const holds: Asked['holds'] = (node, seen) => seen.some((one) => refers(node, link, one) && inner.holds(one, seen))
    return { ...inner, name: start + inner.name, text: inner.text && start + inner.text, holds }
  }
  const inner = condition(random, from, depth - 1)
  const start = `_has:${from}:${param}:`
  const holds: Asked['holds'] = (node, seen) => seen.some((one) => refers(one, link, node) && inner.holds(one, seen))
  return { ...inner, name: start + inner.name, text: inner.text && start + inner.text, holds }
}

function leaf(random: Random, type: string): Asked {
  const [param, value] = VALUES[type]!
  const word = random.pick(WORDS)
  if (random.percent(15)) return { name: '_id', value: '1,2', text: '', holds: (node) => ['1', '2'].includes(node.id) }
  if (random.percent(20))
    return {
      name: `${param}:missing`,
      value: 'true',
      text: `${param} pr false`,
      holds: (node) => value(node) === undefined,
    }
  return { name: param, value: word, text: `${param} eq ${word}`, holds: (node) => value(node) === word }
}

/** Two conditions in one expression, one perhaps negated. */
function expression(random: Random, type: string): Asked | undefined {
  const [a, b] = [condition(random, type, 2), condition(random, type, 2)]
  if (a.text === '' || b.text === '') return undefined
  const [op, negated] = [random.pick(['and', 'or']), random.percent(40)]
  const second: Asked['holds'] = (node, seen) => b.holds(node, seen) !== negated
  return {
    name: '_filter',
    value: `${a.text} ${op} ${negated ? `not (${b.text})` : b.text}`,
    text: '',
    holds: (node, seen) =>
      op === 'and' ? a.holds(node, seen) && second(node, seen) : a.holds(node, seen) || second(node, seen),
  }
}

const INCLUDES = ['_include=*', '_revinclude=*', '_include:iterate=*', '_revinclude:iterate=*'] as const

/** What comes along: naively, round after round. */
function alongWith(matches: readonly Node[], seen: readonly Node[], how: (typeof INCLUDES)[number]): string[] {
  const leads = (from: Node, to: Node): boolean =>
    LINKS.some((link) => (how.startsWith('_include') ? refers(from, link, to) : refers(to, link, from)))
  const found = new Set<Node>(matches)
  for (let from = [...matches]; from.length > 0;) {
    const next = seen.filter((one) => !found.has(one) && from.some((node) => leads(node, one)))
    for (const one of next) found.add(one)
    from = how.includes('iterate') ? next : []
  }
  return [...found]
    .filter((one) => !matches.includes(one))
    .map(nameOf)
    .sort()
}

const nameOf = ({ resourceType, id }: Node): string => `${resourceType}/${id}`

for (const kind of STORES) {
  describe(`interactions / graph / ${kind.name}`, () => {
    const opened: Opened[] = []
    after(() => Promise.all(opened.map((one) => one.close())))

    for (let seed = 1; seed <= GRAPHS; seed += 1) {
      it(`answers ${RUNS} searches as a naive reading does, seed ${seed}`, async () => {
        const random = createRandom(seed)
        const nodes = graph(random)
        const { store } = opened[opened.push(await kind.open()) - 1]!
        const writes = nodes.map(({ node, by }) => ({
          kind: 'put' as const,
          method: 'PUT' as const,
          resource: node,
          entries: extract(node, OFFERED.capability(node.resourceType)!.searchParameters, CONTEXT as never),
          audience: by.map((agency) => ({ agency })),
          author: 'es',
        }))
        await store.commit({ writes })
        for (let run = 0; run < RUNS; run += 1) {
          const agency = random.pick(AGENCIES)
          const seen = nodes.filter(({ by }) => by.includes(agency)).map(({ node }) => node)
          const type = random.pick(Object.keys(VALUES))
          const asked = [condition(random, type, 3), random.percent(40) ? expression(random, type) : undefined].filter(
            (one) => one !== undefined,
          )
          const how = random.pick(INCLUDES)
          const params = [...asked.map(({ name, value }) => [name, value] as const), how.split('=') as [string, string]]
          const expected = seen.filter(
            (node) => node.resourceType === type && asked.every((one) => one.holds(node, seen)),
          )
          const view = insight(store, { agency, role: 'agency' }, NOW)
          const context = { ...CONTEXT, now: NOW, viewer: { agency, at: NOW }, handling: 'strict', offered: OFFERED }
          const parsed = parse(OFFERED.capability(type)!, params, context as never)
          const query = await resolveQuery(parsed, view)
          const { versions } = await view.find({ ...query, withEntries: true })
          const what = `${agency} ${type}?${params.map((one) => one.join('=')).join('&')}`
          assert.deepEqual(versions.map((one) => `${one.type}/${one.id}`).sort(), expected.map(nameOf).sort(), what)
          const definitions = OFFERED as unknown as Definitions
          const { includes, limits } = parsed
          const { records } = await include({ definitions, base: CONTEXT.base, view, includes, limits }, versions)
          assert.deepEqual(records.map((one) => `${one.type}/${one.id}`).sort(), alongWith(expected, seen, how), what)
        }
      })
    }
  })
}
