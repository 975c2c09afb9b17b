/** Search parameters to a query. https://hl7.org/fhir/R4/search.html */
import assert from 'node:assert/strict'
import { OutcomeError } from '../../server/fhir/outcome.ts'
import { parse } from '../../server/search/parse.ts'
import { sealPosition, searchIdentity } from '../../server/search/position.ts'
import type { Cursor } from '../../server/search/query.ts'
import { cursors, NOW, CAPABILITY, CONTEXT, OFFERED, parameter } from './capability.ts'

const viewer = { agency: 'abe', at: NOW }
const read = (query: string, handling: 'strict' | 'lenient' = 'strict') =>
  parse(CAPABILITY, [...new URLSearchParams(query)], { ...CONTEXT, now: NOW, viewer, handling, cursors })
const where = (query: string) => read(query).query.where

function refuses(code: string, text: RegExp, query: string): void {
  assert.throws(
    () => read(query),
    (error) => {
      assert.ok(error instanceof OutcomeError)
      assert.equal(error.status, 400)
      assert.equal(error.issues[0]?.detail, code)
      assert.match(error.message, text)
      return true
    },
  )
}

const token = (param: string, code: string) => ({ op: 'token', param, code })

describe('search / parse / conditions', () => {
  it('finds all without parameters, for the viewer', () => {
    assert.deepEqual(read('').query, { type: 'ServiceRequest', where: { op: 'and', of: [] }, viewer, limit: 50 })
  })

  it('takes a comma as or, a repetition as and', () => {
    assert.deepEqual(where('status=a,b&status=c'), {
      op: 'and',
      of: [{ op: 'or', of: [token('status', 'a'), token('status', 'b')] }, token('status', 'c')],
    })
  })

  it('does not cut at an escaped comma', () => {
    assert.deepEqual(where('status=a\\,b'), token('status', 'a,b'))
  })

  it('negates all values of :not together', () => {
    assert.deepEqual(where('status:not=a,b'), {
      op: 'not',
      of: { op: 'or', of: [token('status', 'a'), token('status', 'b')] },
    })
  })

  it('takes :missing on every type', () => {
    for (const name of ['status', 'title', 'authored', 'rule', 'subject', 'dose']) {
      assert.deepEqual(where(`${name}:missing=true`), { op: 'missing', param: name })
      assert.deepEqual(where(`${name}:missing=false`), { op: 'not', of: { op: 'missing', param: name } })
    }
    refuses('invalid-parameter', /`yes` of `status:missing` is neither/, 'status:missing=yes')
  })

  it('takes a type as the modifier of a reference', () => {
    assert.deepEqual(where('subject:Patient=1'), { op: 'reference', param: 'subject', type: 'Patient', id: '1' })
  })

  it('takes the id and the last change of every record', () => {
    assert.deepEqual(where('_id=a,b'), { op: 'id', ids: ['a', 'b'] })
    assert.deepEqual(where('_lastUpdated=ge2026-01-15T10:00:00Z'), {
      op: 'updated',
      prefix: 'ge',
      start: Date.UTC(2026, 0, 15, 10),
      end: Date.UTC(2026, 0, 15, 10, 0, 1),
    })
  })
})

describe('search / parse / what it refuses', () => {
  it('names an unknown parameter, what was meant, and what there is', () => {
    refuses(
      'unknown-parameter',
      /no search parameter `statsu`\. Did you mean `status`\? It takes `identifier`, `status`, .*`_id`/,
      'statsu=a',
    )
    refuses('unknown-parameter', /no search parameter `toString`/, 'toString=a')
    refuses('unknown-parameter', /no search parameter ``/, '=a')
  })

  it('names an unknown modifier and those there are', () => {
    refuses('invalid-parameter', /`status` has no modifier `exact`\. It takes `not`, `text`, `in`, /, 'status:exact=a')
    refuses(
      'invalid-parameter',
      /no modifier `contain`\. Did you mean `contains`\? It takes `exact`, `contains`, `missing`/,
      'title:contain=a',
    )
    refuses('invalid-parameter', /`_id` has no modifier `text`\. It takes `not`, `missing`/, '_id:text=a')
    refuses('invalid-parameter', /no modifier ``/, 'status:=a')
    refuses(
      'invalid-parameter',
      /`_include` has no modifier `recurse`\. It takes `iterate`/,
      '_include:recurse=ServiceRequest:patient',
    )
  })

  it('refuses an escape that is none, and names it', () => {
    for (const query of ['title=a\\b', 'status=a\\', 'identifier=a\\\\\\x', '_id=\\n', 'title:contains=\\%'])
      refuses('invalid-parameter', /a backslash escapes only/, query)
    assert.ok(read('title=a\\\\b\\,c\\|d\\$'))
  })

  it('does not search by an empty value', () => {
    for (const query of ['status=', 'status=a,', '_id=', 'patient=', 'status:not='])
      refuses('invalid-parameter', /has an empty value/, query)
  })

  it('takes at most 50 parameters and 200 values', () => {
    assert.ok(read(Array(50).fill('status=a').join('&')))
    refuses('invalid-parameter', /`51` parameters/, Array(51).fill('status=a').join('&'))
    assert.ok(read(`_id=${Array(200).fill('a').join()}`))
    refuses('invalid-parameter', /`201` values/, `status=a&_id=${Array(200).fill('a').join()}`)
  })

  it('ignores what is not supported with lenient handling, and reports it', () => {
    const { query, ignored, self } = read('statsu=a&status:exact=b&status=c&_summary=count', 'lenient')
    assert.deepEqual(query.where, token('status', 'c'))
    assert.deepEqual(ignored, ['statsu', 'status:exact'])
    assert.deepEqual(self, [
      ['status', 'c'],
      ['_summary', 'count'],
    ])
  })

  it('does not drop a value that it cannot read', () => {
    assert.throws(() => read('authored=soon', 'lenient'), OutcomeError)
  })
})

