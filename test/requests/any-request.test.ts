/** The random requests reach whatever the tables of the hub hold, so that a new row is tried without being listed here. */
import assert from 'node:assert/strict'
import { createRandom } from '../../scripts/random.ts'
import { anyRequest, type AnyRequest, type RequestMaterial } from './any-request.ts'
import { criterion, searchQuery, type QueryPart } from './search-query.ts'
import { loadTables, type Tables } from './tables.ts'

const REQUESTS = 4000

const missing = (all: Iterable<string>, seen: ReadonlySet<string>): readonly string[] =>
  [...new Set(all)].filter((one) => !seen.has(one))

describe('random requests', () => {
  let tables: Tables
  let material: RequestMaterial
  let requests: readonly AnyRequest[]
  before(async () => {
    tables = await loadTables()
    const random = createRandom(1)
    material = {
      random,
      tables,
      key: (type = random.pick(tables.types)) => `${type}/1`,
      values: { token: ['active'], string: ['x'], date: ['2026'], identifier: ['a|b'] },
      sortable: () => true,
      resource: (resourceType, id) => ({ resourceType, id }),
      version: () => '1',
    }
    requests = Array.from({ length: REQUESTS }, () => anyRequest(material))
  })

  it('reach every route', () => {
    const rows = tables.routes.filter(({ name }) => name !== 'operation').map(({ method, path }) => `${method} ${path}`)
    assert.deepEqual(missing(rows, new Set(requests.map(({ row }) => row))), [])
  })

  it('reach every operation with each of its parameters', () => {
    const sent = requests.filter(({ row }) => row.startsWith('$'))
    const named = sent.flatMap(({ row, path, body }) => {
      const { parameter = [] } = (body ?? {}) as { readonly parameter?: readonly { readonly name: string }[] }
      const asked = [...new URLSearchParams(path.split('?')[1] ?? '')].map(([name]) => name)
      return [...parameter.map(({ name }) => name), ...asked].map((name) => `${row} ${name}`)
    })
    const all = tables.operations.flatMap(({ code, inputs }) => inputs.map(({ name }) => `$${code} ${name}`))
    assert.deepEqual(missing(all, new Set(named)), [])
  })

  it('search by every parameter of every type, and with every modifier', () => {
    const modifiers = new Set<string>()
    for (const type of tables.types) {
      const parameters = tables.parameters(type)
      const names = new Set(Array.from({ length: parameters.length * 25 }, () => criterion(material, type)[0]))
      const codes = new Set([...names].map((name) => name.split(/[.:]/)[0]!))
      const all = parameters.map(({ code }) => code)
      assert.deepEqual(missing(all, codes), [], type)
      for (const name of names) modifiers.add(name.split(':').at(-1)!)
    }
    const taken = tables.types.flatMap((type) => tables.parameters(type).flatMap((one) => tables.modifiers(one)))
    const isType = (name: string): boolean => /^[A-Z]/.test(name)
    assert.deepEqual(
      missing(
        taken.filter((name) => !isType(name)),
        modifiers,
      ),
      [],
    )
    assert.ok([...modifiers].some(isType))
  })

  it('use every control, chains, `_has`, and filters', () => {
    const parts: readonly QueryPart[] = Array.from({ length: 4000 }, () =>
      searchQuery(material, material.random.pick(tables.types)),
    ).flat()
    const names = new Set(parts.map(([name]) => name))
    assert.deepEqual(missing(tables.controls, names), [])
    for (const pattern of [
      /^\w+\.\w/,
      /^\w+:\w+\.\w/,
      /^[^_].*\..*\./,
      /^_has:\w+:\w+:\w/,
      /^_has:.*_has:/,
      /^_filter$/,
    ])
      assert.ok(
        [...names].some((name) => pattern.test(name)),
        String(pattern),
      )
  })
})
