/** The table of search types: complete here and in every store, and whatever is declared has a row. */
import assert from 'node:assert/strict'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { checkParameters } from '../../server/search/extract.ts'
import { match } from '../../server/search/match.ts'
import {
  isSearchTypeName,
  matchesEntry,
  SEARCH_TYPE_NAMES,
  SEARCH_TYPES,
  sortKeyOf,
} from '../../server/search/types/index.ts'
import type { EntryFilter, IndexEntry, SearchTypeName } from '../../server/search/types/index.ts'
import { TEXT_PARAMETERS } from '../../server/search/types/text.ts'
import { SQLITE_SEARCH_TYPES } from '../../server/store/sqlite/search-types/index.ts'
import { UCUM } from '../../server/terminology/ucum.ts'
import { STORES } from '../store/stores.ts'
import { EVERYTHING, ids, key, put, query } from '../store/writes.ts'
import { NOW, CONTEXT, parameter } from './capability.ts'

/** For each type a value of a resource, and a text that finds it. */
const EXAMPLES: { readonly [name in SearchTypeName]: { readonly value: unknown; readonly text: string } } = {
  token: { value: { system: 'urn:s', code: 'a' }, text: 'urn:s|a' },
  string: { value: 'Présley', text: 'pres' },
  reference: { value: { reference: 'Patient/1' }, text: 'Patient/1' },
  uri: { value: 'urn:x', text: 'urn:x' },
  date: { value: '2026-01-15', text: '2026-01' },
  number: { value: 0.8, text: 'ge0.5' },
  quantity: { value: { value: 1, system: UCUM, code: 'kg' }, text: '1000.0|http://unitsofmeasure.org|g' },
  composite: { value: { code: { coding: [{ code: 'a' }] }, value: 5 }, text: 'a$gt4' },
  special: { value: { latitude: 37.5, longitude: -77.4 }, text: '37.6|-77.4|15|km' },
  text: { value: { note: [{ text: 'Bread, and work.' }] }, text: 'WORK' },
}

const COMPONENTS = [
  { code: 'code', url: 'urn:code', type: 'token', target: [], expression: 'code' },
  { code: 'value', url: 'urn:value', type: 'number', target: [], expression: 'value' },
] as const

const parameterOf = (name: SearchTypeName) =>
  parameter({
    code: name,
    ...(name === 'text' ? { type: 'string', url: TEXT_PARAMETERS[0]! } : { type: name }),
    expression: `Basic.${name}`,
    ...(name === 'composite' ? { component: COMPONENTS } : {}),
  })
const entriesOf = (name: SearchTypeName): readonly IndexEntry[] =>
  SEARCH_TYPES[name].entries(EXAMPLES[name].value, parameterOf(name), CONTEXT)
/** One of the filters, where several are alternatives. */
const filterOf = (name: SearchTypeName) => {
  const made = SEARCH_TYPES[name].filter(parameterOf(name), undefined, EXAMPLES[name].text, { ...CONTEXT, now: NOW })
  assert.notEqual(made.op, 'or')
  return made as EntryFilter
}

/** Types that have no order. */
const UNSORTED = new Set<SearchTypeName>(['composite', 'special', 'text'])

/** As the files that exist have them. */
const NUMBERS = {
  token: 1,
  string: 2,
  reference: 3,
  uri: 4,
  date: 5,
  number: 6,
  quantity: 7,
  composite: 8,
  special: 9,
  text: 10,
}

