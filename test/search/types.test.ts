/** What each parameter type reads from a value of a resource and from a searched value. https://hl7.org/fhir/R4/search.html#ptypes */
import assert from 'node:assert/strict'
import type { SearchParameter } from '../../server/definitions/definitions.ts'
import { EARLIEST, LATEST } from '../../server/fhir/dates.ts'
import { OutcomeError } from '../../server/fhir/outcome.ts'
import { match } from '../../server/search/match.ts'
import type { Filter } from '../../server/search/query.ts'
import { SEARCH_TYPES, sortKeyOf } from '../../server/search/types/index.ts'
import type { SearchTypeName } from '../../server/search/types/index.ts'
import { normalise } from '../../server/search/types/string.ts'
import { BASE, NOW, parameter, CONTEXT } from './capability.ts'

const searchParameter = (type: SearchTypeName, target: readonly string[] = []): SearchParameter =>
  parameter({ code: 'p', type: type === 'text' ? 'string' : type, expression: 'X.p', target })
const filter = (type: SearchTypeName, text: string, modifier?: string, target?: readonly string[]) =>
  SEARCH_TYPES[type].filter(searchParameter(type, target), modifier, text, { ...CONTEXT, now: NOW })
const entries = (type: SearchTypeName, value: unknown) =>
  SEARCH_TYPES[type].entries(value, searchParameter(type), CONTEXT)
const at = (text: string): number => Date.parse(text)

function refuses(text: RegExp, act: () => unknown): void {
  assert.throws(act, (error) => {
    assert.ok(error instanceof OutcomeError)
    assert.equal(error.issues[0]?.detail, 'invalid-parameter')
    assert.match(error.message, text)
    return true
  })
}

describe('search / token / entries', () => {
  const token = (code: string, system?: string) => ({
    ...{ kind: 'token', param: 'p', ...(system ? { system } : {}), code },
    ignoreCase: true,
  })
  const text = (value: string) => ({ kind: 'string', param: 'p', value, exact: '', part: true })
  const ofType = (code: string) => ({ ...token(code, 'urn:v2'), param: 'p:of-type' })
  const TYPED = { system: 'urn:s', value: '7', type: { coding: [{ system: 'urn:v2', code: 'MR' }], text: 'Record' } }
  const cases: readonly [title: string, value: unknown, expected: object[]][] = [
    ['a code', 'active', [token('active')]],
    ['a boolean', false, [token('false')]],
    ['a Coding', { system: 'urn:s', code: 'a', display: 'A' }, [token('a', 'urn:s'), text('a')]],
    ['a Coding without a system', { code: 'a' }, [token('a')]],
    ['a Coding without a code, of its system', { system: 'urn:s' }, [token('', 'urn:s')]],
    ['a contact without a value', { system: 'phone' }, []],
    ['a code in lower case', 'Active', [token('active')]],
    ['an Identifier in lower case', { system: 'urn:s', value: 'VA-7' }, [token('va-7', 'urn:s')]],
    [
      'a CodeableConcept',
      { coding: [{ system: 'urn:s', code: 'a' }, { code: 'b' }], text: 'x' },
      [token('a', 'urn:s'), token('b'), text('x')],
    ],
    ['a CodeableConcept of text alone', { text: 'X y' }, [text('x y')]],
    ['an Identifier with its type', TYPED, [token('7', 'urn:s'), ofType('mr|7'), text('record')]],
    ['an Identifier', { use: 'usual', system: 'urn:s', value: '7' }, [token('7', 'urn:s')]],
    ['an Identifier without a system', { value: '7' }, [token('7')]],
    ['a ContactPoint', { system: 'phone', value: '662-555-0101', use: 'home' }, [token('662-555-0101')]],
    ['a null', null, []],
    ['a list with a null in it', { coding: [null] }, []],
  ]
  for (const [title, value, expected] of cases)
    it(`reads ${title}`, () => assert.deepEqual(entries('token', value), expected))
})

describe('search / token / case', () => {
  const codes = { isCaseSensitive: (system: string) => system === 'urn:exact', impliedSystem: () => 'urn:exact' }
  const read = (value: unknown) => SEARCH_TYPES.token.entries(value, searchParameter('token'), { ...CONTEXT, codes })

  it('counts in a system that says so, and in a code whose element implies one', () => {
    const expected = [{ kind: 'token', param: 'p', system: 'urn:exact', code: 'Ab' }]
    assert.deepEqual(read({ system: 'urn:exact', code: 'Ab' }), expected)
    assert.deepEqual(read('Ab'), expected)
  })

  it('does not count in any other', () => {
    const expected = [{ kind: 'token', param: 'p', system: 'urn:other', code: 'ab', ignoreCase: true }]
    assert.deepEqual(read({ system: 'urn:other', code: 'Ab' }), expected)
  })
})