describe('search / parse / controls', () => {
  it('limits the count', () => {
    assert.equal(read('_count=7').query.limit, 7)
    const most = read('_count=5000')
    assert.equal(most.query.limit, 200)
    assert.deepEqual(most.self, [['_count', '200']])
    for (const value of ['-1', '1.5', 'ten', '1e3'])
      refuses('invalid-parameter', /is not a whole number/, `_count=${value}`)
    refuses('invalid-parameter', /`_count` was sent more than once/, '_count=1&_count=2')
  })

  it('finds only the total with a count of 0 or a summary of count', () => {
    for (const query of ['_count=0', '_summary=count', '_summary=count&_count=9', '_count=0&_total=none']) {
      const found = read(query)
      assert.deepEqual([found.query.limit, found.query.total, found.total], [0, true, 'accurate'])
    }
  })

  it('counts with _total=accurate', () => {
    assert.deepEqual([read('_total=accurate').query.total, read('_total=accurate').total], [true, 'accurate'])
    assert.deepEqual(read('_total=estimate').self, [['_total', 'accurate']])
    assert.deepEqual([read('_total=none').query.total, read('_total=none').total], [undefined, 'none'])
    refuses('invalid-parameter', /`all` of `_total` is not one of `none`, `accurate`, `estimate`/, '_total=all')
    refuses(
      'invalid-parameter',
      /`short` of `_summary` is not one of `true`, `text`, `data`, `count`, `false`/,
      '_summary=short',
    )
    refuses('invalid-parameter', /`toString` of `_total`/, '_total=toString')
  })

  it('sorts by a parameter of every search type', () => {
    for (const [param, kind] of [
      ['code', 'token'],
      ['title', 'string'],
      ['subject', 'reference'],
      ['authored', 'date'],
      ['rule', 'uri'],
      ['dose', 'number'],
    ])
      assert.deepEqual(read(`_sort=${param}`).query.sort, [{ param, kind, descending: false }])
  })

  it('sorts by several parameters, each its way', () => {
    assert.deepEqual(read('_sort=-authored,status,_id,-_lastUpdated').query.sort, [
      { param: 'authored', kind: 'date', descending: true },
      { param: 'status', kind: 'token', descending: false },
      { param: '_id', kind: 'id', descending: false },
      { param: '_lastUpdated', kind: 'updated', descending: true },
    ])
    refuses('invalid-parameter', /cannot be sorted by `-author`\. Did you mean `authored`\?/, '_sort=-author')
    refuses('invalid-parameter', /cannot be sorted by ``/, '_sort=')
    refuses('invalid-parameter', /cannot be sorted by `patient.family`\. A chain does not sort/, '_sort=patient.family')
    refuses('invalid-parameter', /names `6` parameters; at most `5`/, `_sort=${Array(6).fill('_id').join()}`)
  })

  it('leaves the sorts to others where one is a chain, which a cursor holds as a text or a number', () => {
    const sorted = (sort: string) => {
      const context = { ...CONTEXT, now: NOW, viewer, handling: 'strict', offered: OFFERED } as const
      const { query, chainedSorts } = parse(CAPABILITY, [['_sort', sort]], context)
      assert.equal(query.sort, undefined)
      return chainedSorts?.map(({ param, kind, descending }) => [param, kind, descending])
    }
    assert.deepEqual(sorted('status,-subject:Patient.birthdate,patient.organization.name,-requester._lastUpdated'), [
      ['status', 'token', false],
      ['subject:Patient.birthdate', 'number', true],
      ['patient.organization.name', 'string', false],
      ['requester._lastUpdated', 'number', true],
    ])
    for (const [sort, why] of [
      ['patient.family:exact', /modifier `exact`, which has no meaning/],
      ['patient.famly', /no search parameter `famly`\. Did you mean `family`/],
      ['_has:ServiceRequest:patient:code', /a reverse chain does not sort|leads to no/],
      ['requester.partof.partof.partof.name', /more than 3 references/],
    ] as const)
      assert.throws(() => sorted(sort), why)
  })

  it('refuses to sort by what has no order, and says what has one', () => {
    const within = (type: 'composite' | 'special') => ({
      ...CAPABILITY,
      searchParameters: [...CAPABILITY.searchParameters, parameter({ code: type, type, expression: 'ServiceRequest' })],
    })
    for (const type of ['composite', 'special'] as const)
      for (const sort of [type, `-${type}`, `status,${type}`])
        assert.throws(
          () => parse(within(type), [['_sort', sort]], { ...CONTEXT, now: NOW, viewer, handling: 'strict', cursors }),
          (error: OutcomeError) =>
            new RegExp(`cannot be sorted by \`-?${type}\`: a ${type} parameter`).test(error.message) &&
            !/It sorts by .*`(composite|special)`/.test(error.message) &&
            /It sorts by .*`status`.*`_id`/.test(error.message),
        )
  })

  it('leaves the format to others', () => {
    assert.deepEqual(read('_format=json&_pretty=true').self, [])
  })

  it('writes the parameters as evaluated into the self link, in their order', () => {
    assert.deepEqual(read('_count=999&status:not=a,b&_sort=-authored').self, [
      ['_count', '200'],
      ['status:not', 'a,b'],
      ['_sort', '-authored'],
    ])
  })
})

