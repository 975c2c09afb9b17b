/**
 * Numbers as they were written: `1.50` stays `1.50`. A parsed container remembers the text of those of its numbers
 * that JavaScript would write differently; `serialize` gives them back.
 * https://hl7.org/fhir/R4/datatypes.html#decimal ("the precision of the decimal value has significance")
 */
import type { Json } from './types.ts'

/**
 * The memory hangs on the container itself, under a symbol: JSON, Object.keys and validators do not see it, and a
 * spread copy (`{ ...quantity, unit: 'h' }`) takes it along. It is never changed after parsing, so copies may share it.
 */
const WRITTEN = Symbol('numbers as written')

type Container = object & { [WRITTEN]?: ReadonlyMap<string | number, string> }

/** Only a shortcut: until the first such number is met, `serialize` is JSON.stringify. */
let met = false

/** Remembers how a number of a container was written. For the parser. */
export function remember(container: object, key: string | number, text: string): void {
  const holder = container as Container
  met = true
  if (holder[WRITTEN] === undefined) holder[WRITTEN] = new Map()
  ;(holder[WRITTEN] as Map<string | number, string>).set(key, text)
}

/** Forgets how the numbers of a container were written: where its members change places. */
export function forget(container: object): void {
  delete (container as Container)[WRITTEN]
}

/** The text of a number, where it was written differently from what JavaScript writes: `1.50`; else undefined. */
export function writtenAs(container: object, key: string | number): string | undefined {
  const text = (container as Container)[WRITTEN]?.get(key)
  return text !== undefined && Object.is(Number(text), (container as Record<string | number, unknown>)[key])
    ? text
    : undefined
}

/** Is a number of the container, or of a list in it, written differently from what JavaScript writes? */
export function remembersNumbers(container: object): boolean {
  if (!met) return false
  if ((container as Container)[WRITTEN] !== undefined) return true
  return Object.values(container).some((one) => Array.isArray(one) && (one as Container)[WRITTEN] !== undefined)
}

/**
 * Are two JSON values the same, to the digit? `1.50` is not `1.5`. The order of properties does not count; a property
 * that is undefined is not there.
 */
export function sameAsWritten(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return one === other
  if (Array.isArray(one) || Array.isArray(other))
    return Array.isArray(one) && Array.isArray(other) && sameLists(one, other)
  let surplus = 0
  for (const name in one) {
    const member = memberOf(one, name)
    if (member === undefined) continue
    const isSame = Object.hasOwn(other, name) && sameAsWritten(member, memberOf(other, name))
    if (!isSame || writtenAs(one, name) !== writtenAs(other, name)) return false
    surplus -= 1
  }
  for (const name in other) if (memberOf(other, name) !== undefined) surplus += 1
  return surplus === 0
}

const sameLists = (one: readonly unknown[], other: readonly unknown[]): boolean =>
  one.length === other.length &&
  one.every((item, index) => sameAsWritten(item, other[index]) && writtenAs(one, index) === writtenAs(other, index))

const memberOf = (holder: object, name: string): unknown => (holder as Record<string, unknown>)[name]

/** Takes the memory of one container to another where a spread did not (arrays, copies key by key). Answers `to`. */
export function carry<T extends object>(from: object, to: T): T {
  const memory = (from as Container)[WRITTEN]
  if (memory === undefined) return to
  const own = (to as Container)[WRITTEN]
  ;(to as Container)[WRITTEN] = own === undefined ? memory : new Map([...memory, ...own])
  return to
}

/** JSON text of a value, its numbers as they were written as long as they still have that value. */
export function serialize(value: unknown): string {
  return met && remembers(value) ? write(value) : JSON.stringify(value)
}

function remembers(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if ((value as Container)[WRITTEN] !== undefined) return true
  if (Array.isArray(value)) return value.some(remembers)
  for (const key in value) if (remembers((value as Record<string, unknown>)[key])) return true
  return false
}

function write(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  return Array.isArray(value) ? writeArray(value) : writeObject(value as { [key: string]: Json })
}

function writeArray(items: Json[]): string {
  const memory = (items as Container)[WRITTEN]
  return `[${items.map((item, index) => writeMember(memory, index, item)).join(',')}]`
}

function writeObject(object: { [key: string]: Json }): string {
  const memory = (object as Container)[WRITTEN]
  const members: string[] = []
  for (const key of Object.keys(object)) {
    const value = object[key]
    if (value !== undefined) members.push(`${JSON.stringify(key)}:${writeMember(memory, key, value)}`)
  }
  return `{${members.join(',')}}`
}

function writeMember(memory: ReadonlyMap<string | number, string> | undefined, key: string | number, value: Json) {
  if (typeof value !== 'number' || memory === undefined) return write(value)
  const text = memory.get(key)
  return text !== undefined && Object.is(Number(text), value) ? text : JSON.stringify(value)
}
