/** A code system: which codes it has and how they stand to each other. https://hl7.org/fhir/R4/codesystem.html */
import type { Canonical } from '../definitions/definitions.ts'
import { WrittenNumber } from './written-number.ts'

/** `unknown`: the system is not at hand, or not whole, so nobody here can tell. */
export type Verdict = 'in' | 'out' | 'unknown'

/** Another way to say a code. https://hl7.org/fhir/R4/codesystem-definitions.html#CodeSystem.concept.designation */
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
  /** `supplement`: it adds to another system, and is itself no system of any coding. */
  readonly content: string
  has(code: string): Verdict
  /** The concept of a code, in the case that the system writes it. */
  concept(code: string): Concept | undefined
  /** All concepts, when they are listed. */
  readonly concepts: Iterable<Concept>
  /** Is the code the other one or below it? */
  isA(code: string, ancestor: string): boolean
  /** The code that goes by this name, of a system whose displays are not at hand but whose names are known. */
  named?(name: string): string | undefined
}

type Stated = {
  readonly code: string
  readonly display?: string
  readonly definition?: string
  readonly designation?: readonly Designation[]
  readonly property?: readonly { readonly code: string; readonly [value: string]: unknown }[]
  readonly concept?: readonly Stated[]
}

type Supplement = ReadonlyMap<string, Stated>

/** Properties by which a concept names its parent when it is not nested below it. */
const PARENT = ['parent', 'subsumedBy']

/**
 * Reads a CodeSystem resource. What supplements say of its concepts is added to them; they define no code of their own.
 * https://hl7.org/fhir/R4/codesystem.html#supplements
 */
export function readCodeSystem(resource: Canonical, supplements: readonly Canonical[] = []): CodeSystem {
  const fold = resource.caseSensitive === false ? (code: string) => code.toLowerCase() : (code: string) => code
  const concepts = new Map<string, Concept>()
  const more = supplements.map((one): Supplement => byCode(one, fold))
  const add = (stated: readonly Stated[] | undefined, parents: readonly string[]): void => {
    for (const one of stated ?? []) {
      if (typeof one?.code !== 'string') continue
      const key = fold(one.code)
      const told = [one, ...more.flatMap((supplement) => supplement.get(key) ?? [])]
      const { code, display, definition } = one
      const property = propertiesOf(told)
      const designation = told.flatMap(designationsOf)
      const named = PARENT.flatMap((name) => (property.get(name) ?? []) as string[])
      const above = [...(concepts.get(key)?.parents ?? []), ...parents, ...named]
      concepts.set(key, { code, display, definition, designation, property, parents: above })
      add(one.concept, [code])
    }
  }
  // What supplements a system is a supplement, whatever it says of itself.
  const content = typeof resource.supplements === 'string' ? 'supplement' : String(resource.content)
  // A supplement's concepts are those of another system.
  if (content !== 'supplement') add(resource.concept as readonly Stated[] | undefined, [])
  const whole = content === 'complete'
  const find = (code: string): Concept | undefined => concepts.get(fold(code))
  return {
    ...(typeof resource.version === 'string' ? { version: resource.version } : {}),
    ...(typeof resource.name === 'string' ? { name: resource.name } : {}),
    content,
    has: (code) => (concepts.has(fold(code)) ? 'in' : whole ? 'out' : 'unknown'),
    concept: find,
    concepts: { [Symbol.iterator]: () => concepts.values() },
    isA: (code, ancestor) => isBelow(code, ancestor, find),
  }
}

type Find = (code: string) => Concept | undefined

// Upwards from the code. Mostly there is one way; where there are several, or a circle, each concept is looked at once.
function isBelow(code: string, ancestor: string, find: Find): boolean {
  const goal = find(ancestor)
  let concept = goal && find(code)
  for (let steps = 0; concept !== undefined; steps++) {
    if (concept === goal) return true
    if (concept.parents.length > 1 || steps > MOST_STEPS) return isBelowByAny(concept.code, goal, find)
    concept = concept.parents[0] === undefined ? undefined : find(concept.parents[0])
  }
  return false
}

const MOST_STEPS = 100

function isBelowByAny(code: string, goal: Concept | undefined, find: Find): boolean {
  const seen = new Set<Concept>()
  const waiting = [code]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const concept = find(at)
    if (concept === undefined || seen.has(concept)) continue
    if (concept === goal) return true
    seen.add(concept)
    waiting.push(...concept.parents)
  }
  return false
}

function byCode(supplement: Canonical, fold: (code: string) => string): Supplement {
  const found = new Map<string, Stated>()
  const walk = (stated: readonly Stated[] | undefined): void => {
    for (const one of stated ?? []) {
      if (typeof one?.code !== 'string') continue
      found.set(fold(one.code), one)
      walk(one.concept)
    }
  }
  walk(supplement.concept as readonly Stated[] | undefined)
  return found
}

const designationsOf = ({ designation }: Stated): readonly Designation[] => designation ?? []

function propertiesOf(told: readonly Stated[]): ReadonlyMap<string, readonly unknown[]> {
  const made = new Map<string, unknown[]>()
  for (const { code, ...rest } of told.flatMap(({ property }) => property ?? [])) {
    const [key = '', value] = Object.entries(rest).find(([name]) => name.startsWith('value')) ?? []
    const number = typeof value === 'number' ? new WrittenNumber(rest, key, value) : undefined
    const plain =
      typeof value === 'object' && value !== null && 'code' in value ? (value as { code: unknown }).code : value
    made.set(code, [...(made.get(code) ?? []), number ?? plain])
  }
  return made
}

/** A system whose codes are told by their form. */
export function formSystem(has: (code: string) => Verdict, named?: CodeSystem['named']): CodeSystem {
  return {
    ...(named ? { named } : {}),
    content: 'complete',
    has,
    concept: (code) => (has(code) === 'in' ? { code, property: new Map(), parents: [] } : undefined),
    concepts: [],
    isA: (code, ancestor) => code === ancestor,
  }
}
