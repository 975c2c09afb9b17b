/** Resources made to keep a validator busy: long texts for every primitive, thousands of items, deep nesting. */

export type Attack = { readonly name: string; readonly resource: Readonly<Record<string, unknown>> }

/** Texts that a careless expression reads again and again, each about `size` characters long. */
const TEXTS: Readonly<Record<string, (size: number) => string>> = {
  letters: (size) => 'a'.repeat(size),
  digits: (size) => '1'.repeat(size),
  spaces: (size) => ' '.repeat(size),
  'words and a tail of spaces': (size) => `${'a '.repeat(size / 2)}  `,
  accents: (size) => 'e\u0301'.repeat(size / 2),
  'pairs of surrogates': (size) => '😀'.repeat(size / 2),
  dots: (size) => '1.'.repeat(size / 2),
  hyphens: (size) => 'a-'.repeat(size / 2),
  slashes: (size) => 'a/'.repeat(size / 2),
  address: (size) => `http://${'a/'.repeat(size / 2)}`,
  oid: (size) => `urn:oid:1${'.2'.repeat(size / 2)}.`,
  uuid: (size) => `urn:uuid:${'a'.repeat(size)}`,
  base64: (size) => `${'AAAA'.repeat(size / 4)}!`,
  'base64 with spaces': (size) => `${'AAAA '.repeat(size / 5)}!`,
  colons: (size) => 'a:'.repeat(size / 2),
  dates: (size) => '2020-01-01'.repeat(size / 10),
  fraction: (size) => `2020-01-01T00:00:00.${'1'.repeat(size)}x`,
  'open tags': (size) => '<b>'.repeat(size / 3),
  'opening brackets': (size) => '<'.repeat(size),
  comments: (size) => '<!--'.repeat(size / 4),
  entities: (size) => '&amp;'.repeat(size / 5),
  lines: (size) => '\n'.repeat(size),
  percents: (size) => '%2'.repeat(size / 2),
  hashes: (size) => '#'.repeat(size),
  braces: (size) => '{'.repeat(size),
  parentheses: (size) => '('.repeat(size),
  query: (size) => `Patient?${'a=b&'.repeat(size / 4)}`,
}

const PRIMITIVES =
  'String Markdown Id Uri Url Canonical Oid Uuid Code Date DateTime Instant Time Base64Binary Decimal Integer Boolean'

const basic = (more: object) => ({ resourceType: 'Basic', code: { text: 'x' }, ...more })
const narrative = (div: string) => basic({ text: { status: 'generated', div } })
const system = 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus'
const coded = (coding: object) => ({ resourceType: 'Patient', maritalStatus: { coding: [coding] } })

/** Where a text is looked at, apart from the primitives as such. */
const PLACES: Readonly<Record<string, (text: string) => Attack['resource']>> = {
  'a narrative': (text) => narrative(text),
  'inside a narrative': (text) => narrative(`<div xmlns="http://www.w3.org/1999/xhtml">${text}</div>`),
  'a unit': (code) =>
    observation({ valueQuantity: { value: 1, unit: 'x', system: 'http://unitsofmeasure.org', code } }),
  'a required code': (gender) => ({ resourceType: 'Patient', gender }),
  'a language': (language) => ({ resourceType: 'Patient', language }),
  'a media type': (contentType) => ({ resourceType: 'Binary', contentType }),
  'a reference': (reference) => ({ resourceType: 'Patient', managingOrganization: { reference } }),
  'an id of a reference': (text) => ({
    resourceType: 'Patient',
    managingOrganization: { reference: `Organization/${text}` },
  }),
  'a profile': (profile) => ({ resourceType: 'Patient', meta: { profile: [profile] } }),
  'the url of an extension': (url) => ({ resourceType: 'Patient', extension: [{ url, valueString: 'x' }] }),
  'a type': (resourceType) => ({ resourceType }),
  'a property': (name) => ({ resourceType: 'Patient', [name]: 1 }),
  'a property below': (name) => ({ resourceType: 'Patient', name: [{ [name]: 1 }] }),
  'a coding': (text) => coded({ system: text, code: text, display: text }),
  'a coding of a known system': (text) => coded({ system, code: text, display: text }),
  'a fullUrl': (fullUrl) => ({
    resourceType: 'Bundle',
    type: 'collection',
    entry: [{ fullUrl, resource: { resourceType: 'Patient', id: 'a' } }],
  }),
  'a rule of a profile': (expression) => profile({ constraint: [rule(expression)] }),
  'a filter of a value set': (value) => ({
    resourceType: 'ValueSet',
    url: 'http://example.org/v',
    status: 'draft',
    compose: { include: [{ system, filter: [{ property: 'concept', op: 'regex', value }] }] },
  }),
  'an answer': (text) => ({
    resourceType: 'QuestionnaireResponse',
    questionnaire: text,
    status: 'completed',
    item: [{ linkId: text, answer: [{ valueString: text }] }],
  }),
}

