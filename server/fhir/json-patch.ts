/**
 * JSON Patch on JSON text, its numbers with their digits: the one file that uses fast-json-patch.
 * https://www.rfc-editor.org/rfc/rfc6902 and https://hl7.org/fhir/R4/http.html#patch
 */
import jsonPatch, { type Operation } from 'fast-json-patch'
import { carry, forget, remember } from './decimals.ts'
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
 * Applies the operations one after the other; all or none. The document is changed: it must belong to the caller alone.
 * @param document as `parseJson` reads it
 * @returns the patched document
 * @throws OutcomeError `patch-conflict` for a test that fails or a path that leads nowhere, `patch-malformed` for an
 * array index that is none, `patch-too-long` for copies of copies; what `after` throws
 */
export function applyJsonPatch(
  document: Json,
  operations: readonly JsonPatchOperation[],
  after?: AfterOperation,
): Json {
  const marked: Containers = new Set()
  let patched: unknown = document
  let copied = 0
  for (const [index, operation] of operations.entries()) {
    const name = `Operation ${index + 1} of the patch (${operation.op} \`${clip(pointerText(operation.path))}\`)`
    const source = operation.from && target(patched, operation.from, name)
    if (operation.op === 'copy') copied += sizeOf(source, name)
    if (copied > MOST_COPIED) throw tooLong(name)
    patched = applied(patched, operation, name, marked)
    after?.(patched, index)
  }
  marked.forEach(unmarkNumbers)
  return (isMarked(patched) ? Number(patched.slice(1)) : patched) as Json
}

function applied(
  document: unknown,
  { op, path, from, value }: JsonPatchOperation,
  name: string,
  marked: Containers,
): unknown {
  if (op === 'add' || op === 'move' || op === 'copy') place(document, path, name)
  else target(document, path, name)
  if (op === 'test') {
    if (sameValue(target(document, path, name), parseJson(value ?? 'null').value)) return document
    throw conflict(`${name} fails: the record has another value there.`)
  }
  if (op === 'move' && isWithin(path, from ?? [])) throw conflict(`${name} moves a value into itself.`)
  for (const pointer of [path, from ?? []]) markNumbers(target(document, pointer.slice(0, -1), name), marked)
  const operation = {
    op: op === 'copy' ? 'add' : op,
    path: pointerText(path),
    ...(op === 'move' ? { from: pointerText(from ?? []) } : {}),
    ...(op === 'copy' ? { value: copyOf(target(document, from ?? [], name), marked) } : {}),
    ...(value === undefined ? {} : { value: valueOf(value) }),
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

/**
 * Marks a string that is the text of a number: no resource contains U+0000. The library moves values from one object or
 * list to another; a number keeps its digits as such a string. https://hl7.org/fhir/R4/datatypes.html#string
 */
const NUMBER = '\u0000'
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
const MARKED_NUMBER = /"\\u0000([^"]*)"/g
const IS_MARKED = /^\0-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** The objects and lists of a document whose numbers may be marked: those that operations have led to. */
type Containers = Set<object>
type Members = { [name: string | number]: unknown }

/** Marks the numbers of one object or list; not those within its members, which move along with them. */
function markNumbers(container: unknown, marked: Containers): void {
  if (typeof container !== 'object' || container === null || marked.has(container)) return
  marked.add(container)
  eachMember(container, (value, key, members) => {
    if (typeof value === 'number') members[key] = NUMBER + (writtenAs(container, key) ?? String(value))
  })
  forget(container)
}

function unmarkNumbers(container: object): void {
  eachMember(container, (value, key, members) => {
    if (!isMarked(value)) return
    const text = value.slice(1)
    members[key] = Number(text)
    if (String(Number(text)) !== text) remember(container, key, text)
  })
}

function eachMember(container: object, each: (value: unknown, key: string | number, members: Members) => void): void {
  // Not by keys for a list, which makes a text of each index.
  if (Array.isArray(container)) container.forEach((value, index) => each(value, index, container as unknown as Members))
  else for (const [key, value] of Object.entries(container)) each(value, key, container as Members)
}

/** The value of an operation; a number marked. */
function valueOf(text: string): unknown {
  const { value } = parseJson(text)
  return typeof value === 'number' ? NUMBER + text : value
}

/** A copy, its numbers as they are written or marked. */
function copyOf(value: unknown, marked: Containers): unknown {
  if (typeof value !== 'object' || value === null) return value
  const copy: object = Array.isArray(value)
    ? value.map((one) => copyOf(one, marked))
    : Object.fromEntries(Object.entries(value).map(([key, one]) => [key, copyOf(one, marked)]))
  marked.add(copy)
  return carry(value, copy)
}

/** A JSON text as a value, with all numbers marked: `1.50` and `1.5` differ. */
const marked = (text: string): unknown =>
  JSON.parse(
    text.replace(STRING_OR_NUMBER, (token) => (token.startsWith('"') ? token : JSON.stringify(NUMBER + token))),
  )

const unmarked = (value: unknown): string => JSON.stringify(value).replace(MARKED_NUMBER, '$1')

/** https://www.rfc-editor.org/rfc/rfc6902#section-4.6: numbers are equal by value, objects whatever their order. */
function sameValue(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
    return (isMarked(one) ? Number(one.slice(1)) : one) === other
  if (Array.isArray(one) !== Array.isArray(other)) return false
  const names = Object.keys(one)
  if (names.length !== Object.keys(other).length) return false
  return names.every((name) => Object.hasOwn(other, name) && sameValue(member(one, name), member(other, name)))
}

const isMarked = (value: unknown): value is string => typeof value === 'string' && IS_MARKED.test(value)

const conflict = (text: string) => refuse('patch-conflict', `${text} Read the record again, and patch what it is now.`)
const tooLong = (name: string) =>
  refuse('patch-too-long', `${name} copies too much: copies take ${MOST_COPIED} characters at most.`)
const shown = (value: unknown): string => `\`${clip(JSON.stringify(value) ?? 'undefined')}\``
const clip = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text)
