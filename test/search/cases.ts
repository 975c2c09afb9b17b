/**
 * What every evaluator of search must answer: records, a filter and a sort, the ids that come back in their order.
 * The memory evaluator and each store run the same list: `searchContract('sqlite', run)`.
 */
import assert from 'node:assert/strict'
import { ALL } from '../../server/search/query.ts'
import type { Filter, IndexEntry, Prefix, Sort } from '../../server/search/query.ts'

/**
 * Records are created in the order given, each in a commit of its own at the instant `at` (never falling);
 * a runner over a store gives it a clock that shows it.
 */
export type SearchRecord = { readonly id: string; readonly at: number; readonly entries: readonly IndexEntry[] }

/** Answers the ids of the records that fulfil `where`, in the order of `sort` (none: by creation). */
export type SearchRun = (
  records: readonly SearchRecord[],
  question: { readonly where: Filter; readonly sort: readonly Sort[] },
) => Promise<readonly string[]>

type SearchCase = {
  readonly title: string
  readonly where?: Filter
  readonly sort?: readonly Sort[]
  readonly ids: string
}

const token = (param: string, code: string, system?: string): IndexEntry =>
  system === undefined ? { kind: 'token', param, code } : { kind: 'token', param, code, system }
const text = (param: string, exact: string, value: string): IndexEntry => ({ kind: 'string', param, value, exact })
const ref = (param: string, type: string, id: string): IndexEntry => ({ kind: 'reference', param, type, id })
const date = (param: string, start: number, end: number): IndexEntry => ({ kind: 'date', param, start, end })
const number = (param: string, low: number, high = low): IndexEntry => ({ kind: 'number', param, low, high })
const uri = (param: string, value: string): IndexEntry => ({ kind: 'uri', param, value })

const anyCase = (param: string, code: string): IndexEntry => ({ kind: 'token', param, code, ignoreCase: true })
const part = (param: string, value: string): IndexEntry => ({ kind: 'string', param, value, exact: '', part: true })
const quantity = (param: string, low: number, unit: string, high = low): IndexEntry => ({
  ...{ kind: 'quantity', param, low, high, unit },
})
const pair = (param: string, code: string, value: number): IndexEntry => ({
  kind: 'composite',
  param,
  parts: [[{ kind: 'token', param: 'c', code }], [{ kind: 'number', param: 'n', low: value, high: value }]],
})
const word = (value: string): IndexEntry => ({ kind: 'text', param: '_content', value })
const place = (param: string, latitude: number, longitude: number): IndexEntry => ({
  ...{ kind: 'special', param, latitude, longitude },
})

const record = (id: string, at: number, ...entries: IndexEntry[]): SearchRecord => ({ id, at, entries })

const FAR = 8_640_000_000_000_000

/** One letter each, so that a case reads on one line. */
const RECORDS: readonly SearchRecord[] = [
  record(
    'a',
    1000,
    token('status', 'active', 'urn:s'),
    token('tag', 'x', 'urn:t'),
    token('tag', 'y', 'urn:u'),
    text('name', 'Müller', 'muller'),
    ref('subject', 'Patient', '1'),
    date('date', 100, 200),
    number('score', 100),
    uri('url', 'http://a.example/x'),
  ),
  record(
    'b',
    2000,
    token('status', 'active'),
    token('tag', 'y', 'urn:t'),
    text('name', 'Mu', 'mu'),
    text('name', 'Zoë', 'zoe'),
    ref('subject', 'Group', '1'),
    date('date', 150, 160),
    number('score', 99.5),
    number('score', -7),
  ),
  record(
    'c',
    2000,
    token('status', 'draft', 'urn:s'),
    text('name', '50%_Done\\', '50%_done\\'),
    ref('subject', 'Patient', '2'),
    date('date', 200, 300),
    number('score', 0.8),
    uri('url', 'http://a.example/X'),
  ),
  record(
    'd',
    3000,
    token('status', 'Active', 'urn:s'),
    text('name', 'amul', 'amul'),
    date('date', -FAR, 100),
    date('date', 500, FAR),
    number('score', 20, 120),
  ),
  record('e', 4000, uri('subject', 'http://other.example/fhir/Patient/1'), token('flag', '')),
]