function observation(more: object): Attack['resource'] {
  return { resourceType: 'Observation', status: 'final', code: { text: 'x' }, ...more }
}

const rule = (expression: string) => ({ key: 'x-1', severity: 'error', human: 'x', expression })

function profile(more: object, ...elements: readonly object[]): Attack['resource'] {
  return {
    resourceType: 'StructureDefinition',
    ...{ url: 'http://example.org/p', name: 'P', status: 'draft', kind: 'resource', abstract: false, type: 'Patient' },
    ...{ baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient', derivation: 'constraint' },
    differential: { element: [{ id: 'Patient', path: 'Patient', ...more }, ...elements] },
  }
}

const HL7 = 'http://hl7.org/fhir/StructureDefinition'
type Make = (index: number) => unknown

/** Lists of thousands of items. */
const LISTS: Readonly<Record<string, (many: (make: Make) => readonly unknown[]) => Attack['resource']>> = {
  names: (many) => ({ resourceType: 'Patient', name: many((i) => ({ family: `x${i}` })) }),
  'faulty names': (many) => ({ resourceType: 'Patient', name: many((i) => ({ familly: `x${i}`, given: 5 })) }),
  'faulty identifiers': (many) => ({
    resourceType: 'Patient',
    identifier: many(() => ({ use: 'nope', system: 'a b', value: 5 })),
  }),
  'unknown extensions': (many) =>
    basic({ extension: many((i) => ({ url: `http://example.org/${i}`, valueString: 'x' })) }),
  'known extensions': (many) => ({
    resourceType: 'Patient',
    extension: many(() => ({ url: `${HL7}/patient-birthPlace`, valueAddress: { city: 'x' } })),
  }),
  nulls: (many) => ({ resourceType: 'Patient', name: many(() => null) }),
  'values and what stands beside': (many) => ({
    resourceType: 'Patient',
    name: [{ given: many((i) => `a${i}`), _given: many(() => null) }],
  }),
  codings: (many) => ({
    resourceType: 'Patient',
    maritalStatus: { coding: many((i) => ({ system, code: `X${i}` })) },
  }),
  profiles: (many) => ({ resourceType: 'Patient', meta: { profile: many((i) => `http://example.org/p${i}`) } }),
  'contained resources': (many) => ({
    resourceType: 'Patient',
    contained: many((i) => ({ resourceType: 'Organization', id: `o${i}`, name: 'x' })),
    generalPractitioner: many((i) => ({ reference: `#o${i}` })),
  }),
  'contained resources that nothing refers to': (many) => ({
    resourceType: 'Patient',
    contained: many((i) => ({ resourceType: 'Organization', id: `o${i}`, name: 'x' })),
  }),
  answers: (many) => ({
    resourceType: 'QuestionnaireResponse',
    status: 'completed',
    item: many((i) => ({ linkId: `a${i}`, answer: [{ valueString: 'x' }] })),
  }),
  entries: (many) => ({ resourceType: 'Bundle', type: 'collection', entry: many(entry) }),
  'entries of a document': (many) => ({
    resourceType: 'Bundle',
    type: 'document',
    identifier: { system: 'urn:ietf:rfc:3986', value: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0' },
    timestamp: '2020-01-01T00:00:00Z',
    entry: [composition(many), ...many(entry)],
  }),
  concepts: (many) => ({
    resourceType: 'CodeSystem',
    ...{ url: 'http://example.org/c', status: 'active', content: 'complete' },
    concept: many((i) => ({ code: `c${i}`, display: 'x' })),
  }),
  questions: (many) => ({
    resourceType: 'Questionnaire',
    status: 'active',
    item: many((i) => ({ linkId: `c${i}`, type: 'string', text: 'x' })),
  }),
  parameters: (many) => ({ resourceType: 'Parameters', parameter: many(() => ({ name: 'x', valueString: 'y' })) }),
  slices: (many) =>
    profile({}, ...(many((i) => ({ id: `Patient.name:a${i}`, path: 'Patient.name', sliceName: `a${i}` })) as object[])),
  properties: (many) => ({
    resourceType: 'Patient',
    ...Object.fromEntries(many((i) => [`k${i}`, 1]) as [string, number][]),
  }),
  'slices of a profile': (many) =>
    observation({
      meta: { profile: [`${HL7}/bp`] },
      component: many((i) => ({ code: { coding: [{ system: 'http://loinc.org', code: `x${i}` }] } })),
    }),
  'links of a narrative': (many) =>
    narrative(`<div xmlns="http://www.w3.org/1999/xhtml">${many((i) => `<a href="#x${i}">x</a>`).join('')}</div>`),
}

const entry: Make = (i) => ({
  fullUrl: `http://example.org/Patient/p${i}`,
  resource: { resourceType: 'Patient', id: `p${i}` },
})

const composition = (many: (make: Make) => readonly unknown[]) => ({
  fullUrl: 'http://example.org/Composition/c',
  resource: {
    resourceType: 'Composition',
    ...{ id: 'c', status: 'final', type: { text: 'x' }, date: '2020', title: 'x' },
    author: [{ reference: 'Patient/p1' }],
    section: [{ title: 'x', entry: many((i) => ({ reference: `Patient/p${i}` })) }],
  },
})

/** Nested as deep as a body may be. */
function nested(depth: number): readonly Attack[] {
  const wrap = (inside: object, by: (inside: object) => object): object =>
    Array.from({ length: depth }).reduce<object>(by, inside)
  const extension = wrap({ url: 'http://example.org', valueString: 'x' }, (one) => ({ url: 'x', extension: [one] }))
  const item = wrap({ linkId: 'x' }, (one) => ({ linkId: 'y', item: [one] }))
  const fullUrl = 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0'
  const bundle = wrap({ resourceType: 'Patient' }, (resource) => ({
    ...{ resourceType: 'Bundle', type: 'collection' },
    entry: [{ fullUrl, resource }],
  }))
  return [
    { name: 'extensions in extensions', resource: basic({ extension: [extension] }) },
    { name: 'items in items', resource: { resourceType: 'QuestionnaireResponse', status: 'completed', item: [item] } },
    { name: 'Bundles in Bundles', resource: bundle as Attack['resource'] },
  ]
}

/** All of them: texts of `size` characters, lists of `count` items. */
export function* attacks(size: number, count: number): Generator<Attack> {
  for (const [kind, make] of Object.entries(TEXTS)) {
    const text = make(size)
    for (const type of PRIMITIVES.split(' ')) {
      const parameter = [{ name: 'x', [`value${type}`]: text }]
      yield { name: `${type} of ${kind}`, resource: { resourceType: 'Parameters', parameter } }
    }
    for (const [place, put] of Object.entries(PLACES)) yield { name: `${place} of ${kind}`, resource: put(text) }
  }
  const many = (make: Make): readonly unknown[] => Array.from({ length: count }, (_, index) => make(index))
  for (const [name, make] of Object.entries(LISTS)) yield { name: `${count} ${name}`, resource: make(many) }
  yield* nested(20)
}
