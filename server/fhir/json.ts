/**
 * JSON text to value, stricter than JSON.parse: an object that names a property twice, nesting past the limit and lone
 * surrogates are refused, errors carry line and column, and numbers are kept as written.
 * https://www.rfc-editor.org/rfc/rfc8259 and https://hl7.org/fhir/R4/json.html
 */
import type { Json } from './types.ts'
import { refuse } from './outcome.ts'
import { remember } from './decimals.ts'
import { lineAndColumn, type Position } from './position.ts'

export { carry, serialize, writtenAs } from './decimals.ts'
export { createLocator, positionOf } from './position.ts'

export const MAX_DEPTH = 64

/** `decimals`: some number was written in a way that JavaScript would not write it (and is kept). */
export type ParsedJson = { readonly value: Json; readonly decimals: boolean }

export type ParseOptions = {
  readonly depth?: number
  /** The line of a larger text on which this one begins; default 1. */
  readonly line?: number
}

/**
 * Reads one JSON value; a byte order mark before it is ignored.
 * @throws OutcomeError `json-malformed`, `json-duplicate-key` or `json-too-deep`, each naming line and column.
 */
export function parseJson(text: string, options: ParseOptions = {}): ParsedJson {
  const parser = new JsonParser(text, options)
  return { value: parser.document(), decimals: parser.decimals }
}

export type Members = { [key: string]: Json }

export const CLOSING_BRACE = 125
export const CLOSING_BRACKET = 93

/** Thrown where an object or array goes on behind `stop`. */
export const PAST_STOP = new Error('The text is longer than one turn.')

/** Recursive descent; the recursion is bounded by the depth limit. Numbers below are UTF-16 codes. */
export class JsonParser {
  readonly text: string
  readonly maxDepth: number
  readonly line: number
  at: number
  decimals = false
  /** Where the objects and arrays that are read must end (json-in-turns.ts). */
  stop = Infinity
  /** The text of the number just read, if it has to be remembered by the container that takes it. */
  written: string | undefined = undefined

  constructor(text: string, { depth, line }: ParseOptions) {
    this.text = text
    this.maxDepth = depth ?? MAX_DEPTH
    this.line = line ?? 1
    this.at = text.charCodeAt(0) === 0xfeff ? 1 : 0
  }

  document(): Json {
    const value = this.value(0)
    this.end()
    return value
  }

  end(): void {
    this.peek()
    if (this.at < this.text.length) throw this.malformed('the end of the text')
  }

  /** Skips white space; answers the code of the next character (NaN at the end) without taking it. */
  peek(): number {
    let code = this.text.charCodeAt(this.at)
    while (code === 32 || code === 10 || code === 13 || code === 9) code = this.text.charCodeAt(++this.at)
    return code
  }

  value(depth: number): Json {
    const code = this.peek()
    if (code === 34) return this.string()
    if (code === 123) return this.object(depth + 1)
    if (code === 91) return this.array(depth + 1)
    if (code === 45 || (code >= 48 && code <= 57)) return this.number()
    if (code === 116) return this.word('true', true)
    if (code === 102) return this.word('false', false)
    if (code === 110) return this.word('null', null)
    throw this.malformed('a value')
  }

  object(depth: number): Json {
    const members: Members = {}
    if (this.opens(depth, CLOSING_BRACE)) return members
    do {
      const start = this.memberStart()
      const key = this.memberName()
      this.member(members, key, this.value(depth), start)
    } while (this.continues(CLOSING_BRACE))
    return members
  }

  array(depth: number): Json {
    const items: Json[] = []
    if (this.opens(depth, CLOSING_BRACKET)) return items
    do this.item(items, this.value(depth))
    while (this.continues(CLOSING_BRACKET))
    return items
  }

  /** Takes the sign that opens an object or array. True: it is empty, and its end is taken, too. */
  opens(depth: number, closing: number): boolean {
    if (depth > this.maxDepth) throw this.tooDeep()
    this.at++
    if (this.peek() !== closing) return false
    this.at++
    return true
  }

  /** After a member or item: takes the sign that follows. False: the object or array is closed. */
  continues(closing: number): boolean {
    const code = this.peek()
    if (code !== 44 && code !== closing) throw this.malformed(closing === CLOSING_BRACE ? '`,` or `}`' : '`,` or `]`')
    this.at++
    if (this.at > this.stop) throw PAST_STOP
    return code === 44
  }

  memberStart(): number {
    if (this.peek() !== 34) throw this.malformed('a property name in double quotes')
    return this.at
  }

  memberName(): string {
    const key = this.string()
    if (this.peek() !== 58) throw this.malformed(`\`:\` after the property name \`${key}\``)
    this.at++
    return key
  }

  member(members: Members, key: string, value: Json, start: number): void {
    // A property that is there already, or that Object.prototype has (`__proto__`, `constructor`), goes the slow way.
    if (members[key] === undefined) members[key] = value
    else this.define(members, key, value, start)
    if (this.written !== undefined) this.keep(members, key)
  }

  item(items: Json[], value: Json): void {
    items.push(value)
    if (this.written !== undefined) this.keep(items, items.length - 1)
  }