/** Entries of the types that are rarer. */
const RARER: readonly SearchRecord[] = [
  record(
    'a',
    1,
    anyCase('id', 'va-1'),
    quantity('weight', 5, '|kg'),
    quantity('weight:ucum', 5000, 'g'),
    pair('p', 'x', 1),
    pair('p', 'y', 2),
  ),
  record(
    'b',
    2,
    word('bread'),
    word('é'),
    word('work'),
    token('id', 'va-1'),
    quantity('weight', 5.5, '|g'),
    pair('p', 'x', 2),
    place('near', 37.5, -77.4),
  ),
  record(
    'c',
    3,
    word('breads'),
    token('id', 'VA-1'),
    quantity('weight', -2, ''),
    token('tag', 'x', 'urn:t'),
    token('tag', 'y'),
    quantity('weight', 3, '|kg', 9),
    place('near', 37.6, -77.4),
  ),
  record(
    'd',
    4,
    word('bread'),
    text('name', 'Zu Berg', 'zu berg'),
    part('name', 'berg'),
    uri('url', 'http://a.example/x/y'),
    {
      ...anyCase('tag', 'x'),
      system: 'urn:t',
    } as IndexEntry,
  ),
  record(
    'e',
    5,
    text('name', 'Mu', 'mu'),
    part('name', ''),
    uri('url', 'http://a.example/xy'),
    token('tag', 'y', 'urn:u'),
    place('near', 37.5, 179.9),
  ),
]

const and = (...of: Filter[]): Filter => ({ op: 'and', of })
const or = (...of: Filter[]): Filter => ({ op: 'or', of })
const not = (of: Filter): Filter => ({ op: 'not', of })
const missing = (param: string): Filter => ({ op: 'missing', param })
const isToken = (param: string, code?: string, system?: string): Filter => ({ op: 'token', param, code, system })
const isText = (how: 'starts' | 'contains' | 'exact', value: string): Filter => ({
  op: 'string',
  param: 'name',
  how,
  value,
})
const isRef = (id: string | readonly string[], type?: string): Filter => ({
  op: 'reference',
  param: 'subject',
  type,
  id,
})
const isWord = (value: string, how: 'word' | 'starts' = 'word'): Filter => ({
  op: 'text',
  param: '_content',
  how,
  value,
})
const isUri = (param: string, value: string): Filter => ({ op: 'uri', param, value })
const isDate = (prefix: Prefix, start: number, end: number): Filter => ({
  op: 'date',
  param: 'date',
  prefix,
  start,
  end,
})
const isNumber = (prefix: Prefix, low: number, high = low): Filter => ({
  op: 'number',
  param: 'score',
  prefix,
  low,
  high,
})
const updated = (prefix: Prefix, start: number, end: number): Filter => ({ op: 'updated', prefix, start, end })
const ids = (...list: string[]): Filter => ({ op: 'id', ids: list })
const ofType = (...types: string[]): Filter => ({ op: 'type', types })
const many = Array.from({ length: 600 }, (_, index) => `x${index}`)
const sorted = (param: string, kind: Sort['kind'], descending = false): Sort => ({ param, kind, descending })

