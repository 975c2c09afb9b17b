/** A code system: which codes it has and how they stand to each other. https://hl7.org/fhir/R4/codesystem.html */
import type { Canonical } from '../../definitions/definitions.ts'

/** `unknown`: the system is not at hand, or not whole, so nobody here can tell. */
export type Verdict = 'in' | 'out' | 'unknown'

export type Concept = {
  readonly code: string
  readonly display?: string
  readonly property: ReadonlyMap<string, readonly unknown[]>
  readonly parents: readonly string[]
}

export type CodeSystem = {
  has(code: string): Verdict
  /** The concept of a code, in the case that the system writes it. */
  concept(code: string): Concept | undefined
  /** All concepts, when they are listed. */
  readonly concepts: Iterable<Concept>
  /** Is the code the other one or below it? */
  isA(code: string, ancestor: string): boolean
}

type Stated = {
  readonly code: string
  readonly display?: string
  readonly property?: readonly { readonly code: string; readonly [value: string]: unknown }[]
  readonly concept?: readonly Stated[]
}

/** Properties by which a concept names its parent when it is not nested below it. */
const PARENT = ['parent', 'subsumedBy']

/** Reads a CodeSystem resource. */
export function readCodeSystem(resource: Canonical): CodeSystem {
  const fold = resource.caseSensitive === false ? (code: string) => code.toLowerCase() : (code: string) => code
  const concepts = new Map<string, Concept>()
  const add = (stated: readonly Stated[] | undefined, parents: readonly string[]): void => {
    for (const one of stated ?? []) {
      const property = propertiesOf(one)
      const named = PARENT.flatMap((name) => (property.get(name) ?? []) as string[])
      concepts.set(fold(one.code), { code: one.code, display: one.display, property, parents: [...parents, ...named] })
      add(one.concept, [one.code])
    }
  }
  add(resource.concept as readonly Stated[] | undefined, [])
  const whole = resource.content === 'complete'
  const find = (code: string): Concept | undefined => concepts.get(fold(code))
  return {
    has: (code) => (concepts.has(fold(code)) ? 'in' : whole ? 'out' : 'unknown'),
    concept: find,
    concepts: { [Symbol.iterator]: () => concepts.values() },
    isA: (code, ancestor) => isBelow(code, ancestor, find),
  }
}

type Find = (code: string) => Concept | undefined

// Upwards from the code, each concept once: a hierarchy may have several ways up, and a broken one may be a circle.
function isBelow(code: string, ancestor: string, find: Find): boolean {
  const goal = find(ancestor)
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

function propertiesOf(stated: Stated): ReadonlyMap<string, readonly unknown[]> {
  const made = new Map<string, unknown[]>()
  for (const { code, ...rest } of stated.property ?? []) {
    const value = Object.entries(rest).find(([key]) => key.startsWith('value'))?.[1]
    const plain =
      typeof value === 'object' && value !== null && 'code' in value ? (value as { code: unknown }).code : value
    made.set(code, [...(made.get(code) ?? []), plain])
  }
  return made
}

/** A system whose codes are told by their form. */
export function formSystem(test: (code: string) => boolean): CodeSystem {
  return {
    has: (code) => (test(code) ? 'in' : 'out'),
    concept: (code) => (test(code) ? { code, property: new Map(), parents: [] } : undefined),
    concepts: [],
    isA: (code, ancestor) => code === ancestor,
  }
}
