/** A code system: its codes and their hierarchy. https://hl7.org/fhir/R4/codesystem.html */
import type { CanonicalResource } from '../definitions/canonical-resource.ts'
import { WrittenNumber } from './written-number.ts'

/** Is a code in a code system or value set? `unknown`: a part of its definition is missing here. */
export type CodeMembership = 'in' | 'out' | 'unknown'

/** Another display of a code. https://hl7.org/fhir/R4/codesystem-definitions.html#CodeSystem.concept.designation */
export type Designation = { readonly language?: string; readonly use?: unknown; readonly value: string }

export type Concept = {
  readonly code: string
  readonly display?: string
  readonly definition?: string
  readonly designation?: readonly Designation[]
  readonly property: ReadonlyMap<string, readonly unknown[]>
  readonly parents: readonly string[]
}

export type CodeSystem = {
  readonly version?: string
  readonly name?: string
  /** https://hl7.org/fhir/R4/valueset-codesystem-content-mode.html; no coding uses a `supplement` as its system. */
  readonly content: string
  has(code: string): CodeMembership
  /** The concept of a code; without regard to case where the system is not case sensitive. */
  concept(code: string): Concept | undefined
  /** All concepts; none for a system that does not list them. */
  readonly concepts: Iterable<Concept>
  /** Is the code the ancestor itself or a descendant of it? */
  isA(code: string, ancestor: string): boolean
  /** The code with this English name, for a system without displays (languages, currencies, countries). */
  codeOfName?(name: string): string | undefined
}

type StatedConcept = {
  readonly code: string
  readonly display?: string
  readonly definition?: string
  readonly designation?: readonly Designation[]
  readonly property?: readonly { readonly code: string; readonly [value: string]: unknown }[]
  readonly concept?: readonly StatedConcept[]
}

type Supplement = ReadonlyMap<string, StatedConcept>

/** Properties that name a parent in which the concept is not nested. */
const PARENT_PROPERTIES = ['parent', 'subsumedBy']

/**
 * Reads a CodeSystem resource. Supplements add designations and properties to its concepts; they define no codes.
 * https://hl7.org/fhir/R4/codesystem.html#supplements
 */
export function readCodeSystem(
  resource: CanonicalResource,
  supplements: readonly CanonicalResource[] = [],
): CodeSystem {
  const normalize = resource.caseSensitive === false ? (code: string) => code.toLowerCase() : (code: string) => code
  const concepts = new Map<string, Concept>()
  const supplementConcepts = supplements.map((one): Supplement => conceptsByCode(one, normalize))
  const add = (list: readonly StatedConcept[] | undefined, parents: readonly string[]): void => {
    for (const one of list ?? []) {
      if (typeof one?.code !== 'string') continue
      const key = normalize(one.code)
      const statements = [one, ...supplementConcepts.flatMap((supplement) => supplement.get(key) ?? [])]
      const { code, display, definition } = one
      const property = propertiesOf(statements)
      const designation = statements.flatMap(designationsOf)
      const parentCodes = PARENT_PROPERTIES.flatMap((name) => (property.get(name) ?? []) as string[])
      const above = [...(concepts.get(key)?.parents ?? []), ...parents, ...parentCodes]
      concepts.set(key, { code, display, definition, designation, property, parents: above })
      add(one.concept, [code])
    }
  }
  // `supplements` makes it a supplement, whatever its `content` is.
  const content = typeof resource.supplements === 'string' ? 'supplement' : String(resource.content)
  // A supplement's concepts are those of another system.
  if (content !== 'supplement') add(resource.concept as readonly StatedConcept[] | undefined, [])
  const isComplete = content === 'complete'
  const find = (code: string): Concept | undefined => concepts.get(normalize(code))
  return {
    ...(typeof resource.version === 'string' ? { version: resource.version } : {}),
    ...(typeof resource.name === 'string' ? { name: resource.name } : {}),
    content,
    has: (code) => (concepts.has(normalize(code)) ? 'in' : isComplete ? 'out' : 'unknown'),
    concept: find,
    concepts: { [Symbol.iterator]: () => concepts.values() },
    isA: (code, ancestor) => isSubsumedBy(code, ancestor, find),
  }
}

type FindConcept = (code: string) => Concept | undefined

// Walks up from the code. With several parents, or more steps than a hierarchy has, each concept is visited once.
function isSubsumedBy(code: string, ancestor: string, find: FindConcept): boolean {
  const ancestorConcept = find(ancestor)
  let concept = ancestorConcept && find(code)
  for (let steps = 0; concept !== undefined; steps++) {
    if (concept === ancestorConcept) return true
    if (concept.parents.length > 1 || steps > MAX_STEPS)
      return isSubsumedByAnyParent(concept.code, ancestorConcept, find)
    concept = concept.parents[0] === undefined ? undefined : find(concept.parents[0])
  }
  return false
}

const MAX_STEPS = 100

function isSubsumedByAnyParent(code: string, ancestorConcept: Concept | undefined, find: FindConcept): boolean {
  const seen = new Set<Concept>()
  const waiting = [code]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const concept = find(at)
    if (concept === undefined || seen.has(concept)) continue
    if (concept === ancestorConcept) return true
    seen.add(concept)
    waiting.push(...concept.parents)
  }
  return false
}

function conceptsByCode(supplement: CanonicalResource, normalize: (code: string) => string): Supplement {
  const found = new Map<string, StatedConcept>()
  const walk = (list: readonly StatedConcept[] | undefined): void => {
    for (const one of list ?? []) {
      if (typeof one?.code !== 'string') continue
      found.set(normalize(one.code), one)
      walk(one.concept)
    }
  }
  walk(supplement.concept as readonly StatedConcept[] | undefined)
  return found
}

const designationsOf = ({ designation }: StatedConcept): readonly Designation[] => designation ?? []

function propertiesOf(statements: readonly StatedConcept[]): ReadonlyMap<string, readonly unknown[]> {
  const made = new Map<string, unknown[]>()
  for (const { code, ...rest } of statements.flatMap(({ property }) => property ?? [])) {
    const [key = '', value] = Object.entries(rest).find(([name]) => name.startsWith('value')) ?? []
    const number = typeof value === 'number' ? new WrittenNumber(rest, key, value) : undefined
    const plain =
      typeof value === 'object' && value !== null && 'code' in value ? (value as { code: unknown }).code : value
    made.set(code, [...(made.get(code) ?? []), number ?? plain])
  }
  return made
}

/** A code system defined by the syntax of its codes. */
export function syntaxCodeSystem(has: (code: string) => CodeMembership, named?: CodeSystem['codeOfName']): CodeSystem {
  return {
    ...(named ? { codeOfName: named } : {}),
    content: 'complete',
    has,
    concept: (code) => (has(code) === 'in' ? { code, property: new Map(), parents: [] } : undefined),
    concepts: [],
    isA: (code, ancestor) => code === ancestor,
  }
}