const CASES: readonly SearchCase[] = [
  { title: 'no condition is true of all, in the order of creation', ids: 'abcde' },
  { title: 'no alternative is true of none', where: or(), ids: '' },

  { title: 'a token with any system', where: isToken('status', 'active'), ids: 'ab' },
  { title: 'a token of one system', where: isToken('status', 'active', 'urn:s'), ids: 'a' },
  { title: 'a token without a system', where: isToken('status', 'active', ''), ids: 'b' },
  { title: 'every token of a system', where: isToken('status', undefined, 'urn:s'), ids: 'acd' },
  { title: 'every token without a system', where: isToken('status', undefined, ''), ids: 'b' },
  { title: 'tokens keep their case', where: isToken('status', 'Active'), ids: 'd' },
  { title: 'an empty code is a code', where: isToken('flag', ''), ids: 'e' },
  { title: 'system and code hold for the same entry', where: isToken('tag', 'y', 'urn:t'), ids: 'b' },
  { title: 'two conditions may hold for two entries', where: and(isToken('tag', 'x'), isToken('tag', 'y')), ids: 'a' },
  { title: 'a token of another parameter does not count', where: isToken('status', 'x'), ids: '' },

  { title: 'alternatives give each record once', where: or(isToken('tag', 'x'), isToken('tag', 'y')), ids: 'ab' },
  { title: 'not includes what has no entry at all', where: not(isToken('status', 'active')), ids: 'cde' },
  { title: 'not of alternatives', where: not(or(isToken('status', 'active'), isToken('status', 'draft'))), ids: 'de' },
  { title: 'not of not', where: not(not(isToken('status', 'draft'))), ids: 'c' },
  { title: 'a reference to one of several records', where: isRef(['1', '2'], 'Patient'), ids: 'ac' },
  { title: 'a reference to one of many records', where: isRef([...many, '2'], 'Patient'), ids: 'c' },
  { title: 'a reference to one of several ids of any type', where: isRef(['1', '9']), ids: 'ab' },
  { title: 'a reference to one of no records', where: isRef([], 'Patient'), ids: '' },
  { title: 'one of many ids', where: ids(...many, 'b', 'e'), ids: 'be' },
  { title: 'a type that is not searched', where: ofType('Nothing'), ids: '' },
  { title: 'not of a type that is not searched', where: not(ofType('Nothing')), ids: 'abcde' },

  {
    title: 'conditions nest',
    where: and(or(ids('a', 'c'), isRef('1', 'Group')), not(isToken('status', 'draft'))),
    ids: 'ab',
  },
  { title: 'missing', where: missing('date'), ids: 'e' },
  { title: 'missing of any kind of entry', where: missing('subject'), ids: 'd' },
  { title: 'not missing', where: not(missing('url')), ids: 'ac' },

  { title: 'a text that starts so', where: isText('starts', 'mu'), ids: 'ab' },
  { title: 'a text that starts so, in the second entry', where: isText('starts', 'zo'), ids: 'b' },
  { title: 'a text that contains it', where: isText('contains', 'mul'), ids: 'ad' },
  { title: 'an exact text keeps case and accents', where: isText('exact', 'Müller'), ids: 'a' },
  { title: 'an exact text is not the normalised one', where: isText('exact', 'muller'), ids: '' },
  { title: 'an exact text is whole', where: isText('exact', 'Mü'), ids: '' },
  { title: 'a percent sign is a character', where: isText('starts', '50%'), ids: 'c' },
  { title: 'a percent sign is not a wildcard', where: isText('starts', '%'), ids: '' },
  { title: 'an underscore is not a wildcard', where: isText('contains', 'm_l'), ids: '' },
  { title: 'an underscore is a character', where: isText('contains', '%_d'), ids: 'c' },
  { title: 'a backslash is a character', where: isText('contains', '\\'), ids: 'c' },

  { title: 'a reference with its type', where: isRef('1', 'Patient'), ids: 'a' },
  { title: 'a reference of any type', where: isRef('1'), ids: 'ab' },
  {
    title: 'a reference to elsewhere by its url',
    where: isUri('subject', 'http://other.example/fhir/Patient/1'),
    ids: 'e',
  },
  { title: 'a uri is whole and keeps its case', where: isUri('url', 'http://a.example/x'), ids: 'a' },
  { title: 'a uri does not match by its beginning', where: isUri('url', 'http://a.example/'), ids: '' },

  { title: 'a date within the searched range', where: isDate('eq', 100, 200), ids: 'ab' },
  { title: 'a date that is the searched range', where: isDate('eq', 150, 160), ids: 'b' },
  { title: 'a date that overlaps is not equal', where: isDate('eq', 120, 200), ids: 'b' },
  { title: 'a date not within the searched range', where: isDate('ne', 100, 200), ids: 'cd' },
  { title: 'a date greater: some of it lies after', where: isDate('gt', 150, 160), ids: 'acd' },
  { title: 'a date greater: the end itself is not after', where: isDate('gt', 250, 300), ids: 'd' },
  { title: 'a date less: some of it lies before', where: isDate('lt', 150, 160), ids: 'ad' },
  { title: 'a date greater or within', where: isDate('ge', 200, 300), ids: 'cd' },
  { title: 'a date less or within', where: isDate('le', 100, 200), ids: 'abd' },
  { title: 'a date that starts after', where: isDate('sa', 150, 200), ids: 'cd' },
  { title: 'a date that ends before', where: isDate('eb', 160, 170), ids: 'bd' },
  { title: 'a date about: the ranges overlap', where: isDate('ap', 199, 201), ids: 'ac' },
  { title: 'a date about: touching is not overlapping', where: isDate('ap', 300, 500), ids: '' },
  { title: 'two dates of one record each count', where: and(isDate('eb', 100, 101), isDate('sa', 400, 500)), ids: 'd' },

  { title: 'a number within the precision', where: isNumber('eq', 99.5, 100.5), ids: 'ab' },
  { title: 'a number at the end of the precision is not in it', where: isNumber('eq', 98.5, 99.5), ids: '' },
  { title: 'a number equal: a range is within as a whole', where: isNumber('eq', 19.5, 120.5), ids: 'abd' },
  { title: 'a number equal: a range that overlaps is not', where: isNumber('eq', 19.5, 100.5), ids: 'ab' },
  { title: 'a number not within the precision', where: isNumber('ne', 99.5, 100.5), ids: 'bcd' },
  { title: 'a number greater, not equal', where: isNumber('gt', 99.5), ids: 'ad' },
  { title: 'a number greater: some of the range lies above', where: isNumber('gt', 119), ids: 'd' },
  { title: 'a number less, not equal', where: isNumber('lt', 0.8), ids: 'b' },
  { title: 'a number less: some of the range lies below', where: isNumber('lt', 21), ids: 'bcd' },
  { title: 'a number greater or equal', where: isNumber('ge', 100), ids: 'ad' },
  { title: 'a number greater or equal: a range that only ends there is not', where: isNumber('ge', 120), ids: '' },
  { title: 'a number less or equal', where: isNumber('le', 0.8), ids: 'bc' },
  { title: 'a number less or equal: a range that only begins there is not', where: isNumber('le', 20), ids: 'bc' },
  { title: 'a number that starts after', where: isNumber('sa', 99.5), ids: 'a' },
  { title: 'a number that ends before', where: isNumber('eb', 99.5), ids: 'bc' },
  { title: 'a number about', where: isNumber('ap', 90, 110), ids: 'abd' },
  { title: 'a number about: both limits belong to it', where: isNumber('ap', 120, 130), ids: 'd' },
  { title: 'a negative number', where: isNumber('eq', -7.5, -6.5), ids: 'b' },
  { title: 'two numbers of one record each count', where: and(isNumber('lt', 0), isNumber('gt', 99)), ids: 'b' },
  { title: 'no number', where: missing('score'), ids: 'e' },

  { title: 'the id', where: ids('c', 'nobody', 'a'), ids: 'ac' },
  { title: 'no id', where: ids(), ids: '' },
  { title: 'updated within', where: updated('eq', 2000, 2001), ids: 'bc' },
  { title: 'updated not within', where: updated('ne', 2000, 2001), ids: 'ade' },
  { title: 'updated after', where: updated('gt', 2000, 2001), ids: 'de' },
  { title: 'updated before', where: updated('lt', 2000, 2001), ids: 'a' },
  { title: 'updated then or after', where: updated('ge', 2000, 2001), ids: 'bcde' },
  { title: 'updated then or before', where: updated('le', 2000, 2001), ids: 'abc' },
  { title: 'updated from the end of the range', where: updated('sa', 1000, 2000), ids: 'bcde' },
  { title: 'updated until the start of the range', where: updated('eb', 2000, 3000), ids: 'a' },
  { title: 'updated about', where: updated('ap', 1500, 3000), ids: 'bc' },

  { title: 'sorted by id, descending', sort: [sorted('_id', 'id', true)], ids: 'edcba' },
  { title: 'sorted by last change, ties by creation', sort: [sorted('_lastUpdated', 'updated')], ids: 'abcde' },
  {
    title: 'sorted by last change, descending, ties still by creation',
    sort: [sorted('_lastUpdated', 'updated', true)],
    ids: 'edbca',
  },
  { title: 'sorted by the least text, those without last', sort: [sorted('name', 'string')], ids: 'cdbae' },
  { title: 'sorted by the greatest text, those without last', sort: [sorted('name', 'string', true)], ids: 'badce' },
  { title: 'sorted by the least start', sort: [sorted('date', 'date')], ids: 'dabce' },
  { title: 'sorted by the greatest start', sort: [sorted('date', 'date', true)], ids: 'dcbae' },
  { title: 'sorted by the least number, those without last', sort: [sorted('score', 'number')], ids: 'bcdae' },
  { title: 'sorted by the greatest number', sort: [sorted('score', 'number', true)], ids: 'abdce' },
  { title: 'sorted by code, capitals first', sort: [sorted('status', 'token')], ids: 'dabce' },
  { title: 'sorted by type and id of a reference', sort: [sorted('subject', 'reference')], ids: 'bacde' },
  { title: 'sorted by uri', sort: [sorted('url', 'uri', true)], ids: 'acbde' },
  {
    title: 'sorted by two, each its way',
    sort: [sorted('status', 'token', true), sorted('date', 'date', true)],
    ids: 'cbade',
  },
  { title: 'sorted and filtered', where: isRef('1'), sort: [sorted('date', 'date', true)], ids: 'ba' },
]

