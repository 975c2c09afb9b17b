/** Trims a definition to what validation reads, and short texts: no narrative, no mappings, no prose. */
import { elementsOf, pick, viewOf, type Definition, type JsonObject } from './definition.ts'

/** The trimmed definition; undefined for a resource type that the copy does not contain. */
export function trimmed(source: Definition): Definition | undefined {
  return TRIM[source.resourceType]?.(source)
}

const TRIM: Readonly<Record<string, (source: Definition) => Definition>> = {
  StructureDefinition: structure,
  CodeSystem: (source) => ({
    ...pick(source, [
      'resourceType',
      'url',
      'version',
      'name',
      'status',
      'caseSensitive',
      'hierarchyMeaning',
      'content',
      'supplements',
      'valueSet',
      'property',
    ]),
    concept: concepts(source.concept),
  }),
  ValueSet: (source) => ({
    ...pick(source, ['resourceType', 'url', 'version', 'name', 'status']),
    compose: compose(source.compose as JsonObject | undefined),
  }),
  CompartmentDefinition: (source) => ({
    ...pick(source, ['resourceType', 'url', 'version', 'name', 'status', 'code']),
    resource: (source.resource as readonly JsonObject[]).filter(({ param }) => param !== undefined),
  }),
}

function structure(source: Definition): Definition {
  const head = pick(source, [
    'resourceType',
    'url',
    'version',
    'name',
    'kind',
    'abstract',
    'type',
    'baseDefinition',
    'derivation',
    'context',
    'contextInvariant',
  ])
  return { ...head, [viewOf(source)]: { element: elementsOf(source).map(element) } }
}

const ELEMENT = [
  'path',
  'sliceName',
  'short',
  'min',
  'max',
  'contentReference',
  'slicing',
  'isModifier',
  'isSummary',
  'maxLength',
  'orderMeaning',
]

function element(source: JsonObject): JsonObject {
  const result = pick(source, ELEMENT)
  if (source.id !== source.path) result.id = source.id
  if (result.isModifier === false) delete result.isModifier
  if (result.isSummary === false) delete result.isSummary
  for (const name of Object.keys(source))
    if (/^(fixed|pattern|minValue|maxValue)[A-Z]/.test(name)) result[name] = source[name]
  if (source.type) result.type = (source.type as JsonObject[]).map(type)
  const binding = source.binding as JsonObject | undefined
  if (binding) result.binding = bindingOf(binding)
  // ele-1 applies to every element; the copy states it where R4 defines it, on Element.
  const constraints = (source.constraint as JsonObject[] | undefined)?.filter(
    (one) => result.path === 'Element' || one.key !== 'ele-1',
  )
  if (constraints?.length) result.constraint = constraints.map(constraint)
  return result
}

type BindingExtension = { readonly url: string; readonly valueUrl?: string }

const MAX_VALUE_SET = 'http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet'

function bindingOf(source: JsonObject): JsonObject {
  const maximum = ((source.extension ?? []) as BindingExtension[]).filter((one) => one.url === MAX_VALUE_SET)
  return { ...pick(source, ['strength', 'valueSet']), ...(maximum.length > 0 ? { extension: maximum } : {}) }
}

const FHIR_TYPE = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type'
const BEST_PRACTICE = 'http://hl7.org/fhir/StructureDefinition/elementdefinition-bestpractice'

// `http://hl7.org/fhirpath/System.String` is how R4 writes the type of an id or a value; the extension has its FHIR name.
function type(source: JsonObject): JsonObject {
  const extensions = (source.extension ?? []) as BindingExtension[]
  const fhirType = extensions.find((one) => one.url === FHIR_TYPE)?.valueUrl
  return {
    ...pick(source, ['code', 'profile', 'targetProfile', 'aggregation', 'versioning']),
    ...(fhirType ? { code: fhirType } : {}),
  }
}

function constraint(source: JsonObject): JsonObject {
  const result = pick(source, ['key', 'severity', 'human', 'expression'])
  const bestPractice = ((source.extension ?? []) as BindingExtension[]).find((one) => one.url === BEST_PRACTICE)
  return bestPractice ? { ...result, extension: [bestPractice] } : result
}

function concepts(source: unknown): JsonObject[] | undefined {
  return (source as JsonObject[] | undefined)?.map((one) => {
    const result = pick(one, ['code', 'display', 'property'])
    const children = concepts(one.concept)
    return children ? { ...result, concept: children } : result
  })
}

function compose(source: JsonObject | undefined): JsonObject | undefined {
  if (!source) return undefined
  const part = (one: JsonObject): JsonObject => {
    const codes = (one.concept as JsonObject[] | undefined)?.map((concept) => pick(concept, ['code', 'display']))
    return { ...pick(one, ['system', 'version', 'filter', 'valueSet']), ...(codes ? { concept: codes } : {}) }
  }
  const parts = (name: string) => (source[name] ? { [name]: (source[name] as JsonObject[]).map(part) } : {})
  return { ...pick(source, ['inactive']), ...parts('include'), ...parts('exclude') }
}
