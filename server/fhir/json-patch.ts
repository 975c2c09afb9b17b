/**
 * JSON Patch on JSON text, its numbers with their digits: the one file that uses fast-json-patch.
 * https://www.rfc-editor.org/rfc/rfc6902 and https://hl7.org/fhir/R4/http.html#patch
 */
import jsonPatch, { type Operation } from 'fast-json-patch'
import { parseJson, serialize, writtenAs } from './json.ts'
import { refuse } from './outcome.ts'
import { pointerText, segmentsOf } from './json-pointer.ts'
import type { Json, JsonObject } from './types.ts'

/** An operation that was read: its pointers as segments, its value as JSON text, as it was sent. */
export type JsonPatchOperation = {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test'
  readonly path: readonly string[]
  readonly from?: readonly string[]
  readonly value?: string
}

/** What an operation makes of the document; called after each, so that a caller can refuse it. */
export type AfterOperation = (document: unknown, index: number) => void

const OPERATIONS = ['add', 'remove', 'replace', 'move', 'copy', 'test'] as const
const TAKES_VALUE = ['add', 'replace', 'test']
const TAKES_FROM = ['move', 'copy']

/**
 * Reads a JSON Patch document.
 * @throws OutcomeError `patch-malformed`, naming the operation
 */
export function parseJsonPatch(document: Json): readonly JsonPatchOperation[] {
  if (!Array.isArray(document))
    throw refuse('patch-malformed', 'A JSON Patch is an array of operations, such as `[{"op":"remove","path":"/x"}]`.')
  return (document as readonly Json[]).map(operationOf)
}

function operationOf(given: Json, index: number): JsonPatchOperation {
  const malformed = (sentence: string) => refuse('patch-malformed', `Operation ${index + 1} of the patch ${sentence}`)
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw malformed('is no object.')
  const { op: name, path, from, value } = given as JsonObject
  const op = OPERATIONS.find((one) => one === name)
  if (!op) throw malformed(`has the \`op\` ${shown(name)}; it must be one of ${OPERATIONS.join(', ')}.`)
  const pointer = (member: string, text: Json | undefined): readonly string[] => {
    if (typeof text !== 'string') throw malformed(`(${op}) needs \`${member}\`, a JSON Pointer such as \`/name/0\`.`)
    const segments = segmentsOf(text)
    if (!segments) throw malformed(`(${op}) has the \`${member}\` ${shown(text)}, which is no JSON Pointer.`)
    return segments
  }
  if (TAKES_VALUE.includes(op) && value === undefined) throw malformed(`(${op}) needs a \`value\`.`)
  return {
    op,
    path: pointer('path', path),
    ...(TAKES_FROM.includes(op) ? { from: pointer('from', from) } : {}),
    ...(TAKES_VALUE.includes(op) ? { value: writtenAs(given, 'value') ?? serialize(value) } : {}),
  }
}

/**
 * Applies the operations one after the other to a JSON text; all or none.
 * @returns the patched document
 * @throws OutcomeError `patch-conflict` for a test that fails or a path that leads nowhere, `patch-malformed` for an
 * array index that is none, `patch-too-long` for copies of copies; what `after` throws
 */
export function applyJsonPatch(text: string, operations: readonly JsonPatchOperation[], after?: AfterOperation): Json {
  let document: unknown = marked(text)
  let copied = 0
  for (const [index, operation] of operations.entries()) {
    const name = `Operation ${index + 1} of the patch (${operation.op} \`${clip(pointerText(operation.path))}\`)`
    const source = operation.from && target(document, operation.from, name)
    if (operation.op === 'copy') copied += sizeOf(source, name)
    if (copied > MOST_COPIED) throw tooLong(name)
    document = applied(document, operation, name)
    after?.(document, index)
  }
  return parseJson(unmarked(document)).value
}

function applied(document: unknown, { op, path, from, value }: JsonPatchOperation, name: string): unknown {
  if (op === 'add' || op === 'move' || op === 'copy') place(document, path, name)
  else target(document, path, name)
  if (op === 'test') {
    if (sameValue(target(document, path, name), marked(value ?? 'null'))) return document
    throw conflict(`${name} fails: the record has another value there.`)
  }
  if (op === 'move' && isWithin(path, from ?? [])) throw conflict(`${name} moves a value into itself.`)
  const operation = {
    op,
    path: pointerText(path),
    ...(from ? { from: pointerText(from) } : {}),
    ...(value === undefined ? {} : { value: marked(value) }),
  } as Operation
  return jsonPatch.applyOperation(document, operation, false, true, true).newDocument
}