const inUnit = (prefix: Prefix, low: number, unit?: string, high = low, param = 'weight'): Filter => ({
  ...{ op: 'quantity', param, prefix, low, high },
  ...(unit === undefined ? {} : { unit }),
})
const isPair = (code: string, value: number): Filter => ({
  op: 'composite',
  param: 'p',
  parts: [
    { op: 'token', param: 'c', code },
    { op: 'number', param: 'n', prefix: 'ge', low: value, high: value },
  ],
})
const isNear = (latitude: number, longitude: number, distance: number): Filter => ({
  ...{ op: 'special', param: 'near', latitude, longitude, distance },
})
const below = (value: string): Filter => ({ op: 'uri', param: 'url', value, starts: true })

const RARER_CASES: readonly SearchCase[] = [
  { title: 'a token whose case does not count', where: isToken('id', 'VA-1'), ids: 'ac' },
  { title: 'a token in lower case', where: isToken('id', 'va-1'), ids: 'ab' },
  { title: 'a token in mixed case', where: isToken('id', 'Va-1'), ids: 'a' },
  {
    title: 'a token of a list, each in its system',
    where: {
      op: 'token',
      param: 'tag',
      codes: [
        { system: 'urn:t', code: 'X' },
        { system: 'urn:u', code: 'y' },
      ],
    },
    ids: 'de',
  },
  { title: 'a token of an empty list', where: { op: 'token', param: 'tag', codes: [] }, ids: '' },
  { title: 'a quantity in any unit', where: inUnit('ge', 5), ids: 'abc' },
  { title: 'a quantity in one unit', where: inUnit('ge', 5, '|kg'), ids: 'ac' },
  { title: 'a quantity in base units', where: inUnit('eq', 4500, 'g', 5500, 'weight:ucum'), ids: 'a' },
  { title: 'a quantity in a unit that nobody has', where: inUnit('ge', 0, '|lb'), ids: '' },
  { title: 'a quantity without a unit', where: inUnit('lt', 0, ''), ids: 'c' },
  { title: 'a quantity within the precision', where: inUnit('eq', 4.5, '|kg', 5.5), ids: 'a' },
  { title: 'a quantity not within the precision', where: inUnit('ne', 4.5, '|kg', 5.5), ids: 'c' },
  { title: 'a quantity greater', where: inUnit('gt', 5), ids: 'bc' },
  { title: 'a quantity less', where: inUnit('lt', 5), ids: 'c' },
  { title: 'a quantity less or equal', where: inUnit('le', 5, '|kg'), ids: 'ac' },
  { title: 'a quantity that starts after', where: inUnit('sa', 5), ids: 'b' },
  { title: 'a quantity that ends before', where: inUnit('eb', 5.5), ids: 'ac' },
  { title: 'a quantity about', where: inUnit('ap', 4.5, '|kg', 5.5), ids: 'ac' },
  { title: 'sorted by the least quantity', sort: [sorted('weight', 'quantity')], ids: 'cabde' },
  { title: 'sorted by the greatest quantity', sort: [sorted('weight', 'quantity', true)], ids: 'bacde' },
  { title: 'a pair of one element', where: isPair('x', 2), ids: 'b' },
  { title: 'a pair of either element', where: isPair('y', 1), ids: 'a' },
  { title: 'not a pair', where: not(isPair('x', 1)), ids: 'cde' },
  { title: 'no pair', where: missing('p'), ids: 'cde' },
  { title: 'near a position', where: isNear(37.55, -77.4, 6), ids: 'bc' },
  { title: 'near a position: not so far', where: isNear(37.5, -77.4, 11), ids: 'b' },
  { title: 'near a position beyond the date line', where: isNear(37.5, -179.9, 20), ids: 'e' },
  { title: 'a text by a part of it', where: isText('starts', 'be'), ids: 'd' },
  { title: 'sorted by whole texts', sort: [sorted('name', 'string')], ids: 'edabc' },
  { title: 'an exact text is no part', where: isText('exact', ''), ids: '' },
  { title: 'an address below another', where: below('http://a.example/x/'), ids: 'd' },
  { title: 'an address below nothing', where: below('http://b.example/'), ids: '' },
  { title: 'text: a word is a whole word', where: isWord('bread'), ids: 'bd' },
  { title: 'text: a word in other letters is another', where: isWord('Bread'), ids: '' },
  { title: 'text: the beginning of a word', where: isWord('bre', 'starts'), ids: 'bcd' },
  { title: 'text: several words in any order', where: and(isWord('work'), isWord('bread')), ids: 'b' },
  { title: 'text: either word', where: or(isWord('work'), isWord('breads')), ids: 'bc' },
  { title: 'text: all but those with a word', where: and(isWord('bre', 'starts'), not(isWord('work'))), ids: 'cd' },
  { title: 'text: within each record', where: not(not(isWord('bre', 'starts'))), ids: 'bcd' },
  { title: 'text: missing', where: missing('_content'), ids: 'ae' },
  {
    title: 'text: a word is no string',
    where: { op: 'string', param: '_content', how: 'starts', value: 'b' },
    ids: '',
  },
]

