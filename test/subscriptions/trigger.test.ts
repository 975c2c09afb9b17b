/**
 * A change that matters to an agency reaches it: for every element of every profile about a participant, the topics that
 * an update of it alone is an event of. The table is closed: an element that is in no row fails, and so does a row that
 * no topic keeps. Who of the parties gets the event: matcher-parties.test.ts.
 */
import assert from 'node:assert/strict'
import { resourcesOf, topicsOf } from '../../server/domain/subscription/topic.ts'
import type { Resource } from '../../server/fhir/types.ts'
import type { ChangedState } from '../../server/subscriptions/change.ts'
import { compileTriggers } from '../../server/subscriptions/trigger.ts'
import { agency, coded, codeSystemAt } from '../builders/index.ts'
import { ELEMENT_TOPICS } from './element-topics.ts'
import { definitions, openScene, TOPIC, type SubscriptionScene } from './scene.ts'

type Identified = Resource & { readonly id: string }

/** Set by the hub itself, or no content of the record. */
const NOT_SHARED = ['id', 'meta', 'text', 'implicitRules', 'language', 'contained', 'modifierExtension', 'lastModified']

/** What makes a record one of its profile, where topics tell profiles of one type apart. */
const KINDS: Readonly<Record<string, object>> = {
  Task: {
    status: 'requested',
    owner: agency('abe'),
    code: coded('http://hl7.org/fhir/CodeSystem/task-code', 'fulfill'),
  },
  ServiceRequest: { status: 'active' },
  'hub-wage-record': { category: [coded(codeSystemAt('observation-category'), 'wage-record')] },
  'hub-credential': { code: coded(codeSystemAt('basic-type'), 'participant-credential') },
  'hub-agency-task': { code: coded(codeSystemAt('agency-task'), 'review-consent') },
  EpisodeOfCare: { status: 'finished' },
}

describe('subscriptions / trigger', () => {
  let scene: SubscriptionScene
  before(async () => {
    scene = await openScene()
  })
  after(() => scene.close())

  /** The profiles of the types about a participant, without the topics themselves. */
  async function profiles() {
    const known = await definitions()
    const offered = known.capabilities.filter(({ type }) => scene.needs.visibility.participant[type] !== undefined)
    return offered.flatMap(({ type, profiles }) =>
      profiles.filter((url) => !url.endsWith('/hub-topic')).map((url) => ({ type, url, name: url.split('/').at(-1)! })),
    )
  }

  async function elementsOf(url: string): Promise<readonly string[]> {
    const { children } = (await definitions()).structures.tree(url)
    const present = [...children.values()].filter(({ element }) => element.max !== '0')
    return present.map(({ name }) => name).filter((name) => !NOT_SHARED.includes(name))
  }

  const stateOf = (resource: Identified): ChangedState => ({
    resource,
    indexed: { id: resource.id, at: 0, entries: scene.needs.extract(resource) },
  })

  /** The topics that an update of one element alone fires. */
  async function firedBy(type: string, name: string, element: string): Promise<readonly string[]> {
    const base = { resourceType: type, id: 'one', ...KINDS[type], ...KINDS[name] } as Identified
    const json = element.endsWith('[x]') ? element.replace('[x]', 'String') : element
    const value = (text: string): unknown => (base[json] === undefined ? [{ text }] : base[json])
    const before = { ...base, [json]: value('before') } as Identified
    const after = { ...base, ...(base[json] === undefined ? { [json]: value('after') } : changedKind(base, json)) }
    const change = { interaction: 'update', before: stateOf(before), after: stateOf(after as Identified) } as const
    return topicsOf(await definitions())
      .filter((topic) => resourcesOf(topic).includes(type))
      .filter(({ triggers }) =>
        compileTriggers(
          scene.needs,
          triggers.filter(({ resource, access }) => resource === type && access === undefined),
        ).fires(change),
      )
      .map(({ url }) => url.slice(TOPIC.length + 1))
  }

  /** An element that tells kinds apart changes in a part that does not: in what is said beside the code. */
  function changedKind(base: Identified, element: string): object {
    const now = base[element]
    if (element === 'owner') return { owner: agency('vr') }
    if (element === 'status')
      return { status: now === 'active' ? 'on-hold' : now === 'finished' ? 'cancelled' : 'accepted' }
    return {
      [element]: Array.isArray(now)
        ? [{ ...(now[0] as object), text: 'after' }]
        : { ...(now as object), text: 'after' },
    }
  }

  it('names for every element of every profile about a participant the topics that a change of it fires', async () => {
    const found: Record<string, Record<string, readonly string[]>> = {}
    for (const { type, url, name } of await profiles()) {
      found[name] = {}
      for (const element of await elementsOf(url)) found[name][element] = await firedBy(type, name, element)
    }
    for (const [name, elements] of Object.entries(found)) {
      const rows = ELEMENT_TOPICS[name] ?? {}
      assert.deepEqual(
        Object.keys(elements).filter((one) => rows[one] === undefined),
        [],
        `${name}: elements in no row`,
      )
      assert.deepEqual(rows, elements, name)
    }
  })

  it('leaves no element of a profile about a participant without a topic', () => {
    const silent = Object.entries(ELEMENT_TOPICS).flatMap(([name, elements]) =>
      Object.entries(elements).flatMap(([element, topics]) => (topics.length === 0 ? [`${name}.${element}`] : [])),
    )
    assert.deepEqual(silent, [])
  })
})