describe('search / page', () => {
  const sorted = '_sort=-authored,status,_id'
  const params = (query: string) => [...new URLSearchParams(query)] as [string, string][]
  const sealed = (cursor: readonly unknown[], query: string) =>
    sealPosition(cursors, { asOf: 7, after: cursor as Cursor }, searchIdentity('ServiceRequest', params(query)))
  const page = (cursor: readonly unknown[], query = sorted) => `${query}&_cursor=${sealed(cursor, query)}`

  it('reads the cursor that it wrote, whatever the order of the parameters and the size of the page', () => {
    const cursor = [1700000000000, null, 'x', 12]
    const { after, asOf, backward } = read(page(cursor)).query
    assert.deepEqual([after, asOf, backward], [cursor, 7, undefined])
    assert.deepEqual(read(page([3], 'status=a&_id=b')).query.after, [3])
    assert.deepEqual(read(`_count=5&_id=b&status=a&_cursor=${sealed([3], 'status=a&_id=b')}`).query.after, [3])
  })

  it('seals what it holds: the order of creation counts hidden records', () => {
    const bytes = Buffer.from(cursors.encode([1700000000000, 12]), 'base64url').toString('latin1')
    assert.doesNotMatch(bytes, /1700000000000|12\]/)
  })

  it('reads a cursor of any number, and refuses one of a text', () => {
    assert.deepEqual(read(page([-0.25, 12], '_sort=dose')).query.after, [-0.25, 12])
    refuses('invalid-parameter', /does not belong to this search/, page(['x', 12], '_sort=dose'))
  })

  it('refuses a cursor of another search or of nobody', () => {
    const wrong = [
      [12],
      ['x', 'y', 'z', 12],
      [1, null, null, 12],
      [1, 'a', 'x', -1],
      [1, 'a', 'x', 1.5],
      [1, 'a', 'x', 'y'],
    ]
    for (const cursor of wrong) refuses('invalid-parameter', /`_cursor` does not belong to this search/, page(cursor))
    const good = sealed([3], '')
    assert.deepEqual(read(`_cursor=${good}`).query.after, [3])
    refuses('invalid-parameter', /`_cursor` does not belong to this search/, `status=a&_cursor=${good}`)
    for (const text of ['', 'x', '%00', `${good}=`, `${good}A`, '!', cursors.encode([3])]) {
      refuses('invalid-parameter', /`_cursor` does not belong to this search/, `_cursor=${text}`)
    }
  })
})
