/** What is kept of a definition: all that validation reads, and short texts; no narrative, no mappings, no prose. */

export type Source = {
  resourceType: string
  url: string
  name: string
  kind?: string
  derivation?: string
  abstract?: boolean
  [key: string]: unknown
}
type Bag = Record<string, unknown>

/** The trimmed definition; undefined for a kind of resource that is not kept. */
export function trimmed(source: Source): Source | undefined {
  return TRIM[source.resourceType]?.(source)
}

const TRIM: Record<string, (source: Source) => Source> = {
  StructureDefinition: structure,
  CodeSystem: (source) => ({
    ...pick(source, [
      'resourceType',
      'url',
      'version',
      'name',
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
    ...pick(source, ['resourceType', 'url', 'version', 'name']),
    compose: compose(source.compose as Bag | undefined),
  }),
}

// A constraint's snapshot can be made from its base; only a specialization's own is kept.
function structure(source: Source): Source {
  const kept = pick(source, [
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
  const part = source.derivation === 'constraint' ? 'differential' : 'snapshot'
  const elements = (source[part] as { element: Bag[] }).element.map(element)
  return { ...kept, [part]: { element: elements.map((one) => corrected(source.url, one)) } }
}

/**
 * R4 requires these units of whatever is measured beside a vital sign, such as a flow of oxygen in `L/min`, which is
 * none of them. HL7 took that back: its own tools read the binding as extensible.
 */
function corrected(url: string, element: Bag): Bag {
  if (!url.endsWith('/vitalsigns') || element.path !== 'Observation.component.value[x]') return element
  return { ...element, binding: { ...(element.binding as Bag), strength: 'extensible' } }
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
  'maxLength',
  'orderMeaning',
]

function element(source: Bag): Bag {
  const kept = pick(source, ELEMENT)
  if (source.id !== source.path) kept.id = source.id
  if (kept.isModifier === false) delete kept.isModifier
  for (const key of Object.keys(source))
    if (/^(fixed|pattern|minValue|maxValue)[A-Z]/.test(key)) kept[key] = source[key]
  if (source.type) kept.type = (source.type as Bag[]).map(type)
  const binding = source.binding as Bag | undefined
  if (binding) kept.binding = bindingOf(binding)
  const constraints = (source.constraint as Bag[] | undefined)?.filter(
    (one) => kept.path === 'Element' || one.key !== 'ele-1',
  )
  if (constraints?.length) kept.constraint = constraints.map(constraint)
  return kept
}

const MOST = 'http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet'

function bindingOf(source: Bag): Bag {
  const most = ((source.extension ?? []) as { url: string }[]).filter((one) => one.url === MOST)
  return { ...pick(source, ['strength', 'valueSet']), ...(most.length > 0 ? { extension: most } : {}) }
}

const FHIR_TYPE = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type'
const BEST_PRACTICE = 'http://hl7.org/fhir/StructureDefinition/elementdefinition-bestpractice'

// `http://hl7.org/fhirpath/System.String` is how R4 writes the type of an id or a value; the extension has its FHIR name.
function type(source: Bag): Bag {
  const extensions = (source.extension ?? []) as { url: string; valueUrl?: string }[]
  const named = extensions.find((one) => one.url === FHIR_TYPE)?.valueUrl
  return {
    ...pick(source, ['code', 'profile', 'targetProfile', 'aggregation', 'versioning']),
    ...(named ? { code: named } : {}),
  }
}

/**
 * Two rules of Questionnaire that R5 put right: no answer `is Boolean`, which is a type of FHIRPath, and two are "more
 * than one". https://hl7.org/fhir/R5/questionnaire-definitions.html
 */
const CORRECTED: Readonly<Record<string, string>> = {
  "operator = 'exists' implies (answer is Boolean)": "operator = 'exists' implies (answer is boolean)",
  'enableWhen.count() > 2 implies enableBehavior.exists()': 'enableWhen.count() > 1 implies enableBehavior.exists()',
}

function constraint(source: Bag): Bag {
  const kept = pick(source, ['key', 'severity', 'human', 'expression'])
  kept.expression = CORRECTED[String(kept.expression)] ?? kept.expression
  const best = ((source.extension ?? []) as { url: string }[]).find((one) => one.url === BEST_PRACTICE)
  return best ? { ...kept, extension: [best] } : kept
}

function concepts(source: unknown): Bag[] | undefined {
  return (source as Bag[] | undefined)?.map((one) => {
    const kept = pick(one, ['code', 'display', 'property'])
    const children = concepts(one.concept)
    return children ? { ...kept, concept: children } : kept
  })
}

function compose(source: Bag | undefined): Bag | undefined {
  if (!source) return undefined
  const part = (one: Bag): Bag => {
    const codes = (one.concept as Bag[] | undefined)?.map((concept) => pick(concept, ['code', 'display']))
    return { ...pick(one, ['system', 'version', 'filter', 'valueSet']), ...(codes ? { concept: codes } : {}) }
  }
  const parts = (name: string) => (source[name] ? { [name]: (source[name] as Bag[]).map(part) } : {})
  return { ...pick(source, ['inactive']), ...parts('include'), ...parts('exclude') }
}

function pick<T extends Bag>(source: T, keys: readonly string[]): T {
  const kept: Bag = {}
  for (const key of keys) if (source[key] !== undefined) kept[key] = source[key]
  return kept as T
}