const isWithin = (path: readonly string[], from: readonly string[]): boolean =>
  path.length > from.length && from.every((segment, index) => path[index] === segment)

/** The value that a pointer names. @throws OutcomeError where there is none */
function target(document: unknown, path: readonly string[], name: string): unknown {
  let value = document
  for (const [depth, segment] of path.entries()) {
    const found = Array.isArray(value) ? value[indexOf(segment, name)] : member(value, segment)
    if (found === undefined)
      throw conflict(`${name} does not apply: there is no \`${clip(pointerText(path.slice(0, depth + 1)))}\`.`)
    value = found
  }
  return value
}

/** Can a value be added there? The parent must be there, and an index at most the length of its array. */
function place(document: unknown, path: readonly string[], name: string): void {
  const last = path.at(-1)
  if (last === undefined) return
  const parent = target(document, path.slice(0, -1), name)
  if (typeof parent !== 'object' || parent === null)
    throw conflict(`${name} does not apply: \`${clip(pointerText(path.slice(0, -1)))}\` takes no members.`)
  if (!Array.isArray(parent) || last === '-') return
  if (indexOf(last, name) > parent.length)
    throw conflict(`${name} does not apply: the array has ${parent.length} items.`)
}

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined

/** https://www.rfc-editor.org/rfc/rfc6901#section-4: without leading zeros; `-` is past the end. */
function indexOf(segment: string, name: string): number {
  if (segment === '-') return Infinity
  if (/^(0|[1-9]\d{0,9})$/.test(segment)) return Number(segment)
  throw refuse('patch-malformed', `${name} has the array index \`${clip(segment)}\`; an index is written as \`0\`.`)
}

/** Bounds what copies of copies make. */
const MOST_COPIED = 100_000
const MOST_DEEP = 64

/** About how many characters a value takes. */
function sizeOf(value: unknown, name: string, depth = 0): number {
  if (depth > MOST_DEEP) throw tooLong(name)
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 5
  return Object.entries(value).reduce((sum, [key, one]) => sum + key.length + sizeOf(one, name, depth + 1), 2)
}

/**
 * The operations that make one JSON text of another, values as JSON text, numbers as they are written.
 */
export function compareJson(
  before: unknown,
  after: unknown,
): readonly { readonly op: string; readonly path: string; readonly value?: string }[] {
  return jsonPatch.compare(marked(serialize(before)) as object, marked(serialize(after)) as object).map((change) => ({
    op: change.op,
    path: change.path,
    ...('value' in change && change.value !== undefined ? { value: unmarked(change.value) } : {}),
  }))
}

/** Marks a string that is the text of a number: no resource contains U+0000. https://hl7.org/fhir/R4/datatypes.html#string */
const NUMBER = '\u0000'
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
const MARKED_NUMBER = /"\\u0000([^"]*)"/g

/**
 * A JSON text as a value, with numbers as marked strings of their text: `1.50` and `1.5` differ, and the library, which
 * copies values, keeps the digits.
 */
const marked = (text: string): unknown =>
  JSON.parse(
    text.replace(STRING_OR_NUMBER, (token) => (token.startsWith('"') ? token : JSON.stringify(NUMBER + token))),
  )

const unmarked = (value: unknown): string => JSON.stringify(value).replace(MARKED_NUMBER, '$1')

/** https://www.rfc-editor.org/rfc/rfc6902#section-4.6: numbers are equal by value, objects whatever their order. */
function sameValue(one: unknown, other: unknown): boolean {
  if (typeof one === 'string' && typeof other === 'string')
    return one === other || (isNumber(one) && isNumber(other) && Number(one.slice(1)) === Number(other.slice(1)))
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return one === other
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const names = Object.keys(one)
  if (names.length !== Object.keys(other).length) return false
  return names.every((name) => Object.hasOwn(other, name) && sameValue(member(one, name), member(other, name)))
}

const isNumber = (text: string): boolean => text.startsWith(NUMBER)

const conflict = (text: string) => refuse('patch-conflict', `${text} Read the record again, and patch what it is now.`)
const tooLong = (name: string) =>
  refuse('patch-too-long', `${name} copies too much: copies take ${MOST_COPIED} characters at most.`)
const shown = (value: unknown): string => `\`${clip(JSON.stringify(value) ?? 'undefined')}\``
const clip = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text)
