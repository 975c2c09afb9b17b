/** Lists: how long, each item, and the slices that the items belong to. */
import type { Schema, CompiledSlice, CompiledSlicing } from '../compile/schema.ts'
import { matchesSlice } from '../slices/match.ts'
import type { TestCompiler } from './test-compiler.ts'
import { extensionTest } from './extension.ts'
import { allOf, NEVER } from './test.ts'
import type { QuickTest } from '../check-context.ts'

export function listTest(schemas: readonly Schema[], name: string, compiler: TestCompiler): QuickTest {
  const least = Math.max(0, ...schemas.map((one) => one.minItems ?? 0))
  const most = Math.min(Infinity, ...schemas.map((one) => one.maxItems ?? Infinity))
  const stated = schemas.flatMap((one) => one.items ?? [])
  const holder = schemas.find((one) => one.fhirExtensions !== undefined)?.fhirExtensions
  const item = holder === undefined ? compiler.value(stated, name) : extensionTest(stated, { holder, name }, compiler)
  const slices = schemas.flatMap((one) => (one.fhirSlices ? [slicesTest(one.fhirSlices, name, compiler)] : []))
  const isNull = nullTest(stated, name)
  const items: QuickTest = (value, context, bag) => {
    if (!Array.isArray(value) || value.length < least || value.length > most) return false
    for (const one of value as readonly unknown[]) {
      if (one === null ? !isNull(one, context, bag) : !item(one, context, bag)) return false
    }
    return true
  }
  return allOf([items, ...slices])
}

/** Whether null may stand for an item: where lists of primitives run side by side. What `_name` says is its own. */
function nullTest(items: readonly Schema[], name: string): QuickTest {
  if (!items.some(({ type }) => Array.isArray(type) && type.includes('null'))) return NEVER
  return name.startsWith('_') ? () => true : (_value, _context, holder) => Array.isArray(holder[`_${name}`])
}

type Ready = { readonly slice: CompiledSlice; readonly test?: QuickTest }

/** Plain slicing; where order or slices of slices matter, the schemas decide. */
function slicesTest({ slices, rules, ordered }: CompiledSlicing, name: string, compiler: TestCompiler): QuickTest {
  if (ordered || rules === 'openAtEnd' || slices.some((one) => one.isDefault || one.slicing)) return NEVER
  const ready = slices.map((slice): Ready => ({
    slice,
    test: slice.schema && compiler.value([slice.schema], name),
  }))
  return (value, context, holder) => {
    const counts = new Array<number>(ready.length).fill(0)
    for (const item of value as readonly unknown[]) {
      const index = ready.findIndex(({ slice }) => matchesSlice(item, slice, context))
      if (index < 0) {
        if (rules === 'closed') return false
        continue
      }
      counts[index] = (counts[index] ?? 0) + 1
      const { test } = ready[index] as Ready
      if (test && !test(item, context, holder)) return false
    }
    return ready.every(({ slice }, index) => isAllowed(counts[index] ?? 0, slice))
  }
}

const isAllowed = (count: number, { match, min, max }: CompiledSlice): boolean =>
  match === undefined || (count >= min && (max === '*' || count <= max))