describe('search / token / filter', () => {
  const cases: readonly [text: string, expected: object][] = [
    ['a', { op: 'token', param: 'p', code: 'a' }],
    ['urn:s|a', { op: 'token', param: 'p', system: 'urn:s', code: 'a' }],
    ['|a', { op: 'token', param: 'p', system: '', code: 'a' }],
    ['urn:s|', { op: 'token', param: 'p', system: 'urn:s' }],
    ['phone|662-555-0101', { op: 'token', param: 'p', code: '662-555-0101' }],
    ['a\\|b', { op: 'token', param: 'p', code: 'a|b' }],
    ['urn:s|a\\,b\\$c\\\\d', { op: 'token', param: 'p', system: 'urn:s', code: 'a,b$c\\d' }],
  ]
  for (const [text, expected] of cases) it(`reads \`${text}\``, () => assert.deepEqual(filter('token', text), expected))

  it('refuses a bar alone', () => refuses(/names no code/, () => filter('token', '|')))
  it('refuses a kind of contact without its value', () => refuses(/without its value/, () => filter('token', 'email|')))
  it('refuses two bars', () => refuses(/more than one `\|`/, () => filter('token', 'a|b|c')))
})

describe('search / token / modifiers', () => {
  const codeSets = {
    valueSet: (url: string) => (url === 'urn:set' ? [{ system: 'urn:s', code: 'A' }] : `there is no \`${url}\``),
    related: (system: string, code: string, direction: string) => [{ system, code: `${code} ${direction}` }],
  }
  const modified = (modifier: string, value: string) =>
    SEARCH_TYPES.token.filter(searchParameter('token'), modifier, value, { ...CONTEXT, now: NOW, codeSets })
  const meets = (value: unknown, where: Filter): boolean =>
    match(where, { id: 'x', at: NOW, entries: entries('token', value) })

  it(':in and :not-in take the codes of a value set, each in its system', () => {
    for (const modifier of ['in', 'not-in']) {
      const where = modified(modifier, 'urn:set')
      assert.ok(
        meets(
          {
            coding: [
              { system: 'urn:x', code: 'a' },
              { system: 'urn:s', code: 'a' },
            ],
          },
          where,
        ),
      )
      assert.equal(meets({ system: 'urn:x', code: 'a' }, where), false)
      assert.equal(meets({ code: 'a' }, where), false)
      refuses(/`urn:none` of `p:(not-)?in` cannot be used: there is no/, () => modified(modifier, 'urn:none'))
    }
  })

  it(':above and :below take a code of a system', () => {
    assert.deepEqual(modified('below', 'urn:s|a'), {
      ...{ op: 'token', param: 'p', codes: [{ system: 'urn:s', code: 'a below' }] },
    })
    for (const value of ['a', '|a', 'urn:s|', 'urn:s|a|b'])
      refuses(/is not `system\|code`/, () => modified('above', value))
  })

  it(':text finds part of the texts beside a code', () => {
    const value = { coding: [{ code: 'x', display: 'Mild Headache' }], text: "Kopfschmerz, o'clock" }
    for (const part of ['headache', 'MILD HEAD', 'kopf', "O'Clock", 'oclock'])
      assert.ok(meets(value, modified('text', part)), part)
    assert.equal(meets(value, modified('text', 'x')), false)
    refuses(/no letter or digit/, () => modified('text', '...'))
  })

  it(':of-type takes the type of an identifier and its value', () => {
    const value = { value: 'AB-1', type: { coding: [{ system: 'urn:v2', code: 'MR' }] } }
    assert.ok(meets(value, modified('of-type', 'urn:v2|MR|ab-1')))
    for (const other of ['urn:v2|MR|ab', 'urn:v2|SS|AB-1', 'urn:x|MR|AB-1'])
      assert.equal(meets(value, modified('of-type', other)), false)
    for (const short of ['MR|1', 'urn:v2|MR|', '|MR|1', 'a|b|c|d'])
      refuses(/is not `system\|code\|value`/, () => modified('of-type', short))
  })
})

