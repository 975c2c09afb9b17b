/** The membership test of a value set: is this code of this system in it? https://hl7.org/fhir/R4/valueset.html#compositions */
import type { CodeSystem, Designation, CodeMembership } from './code-system.ts'
import { isInactive } from './concept.ts'
import { compileFilter, type ConceptFilter } from './filter.ts'
import { matchesVersion } from './versions.ts'

/** `system` undefined: a code without system, which may be of any system that the value set includes. */
export type MembershipTest = (system: string | undefined, code: string) => CodeMembership

export type ListedConcept = {
  readonly code: string
  readonly display?: string
  readonly designation?: readonly Designation[]
}

export type ValueSetInclude = {
  readonly system?: string
  readonly version?: string
  readonly concept?: readonly ListedConcept[]
  readonly filter?: readonly ConceptFilter[]
  readonly valueSet?: readonly string[]
}

export type ValueSetCompose = {
  /** False: inactive codes are excluded. Absent: they are included. */
  readonly inactive?: boolean
  readonly include?: readonly ValueSetInclude[]
  readonly exclude?: readonly ValueSetInclude[]
}

/** Finds the parts of a value set; undefined where one is not defined here. */
export type ValueSetSources = {
  codeSystem(url: string): CodeSystem | undefined
  membership(valueSet: string): MembershipTest | undefined
}

/** The union of `include` without the union of `exclude`. */
export function membershipOf(compose: ValueSetCompose, sources: ValueSetSources): MembershipTest {
  const included = (compose.include ?? []).map((one) => includeTest(one, sources, compose.inactive === false))
  const excluded = (compose.exclude ?? []).map((one) => includeTest(one, sources, false))
  return (system, code) => {
    const membership = membershipInAny(included, system, code)
    if (membership === 'out' || excluded.length === 0) return membership
    const out = membershipInAny(excluded, system, code)
    return out === 'in' ? 'out' : out === 'unknown' ? 'unknown' : membership
  }
}

function membershipInAny(parts: readonly MembershipTest[], system: string | undefined, code: string): CodeMembership {
  let membership: CodeMembership = 'out'
  for (const one of parts) {
    const found = one(system, code)
    if (found === 'in') return 'in'
    if (found === 'unknown') membership = 'unknown'
  }
  return membership
}

// All conditions of one include must hold: the system, its filters, each value set.
function includeTest(include: ValueSetInclude, sources: ValueSetSources, activeOnly: boolean): MembershipTest {
  const conditions: MembershipTest[] = (include.valueSet ?? []).map((url) => importedTest(url, sources))
  if (include.system !== undefined) conditions.push(systemTest(include.system, include, sources))
  if (include.system !== undefined && activeOnly) conditions.push(activeTest(include.system, sources))
  // An include without any of them is invalid and includes nothing.
  if (conditions.length === 0) return () => 'out'
  return (system, code) => {
    let membership: CodeMembership = 'in'
    for (const condition of conditions) {
      const found = condition(system, code)
      if (found === 'out') return 'out'
      if (found === 'unknown') membership = 'unknown'
    }
    return membership
  }
}

function importedTest(url: string, sources: ValueSetSources): MembershipTest {
  return (system, code) => sources.membership(url)?.(system, code) ?? 'unknown'
}

function activeTest(url: string, sources: ValueSetSources): MembershipTest {
  return (_system, code) => {
    const concept = sources.codeSystem(url)?.concept(code)
    return concept && isInactive(concept) ? 'out' : 'in'
  }
}

function systemTest(
  url: string,
  { concept, filter, version }: ValueSetInclude,
  sources: ValueSetSources,
): MembershipTest {
  const listed = concept && new Set(concept.map((one) => one.code))
  let filtered: { readonly system: CodeSystem; readonly check: (code: string) => CodeMembership } | undefined
  return (system, code) => {
    if (system !== undefined && system !== url) return 'out'
    // Listed codes are compared without regard to case where the system is not case sensitive.
    if (listed?.has(code)) return 'in'
    const current = sources.codeSystem(url)
    const codeSystem =
      version === undefined || !current ? current : (sources.codeSystem(`${url}|${version}`) ?? current)
    if (listed) return listed.has(codeSystem?.concept(code)?.code ?? code) ? 'in' : 'out'
    if (!codeSystem || !matchesVersion(version, codeSystem.version)) return 'unknown'
    if (!filter) return codeSystem.has(code)
    // A posted definition may replace the system while the hub runs.
    if (filtered?.system !== codeSystem) filtered = { system: codeSystem, check: filterTest(filter, codeSystem) }
    return filtered.check(code)
  }
}

function filterTest(filters: readonly ConceptFilter[], system: CodeSystem): (code: string) => CodeMembership {
  const tests = filters.map((filter) => compileFilter(filter, system))
  return (code) => {
    const concept = system.concept(code)
    if (!concept) return system.has(code)
    const memberships = tests.map((test) => test(concept))
    return memberships.includes('out') ? 'out' : memberships.includes('unknown') ? 'unknown' : 'in'
  }
}
