/** Objects: one pass over the properties that are there. */
import type { JsonObject } from '../../fhir/types.ts'
import type { Choice, Schema } from '../compile/schema.ts'
import { primitiveSiblings, fhirChoice, listViolation } from '../keywords/properties.ts'
import type { CheckContext } from '../check-context.ts'
import type { TestCompiler } from './test-compiler.ts'
import { allOf, NEVER } from './test.ts'
import type { QuickTest } from '../check-context.ts'

/** What holds for a property: its test, made when it is first met, and which of the things to be counted it is. */
type Entry = {
  test?: QuickTest
  readonly make: () => QuickTest
  readonly required: number
  readonly choice: number
  readonly isId: boolean
}

/** Bits of a number that JavaScript computes with quickly. */
const BITS = 30

export function objectTest(schemas: readonly Schema[], compiler: TestCompiler): QuickTest {
  const isClosed = schemas.some((one) => one.additionalProperties === false)
  return allOf([
    isClosed ? closed(schemas, compiler) : open(schemas, compiler),
    ...schemas.flatMap((one) => siblings(one, compiler)),
  ])
}

type Stated = ReadonlyMap<string, readonly (Schema | false)[]>

/** All that the schemas say of each property. */
function statedIn(schemas: readonly Schema[]): Stated {
  const byName = new Map<string, (Schema | false)[]>()
  for (const { properties } of schemas)
    for (const [name, schema] of Object.entries(properties ?? {}))
      byName.set(name, [...(byName.get(name) ?? []), schema])
  return byName
}

function propertyTest(name: string, stated: readonly (Schema | false)[], compiler: TestCompiler): QuickTest {
  if (stated.includes(false)) return NEVER
  const schemas = stated as readonly Schema[]
  const test = compiler.value(schemas, name)
  if (!name.startsWith('_')) return test
  const beside = name.slice(1)
  if (schemas.some((one) => one.type === 'array')) return allOf([test, sideBySide(beside)])
  return (value, context, holder) =>
    test(value, context, holder) && ('extension' in (value as object) || holder[beside] !== undefined)
}

/** What stands beside a code that must be there stands for none; in lists that is left to the schemas. */
function codedTests(key: string, schemas: readonly Schema[]): readonly QuickTest[] {
  const name = key.slice(1)
  if (!key.startsWith('_') || !schemas.some((one) => one.fhirCoded?.includes(name))) return []
  return [(value, _context, holder) => standsAlone(holder[name], value)]
}

const standsAlone = (code: unknown, beside: unknown): boolean => code !== undefined && !Array.isArray(beside)

/** The places of a list of primitives and of the list beside it. */
const sideBySide =
  (name: string): QuickTest =>
  (value, _context, holder) => {
    const values = holder[name] ?? NO_VALUES
    return Array.isArray(values) && listViolation(name, values, value as readonly unknown[]) === undefined
  }

const NO_VALUES: readonly unknown[] = []

/** The object has nothing but what the closed schemas name: what it has is looked up. */
function closed(schemas: readonly Schema[], compiler: TestCompiler): QuickTest {
  const choices = schemas.flatMap((one) => one.fhirChoice ?? [])
  const needed = [
    ...schemas.flatMap((one) => one.fhirRequired ?? []),
    ...choices.filter((one) => one.min > 0).map((one) => one.of.flatMap((name) => [name, `_${name}`])),
  ]
  if (needed.length > BITS || choices.length > BITS) return NEVER
  const isNamed = (key: string): boolean =>
    schemas.every((one) => one.additionalProperties !== false || Object.hasOwn(one.properties ?? {}, key))
  const entries = new Map<string, Entry>()
  for (const [key, stated] of statedIn(schemas)) {
    const name = key.replace(/^_/, '')
    if (!isNamed(key) || choices.some((choice) => leavesOut(choice, name))) continue
    entries.set(key, {
      make: () => allOf([propertyTest(key, stated, compiler), ...codedTests(key, schemas)]),
      required: bits(needed.map((names) => names.includes(key))),
      choice: bits(choices.map(({ of }) => of.includes(name))),
      isId: key === 'id',
    })
  }
  const isElement = schemas.some((one) => one.fhirElement)
  return walk(entries, { required: bits(needed.map(() => true)), least: isElement ? 1 : 0 })
}

const bits = (flags: readonly boolean[]): number => flags.reduce((sum, flag, index) => sum | (flag ? 1 << index : 0), 0)

function walk(
  entries: ReadonlyMap<string, Entry>,
  { required, least }: { required: number; least: number },
): QuickTest {
  return (value, context) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
    const bag = value as JsonObject
    let seen = 0
    let chosen = 0
    let count = 0
    for (const key in bag) {
      const entry = entries.get(key)
      if (entry === undefined || (entry.choice & chosen) !== 0) return false
      const one = bag[key]
      const test = (entry.test ??= entry.make())
      if (one === undefined || !test(one, context, bag)) return false
      seen |= entry.required
      chosen |= entry.choice
      if (!entry.isId) count++
    }
    return seen === required && count >= least
  }
}

/** A profile leaves this type of the choice out. */
function leavesOut({ element, of, only }: Choice, name: string): boolean {
  return only === true && name.startsWith(element) && /^[A-Z]/.test(name.slice(element.length)) && !of.includes(name)
}

/** The object may have more than these: they are looked for. */
function open(schemas: readonly Schema[], compiler: TestCompiler): QuickTest {
  const entries = [...statedIn(schemas)].map(([name, stated]) => [name, propertyTest(name, stated, compiler)] as const)
  const required = schemas.flatMap((one) => one.fhirRequired ?? [])
  const choices = schemas.flatMap((one) => one.fhirChoice ?? [])
  const coded = schemas.flatMap((one) => one.fhirCoded ?? []).map((name) => ({ name, beside: `_${name}` }))
  const choice = fhirChoice.prepare(choices, compiler.engine, {})
  return (value, context) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
    const bag = value as JsonObject
    for (const [name, test] of entries) if (bag[name] !== undefined && !test(bag[name], context, bag)) return false
    for (const names of required) if (!isThere(names, bag)) return false
    for (const { name, beside } of coded)
      if (bag[beside] !== undefined && !standsAlone(bag[name], bag[beside])) return false
    return choices.length === 0 || choice(context, bag as never, undefined as never) === undefined
  }
}

function isThere(names: readonly string[], bag: JsonObject): boolean {
  for (const name of names) if (bag[name] !== undefined) return true
  return false
}

/** What a profile says of the id and extensions of primitives, whether or not `_name` is there. */
function siblings({ fhirSiblings }: Schema, compiler: TestCompiler): readonly QuickTest[] {
  return Object.entries(fhirSiblings ?? {}).map(([name, schema]): QuickTest => {
    const test = compiler.value([schema], `_${name}`)
    return (value: unknown, context: CheckContext) => {
      const bag = value as JsonObject
      return primitiveSiblings(bag, name).every(({ sibling }) => test(sibling, context, bag))
    }
  })
}
