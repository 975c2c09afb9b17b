/** Code systems and value sets by url, read on first use. https://hl7.org/fhir/R4/terminology-module.html */
import type { CanonicalResource } from '../definitions/canonical-resource.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { readCodeSystem, type CodeSystem, type CodeMembership } from './code-system.ts'
import { displaysOf } from './concept.ts'
import {
  membershipOf,
  type ValueSetCompose,
  type ValueSetInclude,
  type MembershipTest,
  type ValueSetSources,
} from './value-set.ts'
import { splitCanonical, matchesVersion } from './versions.ts'
import { WELL_KNOWN } from './well-known.ts'

export type Terminology = {
  /** Is the code in the value set? `system` undefined: a bare code. `unknown`: a part of its definition is missing here. */
  check(valueSet: string, system: string | undefined, code: string): CodeMembership
  /** The same, as a function for one value set. */
  membership(valueSet: string): MembershipTest
  /** The same for a ValueSet resource, published or not. */
  membershipIn(valueSet: CanonicalResource): MembershipTest
  /** Is the code in its system, in this version? */
  checkSystem(system: string, code: string, version?: string): CodeMembership
  /** By url, with or without version. */
  codeSystem(url: string): CodeSystem | undefined
  /** The code system of a CodeSystem resource, published or not. */
  codeSystemIn(resource: CanonicalResource): CodeSystem
  /** The valid displays of a code; none where the system is not defined here. */
  displays(system: string, code: string): readonly string[]
  /** The codes of a value set; undefined where they cannot be listed or are more than `limit`. */
  list(valueSet: string, limit: number): readonly string[] | undefined
  /** A definition by canonical, if it has this type and version. */
  find(canonical: string, type: 'CodeSystem' | 'ValueSet' | 'ConceptMap'): CanonicalResource | undefined
}

type TerminologySource = Pick<Definitions, 'find'> & Partial<Pick<Definitions, 'published'>>

/** Pure, with a cache by definition. */
export function createTerminology(definitions: TerminologySource): Terminology {
  const find: Terminology['find'] = (canonical, type) => {
    const { url, version } = splitCanonical(canonical)
    // Versions that differ in their patch alone are taken for each other, so the url alone is looked up, too.
    const found = version === undefined ? [definitions.find(url)] : [definitions.find(canonical), definitions.find(url)]
    return found.find((one) => one?.resourceType === type && matchesVersion(version, one.version as string | undefined))
  }
  const read = memoized((resource) => readCodeSystem(resource, supplementsOf(resource.url, definitions)))
  const wellKnown = new Map<string, CodeSystem>()
  const codeSystem = (url: string): CodeSystem | undefined => {
    const made = wellKnown.get(url)
    if (made) return made
    const found = find(url, 'CodeSystem')
    const syntaxSystem = found && found.content !== 'not-present' ? undefined : WELL_KNOWN.get(url)?.()
    if (syntaxSystem) wellKnown.set(url, syntaxSystem)
    return syntaxSystem ?? (found && read(found))
  }
  const sources: ValueSetSources = {
    codeSystem,
    membership: (url) => {
      const found = find(url, 'ValueSet')
      return found && membershipIn(found)
    },
  }
  const inProgress = new Set<CanonicalResource>()
  const membershipIn = memoized((resource): MembershipTest => {
    const compose = resource.compose as ValueSetCompose | undefined
    if (!compose) return UNKNOWN_MEMBERSHIP
    const made = membershipOf(compose, sources)
    return importsValueSets(compose) ? guardRecursion(resource, made, inProgress) : made
  })
  return {
    check: (valueSet, system, code) => sources.membership(valueSet)?.(system, code) ?? 'unknown',
    membership: (valueSet) => sources.membership(valueSet) ?? UNKNOWN_MEMBERSHIP,
    membershipIn,
    checkSystem(system, code, version) {
      const found = codeSystem(system)
      return found && matchesVersion(version, found.version) ? found.has(code) : 'unknown'
    },
    codeSystem,
    codeSystemIn: read,
    displays(system, code) {
      const concept = codeSystem(system)?.concept(code)
      return concept ? displaysOf(concept) : []
    },
    list(valueSet, limit) {
      const compose = find(valueSet, 'ValueSet')?.compose as ValueSetCompose | undefined
      const codes = (compose?.include ?? []).flatMap((include) => [...codesOf(include, codeSystem)])
      const member = sources.membership(valueSet)
      const kept = [...new Set(codes)].filter((code) => member?.(undefined, code) === 'in')
      return kept.length > 0 && kept.length <= limit ? kept : undefined
    },
    find,
  }
}

/** https://hl7.org/fhir/R4/codesystem-definitions.html#CodeSystem.supplements */
const supplementsOf = (url: string, { published }: TerminologySource): readonly CanonicalResource[] =>
  (published?.('CodeSystem') ?? []).filter(
    ({ supplements }) => typeof supplements === 'string' && splitCanonical(supplements).url === url,
  )

function* codesOf(include: ValueSetInclude, codeSystem: (url: string) => CodeSystem | undefined): Iterable<string> {
  if (include.concept) for (const one of include.concept) yield one.code
  else if (include.system) for (const one of codeSystem(include.system)?.concepts ?? []) yield one.code
}

const UNKNOWN_MEMBERSHIP: MembershipTest = () => 'unknown'

const importsValueSets = ({ include = [], exclude = [] }: ValueSetCompose): boolean =>
  [...include, ...exclude].some((part) => part.valueSet !== undefined)

// A value set that imports itself, directly or not, is evaluated once.
function guardRecursion(
  resource: CanonicalResource,
  membership: MembershipTest,
  inProgress: Set<CanonicalResource>,
): MembershipTest {
  return (system, code) => {
    if (inProgress.has(resource)) return 'out'
    inProgress.add(resource)
    try {
      return membership(system, code)
    } finally {
      inProgress.delete(resource)
    }
  }
}

function memoized<Value>(make: (resource: CanonicalResource) => Value): (resource: CanonicalResource) => Value {
  const made = new WeakMap<CanonicalResource, { readonly value: Value }>()
  return (resource) => {
    const cached = made.get(resource) ?? { value: make(resource) }
    made.set(resource, cached)
    return cached.value
  }
}
