/** The expansion of a value set: the list of its codes. https://hl7.org/fhir/R4/valueset.html#expansion */
import type { CanonicalResource } from '../definitions/canonical-resource.ts'
import type { CodeSystem, Concept, Designation } from './code-system.ts'
import { compileFilter } from './filter.ts'
import type { Terminology } from './terminology.ts'
import type { ValueSetCompose, ValueSetInclude } from './value-set.ts'
import { matchesVersion } from './versions.ts'

export type ExpandedCode = {
  readonly system: string
  readonly version?: string
  readonly code: string
  readonly display?: string
  readonly designation: readonly Designation[]
  /** The concept of the code system, where the system is defined here. */
  readonly concept?: Concept
}

export type Expansion = {
  readonly items: readonly ExpandedCode[]
  /** A code system is a fragment, so there are more codes than are listed. */
  readonly unclosed: boolean
  /** Code systems and value sets that are not defined here or cannot be listed; their codes are missing. */
  readonly missing: readonly string[]
}

type ExpansionState = { readonly items: ExpandedCode[]; unclosed: boolean; readonly missing: Set<string> }

/** Expands a ValueSet resource, in the order of its includes; each code is listed once. */
export function expand(valueSet: CanonicalResource, terminology: Terminology): Expansion {
  const state: ExpansionState = { items: [], unclosed: false, missing: new Set() }
  collect(valueSet, terminology, state, new Set())
  const member = terminology.membershipIn(valueSet)
  const seen = new Set<string>()
  const items = state.items.filter(({ system, code }) => {
    const key = `${system}|${code}`
    if (seen.has(key)) return false
    seen.add(key)
    const membership = member(system, code)
    if (membership === 'unknown') state.missing.add(valueSet.url)
    return membership === 'in'
  })
  return { items, unclosed: state.unclosed, missing: [...state.missing] }
}

function collect(
  valueSet: CanonicalResource,
  terminology: Terminology,
  state: ExpansionState,
  visited: Set<CanonicalResource>,
): void {
  if (visited.has(valueSet)) return
  visited.add(valueSet)
  const compose = valueSet.compose as ValueSetCompose | undefined
  if (!compose) state.missing.add(valueSet.url)
  for (const include of compose?.include ?? []) {
    if (include.system !== undefined) addFromSystem(include.system, include, terminology, state)
    else addFromValueSets(include, terminology, state, visited)
  }
}

// An include of several value sets is their intersection, hence a subset of the first one.
function addFromValueSets(
  { valueSet = [] }: ValueSetInclude,
  terminology: Terminology,
  state: ExpansionState,
  visited: Set<CanonicalResource>,
) {
  const [first] = valueSet
  if (first === undefined) return
  const imported = terminology.find(first, 'ValueSet')
  if (imported) collect(imported, terminology, state, visited)
  else state.missing.add(first)
}

function addFromSystem(
  url: string,
  { version, concept, filter = [] }: ValueSetInclude,
  terminology: Terminology,
  state: ExpansionState,
) {
  const system = systemIn(url, version, terminology)
  const more = { system: url, ...(system?.version === undefined ? {} : { version: system.version }) }
  for (const listed of concept ?? []) {
    const defined = system?.concept(listed.code)
    const designation = [...(listed.designation ?? []), ...(defined?.designation ?? [])]
    const display = listed.display ?? defined?.display
    state.items.push({
      ...more,
      code: listed.code,
      ...text(display),
      designation,
      ...(defined ? { concept: defined } : {}),
    })
  }
  if (concept) return
  const concepts = [...(system?.concepts ?? [])]
  if (concepts.length === 0) state.missing.add(url)
  if (system && system.content !== 'complete') state.unclosed = true
  // Codes that a filter excludes are left out here; `unknown` ones are tested again by the membership of the value set.
  const tests = system ? filter.map((one) => compileFilter(one, system)) : []
  for (const one of concepts) {
    if (tests.some((test) => test(one) === 'out')) continue
    state.items.push({
      ...more,
      code: one.code,
      ...text(one.display),
      designation: one.designation ?? [],
      concept: one,
    })
  }
}

/** A code system in the version that an include names, which need not be the default one. */
function systemIn(url: string, version: string | undefined, terminology: Terminology): CodeSystem | undefined {
  const current = terminology.codeSystem(url)
  const found = version === undefined || !current ? current : (terminology.codeSystem(`${url}|${version}`) ?? current)
  return found && matchesVersion(version, found.version) ? found : undefined
}

const text = (display: string | undefined) => (display === undefined ? {} : { display })
