/** Code systems and value sets by url, read when first asked for. */
import type { Canonical, Definitions } from '../../definitions/definitions.ts'
import { readCodeSystem, type CodeSystem, type Verdict } from './code-system.ts'
import { membershipOf, type Compose, type Include, type Membership, type Sources } from './value-set.ts'
import { WELL_KNOWN } from './well-known.ts'

export type Terminology = {
  /** Is the code in the value set? `system` undefined: a bare code. `unknown`: the parts that tell are not at hand. */
  check(valueSet: string, system: string | undefined, code: string): Verdict
  /** The same, as a function for one value set. */
  membership(valueSet: string): Membership
  /** Is the code one of its system's? */
  checkSystem(system: string, code: string): Verdict
  codeSystem(url: string): CodeSystem | undefined
  /** The codes of a value set where they can be listed: at most `limit`, else undefined. For sentences. */
  list(valueSet: string, limit: number): readonly string[] | undefined
}

/** Pure but for its memory: what it has read it keeps. */
export function createTerminology(definitions: Pick<Definitions, 'find'>): Terminology {
  const find = (url: string, type: string): Canonical | undefined => {
    const found = definitions.find(url)
    return found?.resourceType === type ? found : undefined
  }
  const codeSystem = remembered((url) => {
    const found = find(url, 'CodeSystem')
    return found ? readCodeSystem(found) : WELL_KNOWN.get(url)?.()
  })
  const underWay = new Set<string>()
  const sources: Sources = { codeSystem, membership: (url) => membership(url) }
  const membership = remembered((url): Membership | undefined => {
    const compose = find(url, 'ValueSet')?.compose as Compose | undefined
    if (!compose) return undefined
    const made = membershipOf(compose, sources)
    return imports(compose) ? guarded(url, made, underWay) : made
  })
  return {
    check: (valueSet, system, code) => membership(valueSet)?.(system, code) ?? 'unknown',
    membership: (valueSet) => membership(valueSet) ?? UNKNOWN,
    checkSystem: (system, code) => codeSystem(system)?.has(code) ?? 'unknown',
    codeSystem,
    list(valueSet, limit) {
      const compose = find(valueSet, 'ValueSet')?.compose as Compose | undefined
      const codes = (compose?.include ?? []).flatMap((include) => [...codesOf(include, codeSystem)])
      const member = membership(valueSet)
      const kept = [...new Set(codes)].filter((code) => member?.(undefined, code) === 'in')
      return kept.length > 0 && kept.length <= limit ? kept : undefined
    },
  }
}

function* codesOf(include: Include, codeSystem: (url: string) => CodeSystem | undefined): Iterable<string> {
  if (include.concept) for (const one of include.concept) yield one.code
  else if (include.system) for (const one of codeSystem(include.system)?.concepts ?? []) yield one.code
}

const UNKNOWN: Membership = () => 'unknown'

const imports = ({ include = [], exclude = [] }: Compose): boolean =>
  [...include, ...exclude].some((part) => part.valueSet !== undefined)

// A value set that imports itself, through others, is asked once.
function guarded(url: string, membership: Membership, underWay: Set<string>): Membership {
  return (system, code) => {
    if (underWay.has(url)) return 'out'
    underWay.add(url)
    try {
      return membership(system, code)
    } finally {
      underWay.delete(url)
    }
  }
}

function remembered<Value>(make: (url: string) => Value): (url: string) => Value {
  const made = new Map<string, Value>()
  return (url) => {
    if (!made.has(url)) made.set(url, make(url))
    return made.get(url) as Value
  }
}
