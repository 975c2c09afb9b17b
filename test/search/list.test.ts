/** _list, read. https://hl7.org/fhir/R4/search.html#list */
import assert from 'node:assert/strict'
import { OutcomeError } from '../../server/fhir/outcome.ts'
import { parse } from '../../server/search/parse.ts'
import { CAPABILITY, CONTEXT, NOW, OFFERED } from './capability.ts'

const viewer = { agency: 'abe', at: NOW }
const withLists = { ...OFFERED, capability: (type: string) => OFFERED.capability(type === 'List' ? 'Group' : type) }
const read = (value: string, more: object) =>
  parse(CAPABILITY, [['_list', value]], { ...CONTEXT, now: NOW, viewer, handling: 'strict', ...more }).chained

describe('search / list', () => {
  it('reads the id of a List, or several', () => {
    const list = (id: string) => ({ op: 'list', types: ['ServiceRequest'], id })
    assert.deepEqual(read('List/42', { offered: withLists }), [list('42')])
    assert.deepEqual(read('1,2', { offered: withLists }), [{ op: 'or', of: [list('1'), list('2')] }])
  })

  it('is no parameter where there are no Lists, or where the record alone decides', () => {
    for (const more of [{ offered: OFFERED }, {}])
      assert.throws(
        () => read('1', more),
        (error) => error instanceof OutcomeError && error.issues[0]?.detail === 'unknown-parameter',
      )
  })
})