describe('search / string', () => {
  it('reads every part of a name', () => {
    const name = { use: 'official', family: 'Présley', given: ['Elvis', 'A'], text: 'Elvis  Presley' }
    assert.deepEqual(entries('string', name), [
      { kind: 'string', param: 'p', value: 'elvis presley', exact: 'Elvis  Presley' },
      { kind: 'string', param: 'p', value: 'presley', exact: 'Présley' },
      { kind: 'string', param: 'p', value: 'elvis', exact: 'Elvis' },
      { kind: 'string', param: 'p', value: 'a', exact: 'A' },
    ])
  })

  it('reads every part of an address', () => {
    const address = { use: 'home', type: 'both', line: ['1 Road'], city: 'Tupelo', state: 'MS', postalCode: '38801' }
    const values = entries('string', address).map((entry) => entry.kind === 'string' && entry.value)
    assert.deepEqual(values, ['1 road', 'tupelo', 'ms', '38801'])
  })

  it('searches for the beginning, a part, or the exact text', () => {
    assert.deepEqual(filter('string', 'Mü'), { op: 'string', param: 'p', how: 'starts', value: 'mu' })
    assert.deepEqual(filter('string', 'Mü', 'contains'), { op: 'string', param: 'p', how: 'contains', value: 'mu' })
    assert.deepEqual(filter('string', 'Mü\\, x', 'exact'), { op: 'string', param: 'p', how: 'exact', value: 'Mü, x' })
  })

  it('refuses what has nothing to search for', () => {
    refuses(/has no letter or digit/, () => filter('string', ' '))
    refuses(/has no letter or digit/, () => filter('string', '\u0301'))
    refuses(/has no letter or digit/, () => filter('string', '.', 'contains'))
  })

  const finds = (value: unknown, text: string, modifier?: string, expression = 'Patient.name'): boolean => {
    const searched = parameter({ code: 'p', type: 'string', expression })
    const entries = SEARCH_TYPES.string.entries(value, searched, CONTEXT)
    const where = SEARCH_TYPES.string.filter(searched, modifier, text, { ...CONTEXT, now: NOW })
    return match(where, { id: 'x', at: NOW, entries })
  }
  const found: readonly [family: string, texts: readonly string[]][] = [
    ["O'Brien", ['obrien', "o'brien", 'O Brien', 'O’Brien', 'brien', 'OBRI']],
    ['OBrien', ["O'Brien", 'obrien']],
    ['Straße', ['strasse', 'STRASSE', 'Straße', 'straß', 'stras']],
    ['Smith-Jones', ['smith-jones', 'smith jones', 'smithjones', 'jones', 'Smith']],
    ['Smith Jones', ['Smith-Jones', 'jon']],
    ['van der Berg', ['van der', 'der berg', 'berg', 'VAN']],
    ['García  Márquez', ['garcia marquez', 'marquez', 'Márq']],
    ['Łukasz Ørsted Æther', ['lukasz', 'orsted', 'aether']],
    ['d\u2019Angelo', ["D'Angelo", 'dangelo', 'angelo']],
    ['St. John', ['st john', 'st. john', 'john']],
  ]
  for (const [family, texts] of found) {
    it(`finds ${family} by ${texts.join(', ')}`, () => {
      for (const text of texts) assert.ok(finds({ family }, text), text)
      for (const text of texts) assert.ok(finds(family, text, undefined, 'Patient.name.family'), text)
    })
  }

  it('finds a name by no part inside a word, and no other text by a later word', () => {
    assert.equal(finds({ family: "O'Brien" }, 'rien'), false)
    assert.equal(finds({ family: 'An Nguyen' }, 'ann'), false)
    assert.equal(finds('Food and Shelter', 'shelter', undefined, 'Organization.name'), false)
    assert.equal(finds('Food and Shelter', 'shelter', 'contains', 'Organization.name'), true)
  })

  it('compares an exact text with its punctuation, and as a whole', () => {
    assert.equal(finds({ family: "O'Brien" }, "O'Brien", 'exact'), true)
    for (const text of ["o'brien", 'OBrien', 'Brien', 'brien'])
      assert.equal(finds({ family: "O'Brien" }, text, 'exact'), false)
    assert.equal(finds({ family: '?' }, '?', 'exact'), false)
  })

  it('takes no more than a dozen words of a name apart', () => {
    assert.ok(entries('string', { family: 'a-'.repeat(5000) }).length < 40)
  })

  it('sorts by the whole text alone', () => {
    const keys = entries('string', { family: 'Zu Berg' }).map((entry) => sortKeyOf('string', entry))
    assert.deepEqual(keys, ['zu berg', undefined])
  })

  it('takes away accents, case and surplus space', () => {
    assert.equal(normalise('  ÀÉÎõü\u00a0\n Ñandú '), 'aeiou nandu')
    assert.equal(normalise('ﬁ Ⅷ İstanbul'), 'fi viii istanbul')
    assert.equal(normalise('Straße'), 'strasse')
    assert.equal(normalise('ΌΔΟΣ ς'), 'οδοσ σ')
  })
})