/** Texts that UTF-16 and UTF-8 order differently: the order is by code point. */
const WIDE: readonly SearchRecord[] = [
  record('g', 1, text('name', '\u{1F600}', '\u{1F600}')),
  record('h', 2, text('name', '\uFFFD', '\uFFFD')),
  record('i', 3, text('name', 'z', 'z')),
]

/** A number that JSON writes like an integer, though no integer of 64 bits has this value; and limits without an end. */
const LARGE = 151_173_807_404_618_200
const LARGE_NUMBERS: readonly SearchRecord[] = [
  record('j', 1, number('score', LARGE)),
  record('k', 2, number('score', -Number.MAX_VALUE, 0.1 + 0.2)),
  record('l', 3, number('score', 5e-324, Number.MAX_VALUE)),
]

/** Runs every case on an evaluator. */
export function searchContract(name: string, run: SearchRun): void {
  describe(`search contract: ${name}`, () => {
    for (const { title, where = ALL, sort = [], ids: expected } of CASES) {
      it(title, async () => {
        assert.equal((await run(RECORDS, { where, sort })).join(''), expected)
      })
    }
    for (const { title, where = ALL, sort = [], ids: expected } of RARER_CASES) {
      it(title, async () => {
        assert.equal((await run(RARER, { where, sort })).join(''), expected)
      })
    }
    it('sorted by code point, not by UTF-16 unit', async () => {
      const sort = [sorted('name', 'string')]
      assert.equal((await run(WIDE, { where: ALL, sort })).join(''), 'ihg')
    })
    it('numbers of every size are compared exactly', async () => {
      const found = async (where: Filter) => (await run(LARGE_NUMBERS, { where, sort: [] })).join('')
      // A negation is not read from an index: stores compare within each record.
      const within = (where: Filter) => found(not(not(where)))
      for (const test of [found, within]) {
        assert.equal(await test(isNumber('sa', LARGE - 32)), 'j')
        assert.equal(await test(isNumber('sa', LARGE)), '')
        assert.equal(await test(isNumber('eb', LARGE)), 'k')
        assert.equal(await test(isNumber('gt', 0.1 + 0.2)), 'jl')
        assert.equal(await test(isNumber('ge', LARGE)), 'jl')
        assert.equal(await test(isNumber('lt', 5e-324)), 'k')
        assert.equal(await test(isNumber('eq', -Infinity, Infinity)), 'jkl')
      }
      const sort = [sorted('score', 'number')]
      assert.equal((await run(LARGE_NUMBERS, { where: ALL, sort })).join(''), 'klj')
    })
  })
}
