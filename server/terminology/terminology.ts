/** Code systems and value sets by url, read when first asked for. https://hl7.org/fhir/R4/terminology-module.html */
import type { Canonical, Definitions } from '../definitions/definitions.ts'
import { readCodeSystem, type CodeSystem, type Verdict } from './code-system.ts'
import { displaysOf } from './concept.ts'
import { membershipOf, type Compose, type Include, type Membership, type Sources } from './value-set.ts'
import { canonicalParts, isVersion } from './versions.ts'
import { WELL_KNOWN } from './well-known.ts'

export type Terminology = {
  /** Is the code in the value set? `system` undefined: a bare code. `unknown`: the parts that tell are not at hand. */
  check(valueSet: string, system: string | undefined, code: string): Verdict
  /** The same, as a function for one value set. */
  membership(valueSet: string): Membership
  /** The same for a ValueSet resource, whether published or not. */
  membershipIn(valueSet: Canonical): Membership
  /** Is the code one of its system's, in the version named? */
  checkSystem(system: string, code: string, version?: string): Verdict
  /** By url, with or without version. */
  codeSystem(url: string): CodeSystem | undefined
  /** A CodeSystem resource, whether published or not. */
  codeSystemIn(resource: Canonical): CodeSystem
  /** The displays that say a code rightly; none where nobody here can tell. */
  displays(system: string, code: string): readonly string[]
  /** The codes of a value set where they can be listed: at most `limit`, else undefined. For sentences. */
  list(valueSet: string, limit: number): readonly string[] | undefined
  /** A definition by url, where it is of this type and in the version named. */
  find(canonical: string, type: 'CodeSystem' | 'ValueSet' | 'ConceptMap'): Canonical | undefined
}

type Known = Pick<Definitions, 'find'> & Partial<Pick<Definitions, 'published'>>

/** Pure but for its memory: what it has read it keeps as long as the definition is there. */
export function createTerminology(definitions: Known): Terminology {
  const find: Terminology['find'] = (canonical, type) => {
    const { url, version } = canonicalParts(canonical)
    const found = definitions.find(url)
    if (found?.resourceType !== type) return undefined
    return isVersion(version, found.version as string | undefined) ? found : undefined
  }
  const read = remembered((resource) => readCodeSystem(resource, supplementsOf(resource.url, definitions)))
  const wellKnown = new Map<string, CodeSystem>()
  const codeSystem = (url: string): CodeSystem | undefined => {
    const made = wellKnown.get(url)
    if (made) return made
    const found = find(url, 'CodeSystem')
    const form = found && found.content !== 'not-present' ? undefined : WELL_KNOWN.get(url)?.()
    if (form) wellKnown.set(url, form)
    return form ?? (found && read(found))
  }
  const sources: Sources = {
    codeSystem,
    membership: (url) => {
      const found = find(url, 'ValueSet')
      return found && membershipIn(found)
    },
  }
  const underWay = new Set<Canonical>()
  const membershipIn = remembered((resource): Membership => {
    const compose = resource.compose as Compose | undefined
    if (!compose) return UNKNOWN
    const made = membershipOf(compose, sources)
    return imports(compose) ? guarded(resource, made, underWay) : made
  })
  return {
    check: (valueSet, system, code) => sources.membership(valueSet)?.(system, code) ?? 'unknown',
    membership: (valueSet) => sources.membership(valueSet) ?? UNKNOWN,
    membershipIn,
    checkSystem(system, code, version) {
      const found = codeSystem(system)
      return found && isVersion(version, found.version) ? found.has(code) : 'unknown'
    },
    codeSystem,
    codeSystemIn: read,
    displays(system, code) {
      const concept = codeSystem(system)?.concept(code)
      return concept ? displaysOf(concept) : []
    },
    list(valueSet, limit) {
      const compose = find(valueSet, 'ValueSet')?.compose as Compose | undefined
      const codes = (compose?.include ?? []).flatMap((include) => [...codesOf(include, codeSystem)])
      const member = sources.membership(valueSet)
      const kept = [...new Set(codes)].filter((code) => member?.(undefined, code) === 'in')
      return kept.length > 0 && kept.length <= limit ? kept : undefined
    },
    find,
  }
}

/** https://hl7.org/fhir/R4/codesystem-definitions.html#CodeSystem.supplements */
const supplementsOf = (url: string, { published }: Known): readonly Canonical[] =>
  (published?.('CodeSystem') ?? []).filter(
    ({ supplements }) => typeof supplements === 'string' && canonicalParts(supplements).url === url,
  )

function* codesOf(include: Include, codeSystem: (url: string) => CodeSystem | undefined): Iterable<string> {
  if (include.concept) for (const one of include.concept) yield one.code
  else if (include.system) for (const one of codeSystem(include.system)?.concepts ?? []) yield one.code
}

const UNKNOWN: Membership = () => 'unknown'

const imports = ({ include = [], exclude = [] }: Compose): boolean =>
  [...include, ...exclude].some((part) => part.valueSet !== undefined)

// A value set that imports itself, through others, is asked once.
function guarded(resource: Canonical, membership: Membership, underWay: Set<Canonical>): Membership {
  return (system, code) => {
    if (underWay.has(resource)) return 'out'
    underWay.add(resource)
    try {
      return membership(system, code)
    } finally {
      underWay.delete(resource)
    }
  }
}

function remembered<Value>(make: (resource: Canonical) => Value): (resource: Canonical) => Value {
  const made = new WeakMap<Canonical, { readonly value: Value }>()
  return (resource) => {
    const known = made.get(resource) ?? { value: make(resource) }
    made.set(resource, known)
    return known.value
  }
}
