/**
 * Where in a JSON text something stands, for messages about a file that a person has open.
 * A second pass over the text, made only when there is something to report.
 */

/** Both count from 1; a column is a UTF-16 unit. */
export type Position = { readonly line: number; readonly column: number }

export function lineAndColumn(text: string, at: number): Position {
  const begin = text.charCodeAt(0) === 0xfeff ? 1 : 0
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
export function positionOf(text: string, expression: string): Position {
  let at = skipSpace(text, text.charCodeAt(0) === 0xfeff ? 1 : 0)
  for (const step of steps(expression)) {
    const next = typeof step === 'number' ? item(text, at, step) : member(text, at, step)
    if (next === undefined) break
    at = next
  }
  return lineAndColumn(text, at)
}

/** `Patient.name[0].given` as name, 0, given: the leading type name and FHIRPath functions are left out. */
function steps(expression: string): (string | number)[] {
  const found: (string | number)[] = []
  for (const [part, name, index] of expression.matchAll(/(?:^|\.)([A-Za-z_]\w*)(?![\w(])|\[(\d+)\]/g)) {
    if (name === undefined) found.push(Number(index))
    else if (part.startsWith('.') || !/^[A-Z]/.test(name)) found.push(name)
  }
  return found
}

/** Where the value of a property begins; a choice element is found by its stem (`value` finds `valueString`). */
function member(text: string, at: number, name: string): number | undefined {
  if (text[at] !== '{') return undefined
  let byStem: number | undefined
  for (const [key, begin] of members(text, at)) {
    if (key === name) return begin
    if (key.startsWith(name) && /^[A-Z]/.test(key.slice(name.length))) byStem ??= begin
  }
  return byStem
}

function* members(text: string, at: number): Generator<[string, number]> {
  let here = skipSpace(text, at + 1)
  while (text[here] === '"') {
    const end = skipString(text, here)
    const begin = skipSpace(text, skipSpace(text, end) + 1)
    yield [text.slice(here + 1, end - 1), begin]
    here = afterComma(text, skipValue(text, begin))
  }
}

/** The item of an array; a single value is its own first item. */
function item(text: string, at: number, index: number): number | undefined {
  if (text[at] !== '[') return index === 0 ? at : undefined
  let here = skipSpace(text, at + 1)
  for (let count = 0; here < text.length && text[here] !== ']'; count++) {
    if (count === index) return here
    here = afterComma(text, skipValue(text, here))
  }
  return undefined
}

function afterComma(text: string, at: number): number {
  const here = skipSpace(text, at)
  return text[here] === ',' ? skipSpace(text, here + 1) : here
}

function skipSpace(text: string, at: number): number {
  while (at < text.length && ' \n\r\t'.includes(text[at]!)) at++
  return at
}

function skipString(text: string, at: number): number {
  let here = at + 1
  while (here < text.length && text[here] !== '"') here += text[here] === '\\' ? 2 : 1
  return here + 1
}

function skipValue(text: string, at: number): number {
  let open = 0
  let here = at
  while (here < text.length) {
    const sign = text[here]!
    if (sign === '"') here = skipString(text, here)
    else if (open === 0 && (sign === ',' || sign === '}' || sign === ']')) return here
    else {
      if (sign === '{' || sign === '[') open++
      if (sign === '}' || sign === ']') open--
      here++
    }
    if (open === 0 && (sign === '}' || sign === ']' || sign === '"')) return here
  }
  return here
}