describe('search / uri', () => {
  it('reads an address, and a canonical without its version too', () => {
    assert.deepEqual(entries('uri', 'http://a.example/x'), [{ kind: 'uri', param: 'p', value: 'http://a.example/x' }])
    assert.deepEqual(entries('uri', 'http://a.example/x|1').length, 2)
  })

  it('searches for the whole of it', () => {
    assert.deepEqual(filter('uri', 'urn:a\\,b'), { op: 'uri', param: 'p', value: 'urn:a,b' })
  })

  it('finds a definition by its url with its version', () => {
    const url = parameter({ code: 'url', type: 'uri', expression: 'ValueSet.url' })
    const resource = { resourceType: 'ValueSet', url: 'http://a.example/v', version: '2' }
    const values = SEARCH_TYPES.uri.entries(resource.url, url, CONTEXT, resource).map((one) => one.value)
    assert.deepEqual(values, ['http://a.example/v|2', 'http://a.example/v'])
    assert.equal(SEARCH_TYPES.uri.entries('urn:other', url, CONTEXT, resource).length, 1)
  })

  const meets = (value: string, text: string, modifier: string): boolean =>
    match(filter('uri', text, modifier), { id: 'x', at: NOW, entries: entries('uri', value) })

  it('finds by :below what is in a folder, and a version by its beginning', () => {
    for (const value of ['http://a.example/fhir', 'http://a.example/fhir/', 'http://a.example/fhir/x/y']) {
      assert.ok(meets(value, 'http://a.example/fhir', 'below'), value)
      assert.ok(meets(value, 'http://a.example/fhir/', 'below'), value)
    }
    assert.equal(meets('http://a.example/fhirx', 'http://a.example/fhir', 'below'), false)
    assert.ok(meets('http://a.example/p|1.2.3', 'http://a.example/p|1.2', 'below'))
    assert.ok(meets('http://a.example/p|1.2', 'http://a.example/p|1.2', 'below'))
    assert.equal(meets('http://a.example/p|1.20', 'http://a.example/p|1.2', 'below'), false)
  })

  it('finds by :above the folders of an address', () => {
    const address = 'http://a.example/fhir/ValueSet/1'
    for (const value of [
      address,
      'http://a.example/fhir',
      'http://a.example/fhir/',
      'http://a.example',
      'http://a.example/',
    ])
      assert.ok(meets(value, address, 'above'), value)
    for (const value of [`${address}/2`, 'http://a.example/fh', 'http://'])
      assert.equal(meets(value, address, 'above'), false, value)
  })

  it('refuses to look above or below a URN', () => {
    for (const modifier of ['above', 'below'])
      refuses(/only addresses are above or below/, () => filter('uri', 'urn:oid:1.2', modifier))
    refuses(/at most `50` segments/, () => filter('uri', `http://a.example${'/x'.repeat(60)}`, 'above'))
  })
})

describe('search / reference / entries', () => {
  const local = (type: string, id: string) => ({ kind: 'reference', param: 'p', type, id })
  const cases: readonly [title: string, value: unknown, expected: object[]][] = [
    ['a relative reference', { reference: 'Patient/1', display: 'x' }, [local('Patient', '1')]],
    ['a reference to a version', { reference: 'Patient/1/_history/2' }, [local('Patient', '1')]],
    ['an address of this hub', { reference: `${BASE}/Patient/1` }, [local('Patient', '1')]],
    [
      'an address elsewhere',
      { reference: 'http://o.example/Patient/1' },
      [{ kind: 'uri', param: 'p', value: 'http://o.example/Patient/1' }],
    ],
    [
      'a canonical',
      'http://o.example/Q|1',
      [
        { kind: 'uri', param: 'p', value: 'http://o.example/Q|1' },
        { kind: 'uri', param: 'p', value: 'http://o.example/Q' },
      ],
    ],
    ['a contained reference', { reference: '#x' }, [{ kind: 'uri', param: 'p', value: '#x' }]],
    [
      'a logical reference',
      { identifier: { system: 'urn:s', value: 'X' } },
      [{ kind: 'token', param: 'p', system: 'urn:s', code: 'x', ignoreCase: true }],
    ],
    ['a display alone', { display: 'x' }, []],
  ]
  for (const [title, value, expected] of cases)
    it(`reads ${title}`, () => assert.deepEqual(entries('reference', value), expected))
})

