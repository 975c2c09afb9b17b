/**
 * The codes of a value set, and the codes above and below another: what `:in`, `:not-in`, `:above` and `:below` search for.
 * https://hl7.org/fhir/R4/search.html#modifiers
 */
import type { CanonicalResource } from '../definitions/canonical-resource.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { expand } from '../terminology/expansion.ts'
import { createTerminology, type Terminology } from '../terminology/terminology.ts'
import type { CodeSets, SearchedCode } from './type.ts'

/** More codes make a search slow; a store takes so many at once. */
const MAX_CODES = 5_000
/** Value sets whose codes are kept. */
const MAX_KEPT = 100

const made = new WeakMap<Definitions, CodeSets>()

/** One for each state of the definitions: give it `definitions.current()`. */
export function codeSetsOf(definitions: Definitions): CodeSets {
  const sets = made.get(definitions) ?? createCodeSets(definitions)
  made.set(definitions, sets)
  return sets
}

/** The definitions, and after them these resources: those of a caller, which nothing else is to depend on. */
export function codeSetsWith(definitions: Definitions, resources: readonly CanonicalResource[]): CodeSets {
  const byCanonical = new Map<string, CanonicalResource>()
  for (const one of resources) {
    const { url, version } = one
    for (const name of typeof version === 'string' ? [url, `${url}|${version}`] : [url])
      if (!byCanonical.has(name)) byCanonical.set(name, one)
  }
  return createCodeSets({
    find: (canonical) => definitions.find(canonical) ?? byCanonical.get(canonical),
    published: (type) => definitions.published(type),
    all: [...definitions.all, ...resources],
  })
}

type CodeSetSources = Pick<Definitions, 'find' | 'published' | 'all'>

function createCodeSets(definitions: CodeSetSources): CodeSets {
  const terminology = createTerminology(definitions)
  const kept = new Map<string, readonly SearchedCode[] | string>()
  return {
    valueSet(text) {
      const cached = kept.get(text)
      if (cached !== undefined) return cached
      if (kept.size >= MAX_KEPT) kept.clear()
      const found = findValueSet(text, definitions, terminology)
      const codes = found ? codesOf(found, terminology) : `the hub has no value set \`${text}\``
      // A client may name any number of urls.
      if (found) kept.set(text, codes)
      return codes
    },
    related: (system, code, direction) => relatedCodes(system, code, direction, terminology),
  }
}

/** By its url, with or without a version, or as `ValueSet/<id>`. */
function findValueSet(text: string, { all }: CodeSetSources, terminology: Terminology): CanonicalResource | undefined {
  const id = /^ValueSet\/([A-Za-z0-9.-]{1,64})$/.exec(text)?.[1]
  if (id === undefined) return terminology.find(text, 'ValueSet')
  return all.find((one) => one.resourceType === 'ValueSet' && one.id === id)
}

function codesOf(valueSet: CanonicalResource, terminology: Terminology): readonly SearchedCode[] | string {
  const { items, unclosed, missing } = expand(valueSet, terminology)
  if (missing.length > 0 || unclosed) {
    const lacking = missing.map((one) => `\`${one}\``).join(', ') || 'a code system of which it has a part only'
    return `the value set \`${valueSet.url}\` cannot be listed: it needs ${lacking}`
  }
  if (items.length > MAX_CODES) return tooMany(`the value set \`${valueSet.url}\``, items.length)
  return items.map(({ system, code }) => ({ system, code }))
}

function relatedCodes(
  system: string,
  code: string,
  direction: 'above' | 'below',
  terminology: Terminology,
): readonly SearchedCode[] | string {
  const found = terminology.codeSystem(system)
  if (!found) return `the hub has no code system \`${system}\``
  const own = found.concept(code)
  if (!own) return `the code system \`${system}\` has no code \`${code}\` here`
  const isRelated = (other: string): boolean =>
    direction === 'below' ? found.isA(other, own.code) : found.isA(own.code, other)
  const codes = [...found.concepts].map((one) => one.code).filter((other) => other !== own.code && isRelated(other))
  if (codes.length >= MAX_CODES) return tooMany(`\`${system}|${code}\``, codes.length + 1)
  return [own.code, ...codes].map((one) => ({ system, code: one }))
}

const tooMany = (what: string, count: number): string =>
  `${what} stands for \`${count}\` codes; at most \`${MAX_CODES}\` can be searched at once`
