/** The grammar of _filter. https://hl7.org/fhir/R4/search_filter.html */
import assert from 'node:assert/strict'
import { OutcomeError } from '../../server/fhir/outcome.ts'
import { parseFilter } from '../../server/search/filter-syntax.ts'

const compare = (name: string, op: string, value: string, at: number) => ({
  kind: 'compare',
  path: { name },
  op,
  value,
  at,
})

describe('search / filter-syntax', () => {
  it('reads a comparison with a token or a JSON string', () => {
    assert.deepEqual(parseFilter('code eq http://loinc.org|1-5'), compare('code', 'eq', 'http://loinc.org|1-5', 0))
    assert.deepEqual(parseFilter('  name co "p) \\"e\\u0074"'), compare('name', 'co', 'p) "et', 2))
    assert.deepEqual(
      parseFilter('birthdate ge 2014-10-10T01:02:03+05:00 '),
      compare('birthdate', 'ge', '2014-10-10T01:02:03+05:00', 0),
    )
  })

  it('reads and, or from left to right, without precedence', () => {
    const [a, b, c] = [compare('a', 'eq', '1', 0), compare('b', 'eq', '2', 10), compare('c', 'eq', '3', 21)]
    assert.deepEqual(parseFilter('a eq 1 or b eq 2 and c eq 3'), { kind: 'and', of: [{ kind: 'or', of: [a, b] }, c] })
    assert.deepEqual(parseFilter('a eq 1 or  b eq 2 or  c eq 3').kind, 'or')
  })

  it('reads parentheses and not', () => {
    assert.deepEqual(parseFilter('not (a eq 1)'), { kind: 'not', of: compare('a', 'eq', '1', 5) })
    assert.deepEqual(parseFilter('not(a eq 1)').kind, 'not')
    const nested = parseFilter('(a eq 1 or (b eq 2))and(c eq 3)')
    assert.equal(nested.kind, 'and')
    // Names may begin with the words.
    assert.deepEqual(parseFilter('note eq 1'), compare('note', 'eq', '1', 0))
    assert.deepEqual(parseFilter('a eq 1 and order eq 2').kind, 'and')
  })

  it('reads chains and brackets', () => {
    assert.deepEqual(parseFilter('subject.name co "pet"'), {
      ...compare('subject', 'co', 'pet', 0),
      path: { name: 'subject', rest: { name: 'name' } },
    })
    assert.deepEqual(parseFilter('related[type eq comp].target pr false'), {
      kind: 'compare',
      path: { name: 'related', filter: compare('type', 'eq', 'comp', 8), rest: { name: 'target' } },
      op: 'pr',
      value: 'false',
      at: 0,
    })
  })

  for (const [text, at, what] of [
    ['', 1, /name of a search parameter is missing/],
    ['a', 2, /operator/],
    ['a eq', 5, /value is missing/],
    ['a eq 1 b', 8, /`and`, `or`/],
    ['a eq 1 and', 11, /name of a search parameter/],
    ['(a eq 1', 8, /`\)` is missing/],
    ['a eq 1)', 7, /close what is open/],
    ['not a eq 1', 1, /`not` is followed by/],
    ['a[b eq 1.c eq 2', 12, /`\]` is missing/],
    ['a eq "x', 6, /not a JSON string/],
    ['a eq "\\x"', 10, /not a JSON string/],
    ['a. eq 1', 3, /name of a search parameter/],
    ['(('.repeat(2000), 21, /nest more than 20/],
    [Array(102).fill('a eq 1').join(' or '), 1001, /more than 100 conditions/],
  ] as const)
    it(`names the place in ${text.slice(0, 30)}`, () => {
      assert.throws(
        () => parseFilter(text),
        (error) => {
          assert.ok(error instanceof OutcomeError)
          assert.equal(error.issues[0]?.detail, 'invalid-parameter')
          assert.match(error.message, what)
          return error.message.includes(`at character ${at} `)
        },
      )
    })
})