describe('search / reference / filter', () => {
  const both = ['Group', 'Patient']

  it('takes an id alone as of any type, or of the only one there is', () => {
    assert.deepEqual(filter('reference', '1', undefined, both), { op: 'reference', param: 'p', id: '1' })
    assert.deepEqual(filter('reference', '1', undefined, ['Patient']), {
      op: 'reference',
      param: 'p',
      id: '1',
      type: 'Patient',
    })
    assert.deepEqual(filter('reference', '1', 'Group', both), { op: 'reference', param: 'p', id: '1', type: 'Group' })
  })

  it('takes a type and an id, relative or whole', () => {
    const expected = { op: 'reference', param: 'p', id: '1', type: 'Patient' }
    assert.deepEqual(filter('reference', 'Patient/1', undefined, both), expected)
    assert.deepEqual(filter('reference', `${BASE}/Patient/1`, undefined, both), expected)
    assert.deepEqual(filter('reference', 'Patient/1', 'Patient', both), expected)
  })

  it('takes an address elsewhere and a canonical', () => {
    assert.deepEqual(filter('reference', 'http://o.example/Q|1'), {
      op: 'uri',
      param: 'p',
      value: 'http://o.example/Q|1',
    })
  })

  it('refuses what can never match, with the reason', () => {
    refuses(/is of type `Patient`, the modifier names `Group`/, () => filter('reference', 'Patient/1', 'Group', both))
    refuses(/refers to `Group`, `Patient`/, () => filter('reference', 'Location/1', undefined, both))
    refuses(/names a version; search for `Patient\/1`/, () => filter('reference', 'Patient/1/_history/2'))
    refuses(/is not a reference/, () => filter('reference', 'a b'))
    refuses(/is not a reference/, () => filter('reference', '#x'))
  })
})

describe('search / reference / modifiers', () => {
  it('takes the identifier of a logical reference', () => {
    const where = filter('reference', 'urn:s|X', 'identifier', ['Patient'])
    assert.deepEqual(where, { op: 'token', param: 'p', system: 'urn:s', code: 'X' })
    const value = { identifier: { system: 'urn:s', value: 'x' } }
    assert.ok(match(where, { id: 'x', at: NOW, entries: entries('reference', value) }))
  })
})

describe('search / date / entries', () => {
  const day = (start: string, end: string) => [{ kind: 'date', param: 'p', start: at(start), end: at(end) }]
  const cases: readonly [title: string, value: unknown, expected: object[]][] = [
    ['a date in the zone of the hub', '2026-01-15', day('2026-01-15T06:00Z', '2026-01-16T06:00Z')],
    ['an instant', '2026-01-15T10:00:00Z', day('2026-01-15T10:00:00Z', '2026-01-15T10:00:01Z')],
    [
      'a Period to the end of its last day',
      { start: '2026-01-15', end: '2026-01-31' },
      day('2026-01-15T06:00Z', '2026-02-01T06:00Z'),
    ],
    [
      'a Period without an end',
      { start: '2026-01-15' },
      [{ kind: 'date', param: 'p', start: at('2026-01-15T06:00Z'), end: LATEST }],
    ],
    [
      'a Period without a start',
      { end: '2026-01-15' },
      [{ kind: 'date', param: 'p', start: EARLIEST, end: at('2026-01-16T06:00Z') }],
    ],
    [
      'a Timing by its outer limits',
      { event: ['2026-01-20', '2026-01-15'] },
      day('2026-01-15T06:00Z', '2026-01-21T06:00Z'),
    ],
    [
      'a Timing with bounds',
      { repeat: { boundsPeriod: { start: '2026-01-15', end: '2026-01-15' } } },
      day('2026-01-15T06:00Z', '2026-01-16T06:00Z'),
    ],
    ['a Timing without limits', { code: { text: 'daily' } }, []],
    ['a text', 'last week', []],
    ['an age', { value: 40, unit: 'a' }, []],
    ['a Period with an unreal limit', { start: '2026-02-30' }, []],
  ]
  for (const [title, value, expected] of cases)
    it(`reads ${title}`, () => assert.deepEqual(entries('date', value), expected))
})

