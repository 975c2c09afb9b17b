/** What a value set allows, for a sentence about a code that it does not: a few codes with what they mean. */
import { distance, nearest } from '../fhir/nearest.ts'
import { expand, type Expansion, type Item } from './expansion.ts'
import type { Terminology } from './terminology.ts'

/** A code that was sent. */
export type Sent = { readonly system?: string; readonly code: string; readonly display?: unknown }

/** How many codes are named. */
const MOST = 5
/** More codes than this are not compared one by one, and those of even larger sets not at all. */
const COMPARED = 200
const LISTED = 5000
/** Characters of what was sent that are compared. */
const LONGEST = 40
/** Hints that are kept, and how long what was sent may be for that. */
const REMEMBERED = 100
const LONGEST_KEY = 500

/** Answers ` Did you mean ...? It allows ...`, or nothing where the codes cannot be listed. They are listed once. */
export function hintsOf(valueSet: string, terminology: Terminology): (sent: Sent) => string {
  let listed: Expansion | undefined
  const list = (): Expansion => {
    const found = terminology.find(valueSet, 'ValueSet')
    return found ? expand(found, terminology) : { items: [], unclosed: false, missing: [] }
  }
  // A code that is not allowed comes again, as every record of an agency brings it.
  const told = new Map<string, string>()
  return (sent) => {
    const key = JSON.stringify([sent.system, sent.code, sent.display])
    const known = told.get(key) ?? tell(sent)
    if (told.size < REMEMBERED && key.length < LONGEST_KEY) told.set(key, known)
    return known
  }

  function tell(sent: Sent): string {
    const { items, unclosed, missing } = (listed ??= list())
    if (items.length === 0 || items.length > LISTED) return ''
    const twin = ofAnotherSystem(sent, items)
    if (twin) return ` It has the code \`${twin.code}\` of the system \`${twin.system}\`.`
    const guess = meant(sent, items)
    const did = guess ? ` Did you mean ${shown(guess)}?` : ''
    if (items.length <= MOST) return `${did} It allows ${items.map(shown).join(', ')}.`
    const near = items.length <= COMPARED ? closest(sent, items) : slips(sent, items)
    if (near.length === 0) return did
    const count = unclosed || missing.length > 0 ? '' : ` of its ${items.length} codes`
    return `${did} Nearest${count} ${near.length === 1 ? 'is' : 'are'} ${near.map(shown).join(', ')}.`
  }
}

/** `code` (Display), where the display tells more. */
function shown({ code, display }: Item): string {
  const same = display === undefined || display.toLowerCase() === code.toLowerCase()
  return same ? `\`${code}\`` : `\`${code}\` (${display})`
}

const ofAnotherSystem = ({ system, code }: Sent, items: readonly Item[]): Item | undefined =>
  system === undefined ? undefined : items.find((one) => one.code === code && one.system !== system)

/** What goes by the name that was sent, or is spelt almost so. */
const meant = (sent: Sent, items: readonly Item[]): Item | undefined =>
  items.find((one) => [sent.code, sent.display].some((word) => isName(word, one))) ?? slips(sent, items)[0]

const isName = (word: unknown, { display }: Item): boolean =>
  typeof word === 'string' && word.length === display?.length && word.toLowerCase() === display.toLowerCase()

function slips({ code }: Sent, items: readonly Item[]): readonly Item[] {
  if (code.length > LONGEST) return []
  const found = nearest(
    code,
    items.map((one) => one.code),
  )
  return items.filter((one) => one.code === found).slice(0, 1)
}

/** By how much of the code or of the display would have to be changed. */
function closest({ code, display }: Sent, items: readonly Item[]): readonly Item[] {
  const sent = [code, ...(typeof display === 'string' ? [display] : [])].map((word) => word.slice(0, LONGEST))
  const ranked = items.map((item) => ({ item, far: Math.min(...sent.map((word) => far(word, item))) }))
  return ranked
    .sort((one, other) => one.far - other.far)
    .slice(0, MOST)
    .map(({ item }) => item)
}

const far = (word: string, { code, display = code }: Item): number =>
  Math.min(...[code, display].map((one) => part(word, one.slice(0, LONGEST))))

const part = (word: string, known: string): number =>
  distance(word.toLowerCase(), known.toLowerCase()) / Math.max(word.length, known.length, 1)