  define(members: Members, key: string, value: Json, start: number): void {
    if (Object.hasOwn(members, key)) {
      const text = `The property \`${key}\` is given twice in one object (${this.where(start)}). Give it once.`
      throw refuse('json-duplicate-key', text, { position: this.position(start) })
    }
    // Not by assignment: that would set the prototype.
    Object.defineProperty(members, key, { value, enumerable: true, configurable: true, writable: true })
  }

  keep(container: object, key: string | number): void {
    remember(container, key, this.written!)
    this.written = undefined
    this.decimals = true
  }

  string(): string {
    const text = this.text
    const start = this.at + 1
    let at = start
    for (;;) {
      const code = text.charCodeAt(at)
      if (code === 34) break
      // Also true for NaN, the end of the text.
      if (code === 92 || !(code >= 32) || (code >= 0xd800 && code <= 0xdfff)) return this.unusualString(start, at)
      at++
    }
    this.at = at + 1
    return text.slice(start, at)
  }

  /** A string with escapes or surrogates, from the first of them on. */
  unusualString(start: number, from: number): string {
    const text = this.text
    let read = ''
    let taken = start
    this.at = from
    for (;;) {
      const code = text.charCodeAt(this.at)
      if (code === 34) break
      if (!(code >= 32)) throw this.malformed('the rest of the string (a control character must be escaped)')
      if (code !== 92) {
        this.at++
        continue
      }
      read += text.slice(taken, this.at) + this.escape()
      taken = this.at
    }
    read += text.slice(taken, this.at)
    if (LONE_SURROGATE.test(read)) throw this.malformedAt(start - 1, 'The string holds half of a surrogate pair.')
    this.at++
    return read
  }

  escape(): string {
    const sign = this.text[++this.at]
    const simple = sign === undefined ? undefined : ESCAPES.get(sign)
    if (simple !== undefined) {
      this.at++
      return simple
    }
    if (sign !== 'u') throw this.malformed('one of `" \\ / b f n r t u` after `\\`')
    const digits = this.text.slice(this.at + 1, this.at + 5)
    if (!FOUR_HEX.test(digits)) throw this.malformed('four hexadecimal digits after `\\u`', this.at + 1)
    this.at += 5
    return String.fromCharCode(Number.parseInt(digits, 16))
  }

  number(): number {
    const text = this.text
    const start = this.at
    let at = text.charCodeAt(start) === 45 ? start + 1 : start
    const first = at
    let whole = 0
    let code = text.charCodeAt(at)
    while (code >= 48 && code <= 57) {
      whole = whole * 10 + code - 48
      code = text.charCodeAt(++at)
    }
    this.at = at
    if (at === first) throw this.malformed('a digit after `-`')
    if (at - first > 1 && text.charCodeAt(first) === 48) throw this.malformed('no digit after a leading `0`', first + 1)
    // Fifteen digits are exact. `-0` goes the other way, to be remembered.
    if (code !== 46 && (code | 32) !== 101 && at - first <= 15 && whole !== 0) return first === start ? whole : -whole
    return this.numberAsWritten(start)
  }

  numberAsWritten(start: number): number {
    if (this.text.charCodeAt(this.at) === 46) this.digits(this.at + 1, 'after the decimal point')
    if ((this.text.charCodeAt(this.at) | 32) === 101) {
      const sign = this.text.charCodeAt(this.at + 1)
      this.digits(this.at + (sign === 43 || sign === 45 ? 2 : 1), 'in the exponent')
    }
    const written = this.text.slice(start, this.at)
    const number = Number(written)
    if (!Number.isFinite(number)) throw this.malformedAt(start, `The number \`${clip(written)}\` is too large.`)
    if (String(number) !== written) this.written = written
    return number
  }

  digits(from: number, where: string): void {
    let at = from
    let code = this.text.charCodeAt(at)
    while (code >= 48 && code <= 57) code = this.text.charCodeAt(++at)
    this.at = at
    if (at === from) throw this.malformed(`a digit ${where}`)
  }

  word<T extends Json>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) throw this.malformed('a value (text goes in double quotes)')
    this.at += word.length
    return value
  }

  malformed(expected: string, at: number = this.at) {
    const point = this.text.codePointAt(at)
    return this.malformedAt(
      at,
      `Found ${point === undefined ? 'the end of the text' : shown(point)} where ${expected} was expected.`,
    )
  }

  malformedAt(at: number, sentence: string) {
    const text = `The body is not JSON at ${this.where(at)}. ${sentence}`
    return refuse('json-malformed', text, { position: this.position(at) })
  }

  tooDeep() {
    const text = `Objects and arrays nest more than ${this.maxDepth} deep at ${this.where(this.at)}. Send a flatter body.`
    return refuse('json-too-deep', text, { position: this.position(this.at) })
  }

  where(at: number): string {
    const { line, column } = this.position(at)
    return `line ${line}, column ${column}`
  }

  position(at: number): Position {
    const { line, column } = lineAndColumn(this.text, at)
    return { line: line + this.line - 1, column }
  }
}

const LONE_SURROGATE = /\p{Surrogate}/u
const FOUR_HEX = /^[0-9a-fA-F]{4}$/
const ESCAPES = new Map(Object.entries({ '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }))

const clip = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text)

function shown(point: number): string {
  if (point > 32 && point !== 127 && point !== 96 && !(point >= 0xd800 && point <= 0xdfff))
    return `\`${String.fromCodePoint(point)}\``
  return `U+${point.toString(16).toUpperCase().padStart(4, '0')}`
}