describe('search / date / filter', () => {
  const day = { start: at('2026-01-15T06:00Z'), end: at('2026-01-16T06:00Z') }
  for (const prefix of ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb']) {
    it(`reads the prefix ${prefix}`, () =>
      assert.deepEqual(filter('date', `${prefix}2026-01-15`), { op: 'date', param: 'p', prefix, ...day }))
  }

  it('means eq without a prefix', () => {
    assert.deepEqual(filter('date', '2026-01-15'), { op: 'date', param: 'p', prefix: 'eq', ...day })
  })

  it('widens ap by a tenth of the distance from now', () => {
    const more = Math.round((NOW - day.end) / 10)
    assert.deepEqual(filter('date', 'ap2026-01-15'), {
      op: 'date',
      param: 'p',
      prefix: 'ap',
      start: day.start - more,
      end: day.end + more,
    })
  })

  it('does not widen ap around now', () => {
    assert.deepEqual(filter('date', 'ap2026'), {
      op: 'date',
      param: 'p',
      prefix: 'ap',
      start: at('2026-01-01T06:00Z'),
      end: at('2027-01-01T06:00Z'),
    })
  })

  it('forgives a plus sign that became a space', () => {
    assert.deepEqual(filter('date', '2026-01-15T10:00:00 05:30'), filter('date', '2026-01-15T10:00:00+05:30'))
  })

  for (const text of ['', 'ge', 'xx2026', '2026-02-30', 'ge 2026', 'yesterday']) {
    it(`refuses \`${text}\``, () => refuses(/is not a date; write `2026`/, () => filter('date', text)))
  }
})

describe('search / number / entries', () => {
  const range = (low: number, high = low) => [{ kind: 'number', param: 'p', low, high }]
  const cases: readonly [title: string, value: unknown, expected: object[]][] = [
    ['an integer', 7, range(7)],
    ['a decimal', -0.25, range(-0.25)],
    ['zero without a sign', -0, range(0)],
    ['a Range', { low: { value: 20, unit: '%' }, high: { value: 40, unit: '%' } }, range(20, 40)],
    ['a Range without an upper limit', { low: { value: 20 } }, range(20, Number.MAX_VALUE)],
    ['a Range without a lower limit', { high: { value: 40 } }, range(-Number.MAX_VALUE, 40)],
    ['a Range without limits', { extension: [] }, []],
    ['a Range upside down', { low: { value: 2 }, high: { value: 1 } }, []],
    ['a Range of texts', { low: { value: 'a' } }, []],
    ['a text', '7', []],
    ['a null', null, []],
  ]
  for (const [title, value, expected] of cases)
    it(`reads ${title}`, () => assert.deepEqual(entries('number', value), expected))
})

/** https://hl7.org/fhir/R4/search.html#number */
describe('search / number / filter', () => {
  const searched = (prefix: string, low: number, high = low) => ({ op: 'number', param: 'p', prefix, low, high })
  const cases: readonly [text: string, expected: object][] = [
    ['100', searched('eq', 99.5, 100.5)],
    ['100.00', searched('eq', 99.995, 100.005)],
    ['1.00e2', searched('eq', 99.5, 100.5)],
    ['0.8', searched('eq', 0.75, 0.85)],
    ['8e-1', searched('eq', 0.75, 0.85)],
    ['8E-1', searched('eq', 0.75, 0.85)],
    ['1e2', searched('eq', 50, 150)],
    ['-2', searched('eq', -2.5, -1.5)],
    ['0', searched('eq', -0.5, 0.5)],
    ['eq007', searched('eq', 6.5, 7.5)],
    ['ne100', searched('ne', 99.5, 100.5)],
    ['lt100', searched('lt', 100)],
    ['le100', searched('le', 100)],
    ['gt100', searched('gt', 100)],
    ['ge100.0', searched('ge', 100)],
    ['gt8e-1', searched('gt', 0.8)],
    ['sa-0', searched('sa', 0)],
    ['eb1.5', searched('eb', 1.5)],
    ['ap100', searched('ap', 90, 110)],
    ['ap-100', searched('ap', -110, -90)],
    ['ap1', searched('ap', 0.5, 1.5)],
  ]
  for (const [text, expected] of cases)
    it(`reads \`${text}\``, () => assert.deepEqual(filter('number', text), expected))

  for (const text of ['', 'gt', 'x', '1,5', '.5', '5.', '+1', '0x10', 'Infinity', 'NaN', '1e999', 'ge 1', '1|2']) {
    it(`refuses \`${text}\``, () => refuses(/is not a number; write `100`/, () => filter('number', text)))
  }
})
