/** Definitions as the board posts them. */
export const P = 'https://board.example/fhir'
/** A definition as a test posts it. */
export type PostedDefinition = { readonly resourceType: string; readonly id: string }

export const address = (type: string, id: string): string => `${P}/${type}/${id}`

type More = Readonly<Record<string, unknown>>

const head = (type: string, id: string, more: More) => ({
  resourceType: type,
  id,
  url: address(type, id),
  version: '1',
  name: id.replaceAll('-', '_').replace(/^[a-z]/, (first) => first.toUpperCase()),
  status: 'active',
  ...more,
})

/** A profile on a type, or on `more.baseDefinition`. */
export const profileOf = (id: string, type: string, element: readonly More[], more: More = {}) =>
  head('StructureDefinition', id, {
    kind: 'resource',
    abstract: false,
    type,
    baseDefinition: `http://hl7.org/fhir/StructureDefinition/${type}`,
    derivation: 'constraint',
    differential: {
      element: element.map((one) => ({ path: String(one.id).replace(/:[^.]*/g, ''), ...one })),
    },
    ...more,
  })

export const codeSystem = (id: string, codes: readonly string[], more: More = {}) =>
  head('CodeSystem', id, {
    content: 'complete',
    caseSensitive: true,
    concept: codes.map((code) => ({ code, display: code.toUpperCase() })),
    ...more,
  })

export const valueSet = (id: string, include: readonly More[], more: More = {}) =>
  head('ValueSet', id, { compose: { include }, ...more })

/** All codes of a posted code system. */
export const allOf = (id: string, systemId = id) => valueSet(id, [{ system: address('CodeSystem', systemId) }])

export const conceptMap = (id: string, more: More = {}) => head('ConceptMap', id, more)

export const questionnaire = (id: string, item: readonly More[], more: More = {}) =>
  head('Questionnaire', id, { title: id, subjectType: ['Patient'], item, ...more })

/** A token over `Patient.active`, in use when its records are indexed. */
export const searchParameter = (id: string, more: More = {}) =>
  head('SearchParameter', id, {
    description: 'A parameter of the board.',
    code: id,
    base: ['Patient'],
    type: 'token',
    expression: 'Patient.active',
    ...more,
  })

/** A transaction that puts each of them. */
export const together = (...resources: readonly { readonly resourceType: string; readonly id?: unknown }[]) => ({
  resourceType: 'Bundle',
  type: 'transaction',
  entry: resources.map((resource) => ({
    resource,
    request: { method: 'PUT', url: `${resource.resourceType}/${String(resource.id)}` },
  })),
})
