/** Lists: number of items, each item, and slices. */
import type { Schema, CompiledSlice, CompiledSlicing } from '../compile/schema.ts'
import { matchesSlice } from '../slices/match.ts'
import type { TestCompiler } from './test-compiler.ts'
import { extensionTest } from './extension.ts'
import { allOf, NEVER } from './quick-test.ts'
import type { QuickTest } from '../check-context.ts'

export function listTest(schemas: readonly Schema[], name: string, compiler: TestCompiler): QuickTest {
  const minItems = Math.max(0, ...schemas.map((one) => one.minItems ?? 0))
  const maxItems = Math.min(Infinity, ...schemas.map((one) => one.maxItems ?? Infinity))
  const itemSchemas = schemas.flatMap((one) => one.items ?? [])
  const extensionHolder = schemas.find((one) => one.fhirExtensions !== undefined)?.fhirExtensions
  const item =
    extensionHolder === undefined
      ? compiler.value(itemSchemas, name)
      : extensionTest(itemSchemas, { holder: extensionHolder, name }, compiler)
  const slices = schemas.flatMap((one) => (one.fhirSlices ? [slicesTest(one.fhirSlices, name, compiler)] : []))
  const isNull = nullTest(itemSchemas, name)
  const items: QuickTest = (value, context, holder) => {
    if (!Array.isArray(value) || value.length < minItems || value.length > maxItems) return false
    for (const one of value as readonly unknown[]) {
      if (one === null ? !isNull(one, context, holder) : !item(one, context, holder)) return false
    }
    return true
  }
  return allOf([items, ...slices])
}

/** May an item be null? Only in a list of primitives with a list `_name`; the test of `_name` then compares both lists. */
function nullTest(items: readonly Schema[], name: string): QuickTest {
  if (!items.some(({ type }) => Array.isArray(type) && type.includes('null'))) return NEVER
  return name.startsWith('_') ? () => true : (_value, _context, holder) => Array.isArray(holder[`_${name}`])
}

type SliceTest = { readonly slice: CompiledSlice; readonly test?: QuickTest }

/** Unordered slicing without default slice and reslices; for any other slicing ajv decides. */
function slicesTest({ slices, rules, ordered }: CompiledSlicing, name: string, compiler: TestCompiler): QuickTest {
  if (ordered || rules === 'openAtEnd' || slices.some((one) => one.isDefault || one.slicing)) return NEVER
  const sliceTests = slices.map((slice): SliceTest => ({
    slice,
    test: slice.schema && compiler.value([slice.schema], name),
  }))
  return (value, context, holder) => {
    const counts = new Array<number>(sliceTests.length).fill(0)
    for (const item of value as readonly unknown[]) {
      const index = sliceTests.findIndex(({ slice }) => matchesSlice(item, slice, context))
      if (index < 0) {
        if (rules === 'closed') return false
        continue
      }
      counts[index] = (counts[index] ?? 0) + 1
      const { test } = sliceTests[index] as SliceTest
      if (test && !test(item, context, holder)) return false
    }
    return sliceTests.every(({ slice }, index) => isCountAllowed(counts[index] ?? 0, slice))
  }
}

const isCountAllowed = (count: number, { match, min, max }: CompiledSlice): boolean =>
  match === undefined || (count >= min && (max === '*' || count <= max))
