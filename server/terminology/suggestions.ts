/** Suggestions for a code that is not in a value set: a few of its codes with their displays. */
import { distance, nearest } from '../fhir/nearest.ts'
import { expand, type Expansion, type ExpandedCode } from './expansion.ts'
import type { Terminology } from './terminology.ts'

/** A code that a client sent. */
export type SentCode = { readonly system?: string; readonly code: string; readonly display?: unknown }

/** Codes named in a sentence. */
const MAX_NAMED = 5
/** Value sets up to this size are compared code by code. */
const MAX_COMPARED = 200
/** Larger value sets get no suggestion. */
const MAX_LISTED = 5000
/** Characters that are compared. */
const MAX_COMPARED_LENGTH = 40
/** Suggestions in the cache, and the length of their keys. */
const MAX_CACHED = 100
const MAX_KEY_LENGTH = 500

/** Answers ` Did you mean ...? It allows ...`, or an empty text where the codes cannot be listed. Expands the value set once. */
export function suggestionsFor(valueSet: string, terminology: Terminology): (sent: SentCode) => string {
  let listed: Expansion | undefined
  const list = (): Expansion => {
    const found = terminology.find(valueSet, 'ValueSet')
    return found ? expand(found, terminology) : { items: [], unclosed: false, missing: [] }
  }
  // Clients send the same wrong code again and again.
  const cache = new Map<string, string>()
  return (sent) => {
    const key = JSON.stringify([sent.system, sent.code, sent.display])
    const cached = cache.get(key) ?? suggest(sent)
    if (cache.size < MAX_CACHED && key.length < MAX_KEY_LENGTH) cache.set(key, cached)
    return cached
  }

  function suggest(sent: SentCode): string {
    const { items, unclosed, missing } = (listed ??= list())
    if (items.length === 0 || items.length > MAX_LISTED) return ''
    const sameCode = sameCodeInOtherSystem(sent, items)
    if (sameCode) return ` It has the code \`${sameCode.code}\` of the system \`${sameCode.system}\`.`
    const likely = likelyCode(sent, items)
    const did = likely ? ` Did you mean ${shown(likely)}?` : ''
    if (items.length <= MAX_NAMED) return `${did} It allows ${items.map(shown).join(', ')}.`
    const nearestCodes = items.length <= MAX_COMPARED ? closest(sent, items) : misspelt(sent, items)
    if (nearestCodes.length === 0) return did
    const count = unclosed || missing.length > 0 ? '' : ` of its ${items.length} codes`
    return `${did} Nearest${count} ${nearestCodes.length === 1 ? 'is' : 'are'} ${nearestCodes.map(shown).join(', ')}.`
  }
}

/** `code` (Display), where the display differs from the code. */
function shown({ code, display }: ExpandedCode): string {
  const same = display === undefined || display.toLowerCase() === code.toLowerCase()
  return same ? `\`${code}\`` : `\`${code}\` (${display})`
}

const sameCodeInOtherSystem = ({ system, code }: SentCode, items: readonly ExpandedCode[]): ExpandedCode | undefined =>
  system === undefined ? undefined : items.find((one) => one.code === code && one.system !== system)

/** The code whose display was sent, or whose code is misspelt. */
const likelyCode = (sent: SentCode, items: readonly ExpandedCode[]): ExpandedCode | undefined =>
  items.find((one) => [sent.code, sent.display].some((text) => isDisplayOf(text, one))) ?? misspelt(sent, items)[0]

const isDisplayOf = (text: unknown, { display }: ExpandedCode): boolean =>
  typeof text === 'string' && text.length === display?.length && text.toLowerCase() === display.toLowerCase()

function misspelt({ code }: SentCode, items: readonly ExpandedCode[]): readonly ExpandedCode[] {
  if (code.length > MAX_COMPARED_LENGTH) return []
  const found = nearest(
    code,
    items.map((one) => one.code),
  )
  return items.filter((one) => one.code === found).slice(0, 1)
}

/** Sorted by the edit distance to the code or its display, relative to its length. */
function closest({ code, display }: SentCode, items: readonly ExpandedCode[]): readonly ExpandedCode[] {
  const sent = [code, ...(typeof display === 'string' ? [display] : [])].map((text) =>
    text.slice(0, MAX_COMPARED_LENGTH),
  )
  const ranked = items.map((item) => ({ item, far: Math.min(...sent.map((text) => relativeDistance(text, item))) }))
  return ranked
    .sort((one, other) => one.far - other.far)
    .slice(0, MAX_NAMED)
    .map(({ item }) => item)
}

const relativeDistance = (text: string, { code, display = code }: ExpandedCode): number =>
  Math.min(...[code, display].map((one) => textDistance(text, one.slice(0, MAX_COMPARED_LENGTH))))

const textDistance = (text: string, cached: string): number =>
  distance(text.toLowerCase(), cached.toLowerCase()) / Math.max(text.length, cached.length, 1)
