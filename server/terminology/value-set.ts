/** A value set as a question: is this code of this system in it? https://hl7.org/fhir/R4/valueset.html#compositions */
import type { CodeSystem, Designation, Verdict } from './code-system.ts'
import { isInactive } from './concept.ts'
import { readFilter, type Filter } from './filter.ts'
import { isVersion } from './versions.ts'

/** `system` undefined: a bare code, which may be of any system that the value set draws on. */
export type Membership = (system: string | undefined, code: string) => Verdict

export type Listed = {
  readonly code: string
  readonly display?: string
  readonly designation?: readonly Designation[]
}

export type Include = {
  readonly system?: string
  readonly version?: string
  readonly concept?: readonly Listed[]
  readonly filter?: readonly Filter[]
  readonly valueSet?: readonly string[]
}

export type Compose = {
  /** False: inactive codes are left out. Absent: they are in. */
  readonly inactive?: boolean
  readonly include?: readonly Include[]
  readonly exclude?: readonly Include[]
}

/** Where the parts of a value set are found; undefined: not at hand. */
export type Sources = {
  codeSystem(url: string): CodeSystem | undefined
  membership(valueSet: string): Membership | undefined
}

/** All of `include`, less all of `exclude`. */
export function membershipOf(compose: Compose, sources: Sources): Membership {
  const included = (compose.include ?? []).map((one) => part(one, sources, compose.inactive === false))
  const excluded = (compose.exclude ?? []).map((one) => part(one, sources, false))
  return (system, code) => {
    const verdict = any(included, system, code)
    if (verdict === 'out' || excluded.length === 0) return verdict
    const out = any(excluded, system, code)
    return out === 'in' ? 'out' : out === 'unknown' ? 'unknown' : verdict
  }
}

function any(parts: readonly Membership[], system: string | undefined, code: string): Verdict {
  let verdict: Verdict = 'out'
  for (const one of parts) {
    const found = one(system, code)
    if (found === 'in') return 'in'
    if (found === 'unknown') verdict = 'unknown'
  }
  return verdict
}

// Within one include everything said must hold: the system, its filters, each value set named.
function part(include: Include, sources: Sources, activeOnly: boolean): Membership {
  const conditions: Membership[] = (include.valueSet ?? []).map((url) => imported(url, sources))
  if (include.system !== undefined) conditions.push(ofSystem(include.system, include, sources))
  if (include.system !== undefined && activeOnly) conditions.push(active(include.system, sources))
  // An include without any of them is broken, and takes nothing.
  if (conditions.length === 0) return () => 'out'
  return (system, code) => {
    let verdict: Verdict = 'in'
    for (const condition of conditions) {
      const found = condition(system, code)
      if (found === 'out') return 'out'
      if (found === 'unknown') verdict = 'unknown'
    }
    return verdict
  }
}

function imported(url: string, sources: Sources): Membership {
  return (system, code) => sources.membership(url)?.(system, code) ?? 'unknown'
}

function active(url: string, sources: Sources): Membership {
  return (_system, code) => {
    const concept = sources.codeSystem(url)?.concept(code)
    return concept && isInactive(concept) ? 'out' : 'in'
  }
}

function ofSystem(url: string, { concept, filter, version }: Include, sources: Sources): Membership {
  const listed = concept && new Set(concept.map((one) => one.code))
  let filtered: { readonly system: CodeSystem; readonly check: (code: string) => Verdict } | undefined
  return (system, code) => {
    if (system !== undefined && system !== url) return 'out'
    // What is listed is compared as the system compares: without case where it says so.
    if (listed?.has(code)) return 'in'
    const codeSystem = sources.codeSystem(url)
    if (listed) return listed.has(codeSystem?.concept(code)?.code ?? code) ? 'in' : 'out'
    if (!codeSystem || !isVersion(version, codeSystem.version)) return 'unknown'
    if (!filter) return codeSystem.has(code)
    // A system may be replaced while the hub runs.
    if (filtered?.system !== codeSystem) filtered = { system: codeSystem, check: filteredBy(filter, codeSystem) }
    return filtered.check(code)
  }
}

function filteredBy(filters: readonly Filter[], system: CodeSystem): (code: string) => Verdict {
  const tests = filters.map((filter) => readFilter(filter, system))
  return (code) => {
    const concept = system.concept(code)
    if (!concept) return system.has(code)
    const verdicts = tests.map((test) => test(concept))
    return verdicts.includes('out') ? 'out' : verdicts.includes('unknown') ? 'unknown' : 'in'
  }
}