describe('search / table of types', () => {
  for (const name of SEARCH_TYPE_NAMES) {
    it(`${name}: its entries and filters have the name of the type, and match`, () => {
      const entries = entriesOf(name)
      const filter = filterOf(name)
      assert.ok(entries.length > 0 && entries.every((entry) => entry.kind === name))
      assert.equal(filter.op, name)
      assert.ok(entries.some((entry) => entry.param === filter.param && matchesEntry(filter.op, filter, entry)))
      assert.equal(match(filter, { id: 'x', at: NOW, entries }), true)
    })

    it(`${name}: its sort key has the type by which cursors are checked`, () => {
      const [entry] = entriesOf(name)
      const expected = UNSORTED.has(name) ? 'undefined' : SEARCH_TYPES[name].sortKeyType
      assert.equal(typeof sortKeyOf(name, entry!), expected)
    })

    it(`${name}: takes :missing`, () => assert.ok(SEARCH_TYPES[name].modifiers.includes('missing')))
  }

  it('has a row for every search parameter of the capability statement', async () => {
    const { capabilities } = await loadDefinitions(new URL('../../', import.meta.url).pathname)
    const declared = capabilities.flatMap(({ type, searchParameters }) =>
      searchParameters.map((one) => ({ name: `${type}?${one.code}`, type: one.type })),
    )
    assert.ok(declared.length > 200)
    assert.deepEqual(
      declared.filter((one) => !isSearchTypeName(one.type)),
      [],
    )
  })
})

describe('search / parameters of R4', function () {
  this.timeout(20_000)
  const root = new URL('../../', import.meta.url).pathname

  it('are all evaluated in open mode, those of a composite by parameters of the type', async () => {
    const { capabilities } = await loadDefinitions(root, { everyType: () => true })
    let count = 0
    for (const { type, searchParameters } of capabilities) {
      assert.doesNotThrow(() => checkParameters(searchParameters), type)
      count += searchParameters.length
      for (const { code, component = [] } of searchParameters) {
        // A store finds the records of a composite by these (condition.ts): each selects what the component selects.
        for (const one of component) {
          const own = searchParameters.find((other) => other.code === one.code && other.url === one.url)
          assert.ok(own, `${type}?${code} has a component \`${one.code}\` that is no parameter of the type`)
          assert.equal(own.type, one.type, `${type}?${code}`)
        }
      }
    }
    assert.ok(count > 2_000, String(count))
  })

  it('are all offered for the types of the hub, but for those that the statement names', async () => {
    const [stated, every] = [await loadDefinitions(root), await loadDefinitions(root, { everyType: () => true })]
    const documented = (type: string): string => {
      const [rest] = stated.statement.rest as readonly { resource: { type: string; documentation?: string }[] }[]
      return rest?.resource.find((one) => one.type === type)?.documentation ?? ''
    }
    const missing = stated.capabilities.flatMap(({ type, searchParameters }) =>
      every
        .capability(type)!
        .searchParameters.filter(({ code }) => !searchParameters.some((one) => one.code === code))
        .filter(({ code }) => !documented(type).includes(`\`${code}\``))
        .map(({ code }) => `${type}?${code}`),
    )
    assert.deepEqual(missing, [])
  })
})

describe('search / table of types / in SQLite', () => {
  it('has a row for each type and no other', () => {
    assert.deepEqual(Object.keys(SQLITE_SEARCH_TYPES).sort(), [...SEARCH_TYPE_NAMES].sort())
  })

  it('numbers the types as the files that exist have them', () => {
    const numbers = SEARCH_TYPE_NAMES.map((name) => [name, SQLITE_SEARCH_TYPES[name].id])
    assert.deepEqual(Object.fromEntries(numbers), NUMBERS)
  })
})

for (const kind of STORES) {
  describe(`search / table of types / in the ${kind.name} store`, () => {
    for (const name of SEARCH_TYPE_NAMES) {
      it(`${name}: is stored, found and sorted by`, async () => {
        const { store, close } = await kind.open()
        const entries = entriesOf(name)
        await store.commit({ writes: [put('Basic/without'), put('Basic/with', { entries })] })
        const sort = [{ param: name, kind: name, descending: false }]
        assert.deepEqual((await store.indexed(key('Basic/with')))?.entries, entries)
        const [found, sorted] = await Promise.all([
          store.find(query('Basic', { where: filterOf(name), viewer: EVERYTHING })),
          store.find(query('Basic', { sort })),
        ])
        await close()
        assert.equal(ids(found.versions), 'with')
        assert.equal(ids(sorted.versions), UNSORTED.has(name) ? 'without with' : 'with without')
      })
    }
  })
}
