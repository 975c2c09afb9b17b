/** A value set as a question: is this code of this system in it? https://hl7.org/fhir/R4/valueset.html#compositions */
import type { CodeSystem, Concept, Verdict } from './code-system.ts'
import { meets, type Filter } from './filter.ts'

/** `system` undefined: a bare code, which may be of any system that the value set draws on. */
export type Membership = (system: string | undefined, code: string) => Verdict

export type Include = {
  readonly system?: string
  readonly concept?: readonly { readonly code: string; readonly display?: string }[]
  readonly filter?: readonly Filter[]
  readonly valueSet?: readonly string[]
}

export type Compose = { readonly include?: readonly Include[]; readonly exclude?: readonly Include[] }

/** Where the parts of a value set are found; undefined: not at hand. */
export type Sources = {
  codeSystem(url: string): CodeSystem | undefined
  membership(valueSet: string): Membership | undefined
}

/** All of `include`, less all of `exclude`. */
export function membershipOf(compose: Compose, sources: Sources): Membership {
  const included = (compose.include ?? []).map((one) => part(one, sources))
  const excluded = (compose.exclude ?? []).map((one) => part(one, sources))
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
function part(include: Include, sources: Sources): Membership {
  const conditions: Membership[] = (include.valueSet ?? []).map((url) => imported(url, sources))
  if (include.system !== undefined) conditions.push(ofSystem(include.system, include, sources))
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
  let membership: Membership | undefined
  return (system, code) => {
    membership ??= sources.membership(url)
    return membership ? membership(system, code) : 'unknown'
  }
}

function ofSystem(url: string, { concept, filter }: Include, sources: Sources): Membership {
  const listed = concept && new Set(concept.map((one) => one.code))
  return (system, code) => {
    if (system !== undefined && system !== url) return 'out'
    if (listed) return listed.has(code) ? 'in' : 'out'
    const codeSystem = sources.codeSystem(url)
    if (!codeSystem) return 'unknown'
    return filter ? filtered(codeSystem, code, filter) : codeSystem.has(code)
  }
}

function filtered(system: CodeSystem, code: string, filters: readonly Filter[]): Verdict {
  const concept: Concept | undefined = system.concept(code)
  if (!concept) return system.has(code)
  return filters.every((filter) => meets(concept, filter, system)) ? 'in' : 'out'
}
