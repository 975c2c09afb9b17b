/** The codes of a value set, listed. https://hl7.org/fhir/R4/valueset.html#expansion */
import type { Canonical } from '../definitions/definitions.ts'
import type { Concept, Designation } from './code-system.ts'
import { readFilter } from './filter.ts'
import type { Terminology } from './terminology.ts'
import type { Compose, Include } from './value-set.ts'
import { isVersion } from './versions.ts'

export type Item = {
  readonly system: string
  readonly version?: string
  readonly code: string
  readonly display?: string
  readonly designation: readonly Designation[]
  /** What the code system says of it, where that is at hand. */
  readonly concept?: Concept
}

export type Expansion = {
  readonly items: readonly Item[]
  /** There are more codes, which are not at hand: a code system is a fragment. */
  readonly unclosed: boolean
  /** Systems and value sets that are not at hand, or cannot be listed: the items are not all. */
  readonly missing: readonly string[]
}

type Found = { readonly items: Item[]; unclosed: boolean; readonly missing: Set<string> }

/** Lists a ValueSet resource, in the order in which it includes; a code that is included twice is listed once. */
export function expand(valueSet: Canonical, terminology: Terminology): Expansion {
  const found: Found = { items: [], unclosed: false, missing: new Set() }
  collect(valueSet, terminology, found, new Set())
  const member = terminology.membershipIn(valueSet)
  const seen = new Set<string>()
  const items = found.items.filter(({ system, code }) => {
    const key = `${system}|${code}`
    if (seen.has(key)) return false
    seen.add(key)
    const verdict = member(system, code)
    if (verdict === 'unknown') found.missing.add(valueSet.url)
    return verdict === 'in'
  })
  return { items, unclosed: found.unclosed, missing: [...found.missing] }
}

function collect(valueSet: Canonical, terminology: Terminology, found: Found, under: Set<Canonical>): void {
  if (under.has(valueSet)) return
  under.add(valueSet)
  const compose = valueSet.compose as Compose | undefined
  if (!compose) found.missing.add(valueSet.url)
  for (const include of compose?.include ?? []) {
    if (include.system !== undefined) fromSystem(include.system, include, terminology, found)
    else fromValueSets(include, terminology, found, under)
  }
}

// What several value sets have in common is among the codes of the first.
function fromValueSets({ valueSet = [] }: Include, terminology: Terminology, found: Found, under: Set<Canonical>) {
  const [first] = valueSet
  if (first === undefined) return
  const imported = terminology.find(first, 'ValueSet')
  if (imported) collect(imported, terminology, found, under)
  else found.missing.add(first)
}

function fromSystem(url: string, { version, concept, filter = [] }: Include, terminology: Terminology, found: Found) {
  const known = terminology.codeSystem(url)
  const system = known && isVersion(version, known.version) ? known : undefined
  const more = { system: url, ...(system?.version === undefined ? {} : { version: system.version }) }
  for (const listed of concept ?? []) {
    const told = system?.concept(listed.code)
    const designation = [...(listed.designation ?? []), ...(told?.designation ?? [])]
    const display = listed.display ?? told?.display
    found.items.push({ ...more, code: listed.code, ...text(display), designation, ...(told ? { concept: told } : {}) })
  }
  if (concept) return
  const concepts = [...(system?.concepts ?? [])]
  if (concepts.length === 0) found.missing.add(url)
  if (system && system.content !== 'complete') found.unclosed = true
  // What a filter leaves out here is not asked after again; what another part takes is listed there.
  const tests = system ? filter.map((one) => readFilter(one, system)) : []
  for (const one of concepts) {
    if (tests.some((test) => test(one) === 'out')) continue
    found.items.push({
      ...more,
      code: one.code,
      ...text(one.display),
      designation: one.designation ?? [],
      concept: one,
    })
  }
}

const text = (display: string | undefined) => (display === undefined ? {} : { display })
