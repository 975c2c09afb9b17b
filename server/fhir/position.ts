/**
 * Where in a JSON text something stands, for messages about a file that a person has open.
 * A second pass over the text, made only when there is something to report.
 */

/** Both count from 1; a column is a UTF-16 unit. */
export type Position = { readonly line: number; readonly column: number }

export function lineAndColumn(text: string, at: number): Position {
  const begin = beginOf(text)
  let line = 1
  let start = begin
  for (let feed = text.indexOf('\n'); feed !== -1 && feed < at; feed = text.indexOf('\n', feed + 1)) {
    line++
    start = feed + 1
  }
  return { line, column: Math.max(at - start, 0) + 1 }
}

/**
 * The position of the element that an issue's expression names (`Patient.name[0].given[1]`), in a text that is valid
 * JSON. An element that is not there (a missing one) has the position of the nearest one that is.
 */
export const positionOf = (text: string, expression: string): Position => createLocator(text)(expression)

/** The same for many expressions: every object and array on the way is read once. */
export function createLocator(text: string): (expression: string) => Position {
  const read = new Map<number, Inside>()
  const lines = lineStarts(text)
  const inside = (at: number): Inside => {
    const entry = read.get(at) ?? insideOf(text, at)
    read.set(at, entry)
    return entry
  }
  return (expression) => {
    const { at } = deepest({ at: skipSpace(text, beginOf(text)), depth: 0 }, stepsOf(expression), inside)
    const line = lineOf(lines, at)
    return { line, column: at - lines[line - 1]! + 1 }
  }
}

/** Where the parts of an object (by name) or an array (by index) begin. */
type Inside = ReadonlyMap<string | number, number>
type Reached = { readonly at: number; readonly depth: number }

/** `Patient.name[0].given` as name, 0, given: the leading type name and FHIRPath functions are left out. */
export function stepsOf(expression: string): (string | number)[] {
  const found: (string | number)[] = []
  for (const [part, name, index] of expression.matchAll(/(?:^|\.)([A-Za-z_]\w*)(?![\w(])|\[(\d+)\]/g)) {
    if (name === undefined) found.push(Number(index))
    else if (part.startsWith('.') || !/^[A-Z]/.test(name)) found.push(name)
  }
  return found
}

/**
 * Follows the steps as far as they lead. A name may stand for its choice (`value` for `valueString`) or for the
 * sibling of a primitive (`birthDate` for `_birthDate`); the one that leads furthest is meant.
 * https://hl7.org/fhir/R4/json.html#primitive
 */
function deepest(from: Reached, steps: readonly (string | number)[], inside: (at: number) => Inside): Reached {
  const [step, ...rest] = steps
  if (step === undefined) return from
  let best = from
  for (const at of candidates(from.at, step, inside)) {
    const reached = deepest({ at, depth: from.depth + 1 }, rest, inside)
    if (reached.depth > best.depth) best = reached
    if (best.depth === from.depth + steps.length) break
  }
  return best
}

function candidates(at: number, step: string | number, inside: (at: number) => Inside): number[] {
  const parts = inside(at)
  // A single value is its own first item.
  if (typeof step === 'number') return parts.has(step) ? [parts.get(step)!] : step === 0 && !parts.has(0) ? [at] : []
  const choice = parts.has(step) ? undefined : [...parts.keys()].find((key) => isChoiceOf(String(key), step))
  return [step, choice, `_${step}`].flatMap((key) => (key === undefined ? [] : (parts.get(key) ?? [])))
}

const isChoiceOf = (key: string, stem: string): boolean => key.startsWith(stem) && /^[A-Z]/.test(key.slice(stem.length))

function insideOf(text: string, at: number): Inside {
  const parts = new Map<string | number, number>()
  const open = text.charCodeAt(at)
  if (open !== BRACE && open !== BRACKET) return parts
  let here = skipSpace(text, at + 1)
  while (here < text.length && !isEnd(text.charCodeAt(here))) {
    let key: string | number = parts.size
    if (open === BRACE) {
      const end = skipString(text, here)
      key = text.slice(here + 1, end - 1)
      here = skipSpace(text, skipSpace(text, end) + 1)
    }
    parts.set(key, here)
    here = skipSpace(text, skipValue(text, here))
    if (text.charCodeAt(here) === COMMA) here = skipSpace(text, here + 1)
  }
  return parts
}

const QUOTE = 34
const COMMA = 44
const BACKSLASH = 92
const BRACKET = 91
const BRACE = 123

const isOpening = (code: number): boolean => code === BRACE || code === BRACKET
const isEnd = (code: number): boolean => code === 125 || code === 93

const beginOf = (text: string): number => (text.charCodeAt(0) === 0xfeff ? 1 : 0)

function skipSpace(text: string, at: number): number {
  let code = text.charCodeAt(at)
  while (code === 32 || code === 10 || code === 13 || code === 9) code = text.charCodeAt(++at)
  return at
}

/** By `indexOf`: texts are most of a large body. */
function skipString(text: string, at: number): number {
  let end = text.indexOf('"', at + 1)
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return (end === -1 ? text.length : end) + 1
}

function isEscaped(text: string, at: number): boolean {
  let before = at
  while (text.charCodeAt(before - 1) === BACKSLASH) before--
  return (at - before) % 2 === 1
}

function skipValue(text: string, at: number): number {
  let open = 0
  let here = at
  while (here < text.length) {
    const code = text.charCodeAt(here)
    if (open === 0 && (code === COMMA || isEnd(code))) return here
    here = code === QUOTE ? skipString(text, here) : here + 1
    if (isOpening(code)) open++
    else if (isEnd(code)) open--
    if (open === 0 && (isEnd(code) || code === QUOTE)) return here
  }
  return here
}

/** Where each line begins. */
function lineStarts(text: string): number[] {
  const starts = [beginOf(text)]
  for (let feed = text.indexOf('\n'); feed !== -1; feed = text.indexOf('\n', feed + 1)) starts.push(feed + 1)
  return starts
}

/** The line (from 1) of an offset. */
function lineOf(starts: readonly number[], at: number): number {
  let low = 0
  let high = starts.length
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (starts[middle]! <= at) low = middle
    else high = middle
  }
  return low + 1
}
