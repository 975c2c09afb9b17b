/** Objects: one pass over the properties that are present. */
import type { JsonObject } from '../../fhir/types.ts'
import type { Choice, Schema } from '../compile/schema.ts'
import { primitiveSiblings, fhirChoice, listViolation } from '../keywords/properties.ts'
import type { CheckContext } from '../check-context.ts'
import type { TestCompiler } from './test-compiler.ts'
import { allOf, NEVER } from './quick-test.ts'
import type { QuickTest } from '../check-context.ts'

/** A property: its test, compiled on first use, and the bits of the required names and choices that it satisfies. */
type PropertyTest = {
  test?: QuickTest
  readonly make: () => QuickTest
  readonly required: number
  readonly choice: number
  readonly isId: boolean
}

/** Bits of a small integer, which V8 computes with fast. */
const MAX_BITS = 30

export function objectTest(schemas: readonly Schema[], compiler: TestCompiler): QuickTest {
  const isClosed = schemas.some((one) => one.additionalProperties === false)
  return allOf([
    isClosed ? closedTest(schemas, compiler) : openTest(schemas, compiler),
    ...schemas.flatMap((one) => siblingTests(one, compiler)),
  ])
}

type SchemasByProperty = ReadonlyMap<string, readonly (Schema | false)[]>

/** The schemas of each property. */
function schemasByProperty(schemas: readonly Schema[]): SchemasByProperty {
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
  const sibling = name.slice(1)
  if (schemas.some((one) => one.type === 'array')) return allOf([test, listsMatch(sibling)])
  return (value, context, holder) =>
    test(value, context, holder) && ('extension' in (value as object) || holder[sibling] !== undefined)
}

/** An extension is no replacement for a required code; in lists that is left to ajv. */
function requiredCodeTests(key: string, schemas: readonly Schema[]): readonly QuickTest[] {
  const name = key.slice(1)
  if (!key.startsWith('_') || !schemas.some((one) => one.fhirCoded?.includes(name))) return []
  return [(value, _context, holder) => hasCode(holder[name], value)]
}

const hasCode = (code: unknown, sibling: unknown): boolean => code !== undefined && !Array.isArray(sibling)

/** A list of primitives and its `_name` list have an item in every position. */
const listsMatch =
  (name: string): QuickTest =>
  (value, _context, holder) => {
    const values = holder[name] ?? NO_VALUES
    return Array.isArray(values) && listViolation(name, values, value as readonly unknown[]) === undefined
  }

const NO_VALUES: readonly unknown[] = []

/** A closed object has no property beyond those of the schemas: each of its properties is looked up. */
function closedTest(schemas: readonly Schema[], compiler: TestCompiler): QuickTest {
  const choices = schemas.flatMap((one) => one.fhirChoice ?? [])
  const required = [
    ...schemas.flatMap((one) => one.fhirRequired ?? []),
    ...choices.filter((one) => one.min > 0).map((one) => one.of.flatMap((name) => [name, `_${name}`])),
  ]
  if (required.length > MAX_BITS || choices.length > MAX_BITS) return NEVER
  const isNamed = (key: string): boolean =>
    schemas.every((one) => one.additionalProperties !== false || Object.hasOwn(one.properties ?? {}, key))
  const entries = new Map<string, PropertyTest>()
  for (const [key, stated] of schemasByProperty(schemas)) {
    const name = key.replace(/^_/, '')
    if (!isNamed(key) || choices.some((choice) => excludesType(choice, name))) continue
    entries.set(key, {
      make: () => allOf([propertyTest(key, stated, compiler), ...requiredCodeTests(key, schemas)]),
      required: bitMask(required.map((names) => names.includes(key))),
      choice: bitMask(choices.map(({ of }) => of.includes(name))),
      isId: key === 'id',
    })
  }
  const isElement = schemas.some((one) => one.fhirElement)
  return walkProperties(entries, { required: bitMask(required.map(() => true)), minProperties: isElement ? 1 : 0 })
}

const bitMask = (flags: readonly boolean[]): number =>
  flags.reduce((sum, flag, index) => sum | (flag ? 1 << index : 0), 0)

function walkProperties(
  entries: ReadonlyMap<string, PropertyTest>,
  { required, minProperties }: { required: number; minProperties: number },
): QuickTest {
  return (value, context) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
    const object = value as JsonObject
    let seen = 0
    let chosen = 0
    let count = 0
    for (const key in object) {
      const entry = entries.get(key)
      if (entry === undefined || (entry.choice & chosen) !== 0) return false
      const one = object[key]
      const test = (entry.test ??= entry.make())
      if (one === undefined || !test(one, context, object)) return false
      seen |= entry.required
      chosen |= entry.choice
      if (!entry.isId) count++
    }
    return seen === required && count >= minProperties
  }
}

/** Does a profile exclude this type of the choice? */
function excludesType({ element, of, only }: Choice, name: string): boolean {
  return only === true && name.startsWith(element) && /^[A-Z]/.test(name.slice(element.length)) && !of.includes(name)
}

/** An open object may have other properties: those of the schemas are looked up in it. */
function openTest(schemas: readonly Schema[], compiler: TestCompiler): QuickTest {
  const entries = [...schemasByProperty(schemas)].map(
    ([name, stated]) => [name, propertyTest(name, stated, compiler)] as const,
  )
  const required = schemas.flatMap((one) => one.fhirRequired ?? [])
  const choices = schemas.flatMap((one) => one.fhirChoice ?? [])
  const coded = schemas.flatMap((one) => one.fhirCoded ?? []).map((name) => ({ name, sibling: `_${name}` }))
  const choice = fhirChoice.prepare(choices, compiler.engine, {})
  return (value, context) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
    const object = value as JsonObject
    for (const [name, test] of entries)
      if (object[name] !== undefined && !test(object[name], context, object)) return false
    for (const names of required) if (!hasOneOf(names, object)) return false
    for (const { name, sibling } of coded)
      if (object[sibling] !== undefined && !hasCode(object[name], object[sibling])) return false
    return choices.length === 0 || choice(context, object as never, undefined as never) === undefined
  }
}

function hasOneOf(names: readonly string[], object: JsonObject): boolean {
  for (const name of names) if (object[name] !== undefined) return true
  return false
}

/** The schemas of the id and extensions of primitives, whether or not `_name` is present. */
function siblingTests({ fhirSiblings }: Schema, compiler: TestCompiler): readonly QuickTest[] {
  return Object.entries(fhirSiblings ?? {}).map(([name, schema]): QuickTest => {
    const test = compiler.value([schema], `_${name}`)
    return (value: unknown, context: CheckContext) => {
      const object = value as JsonObject
      return primitiveSiblings(object, name).every(({ sibling }) => test(sibling, context, object))
    }
  })
}
