/**
 * `fhirSlices`: assigns the items of a list to slices, counts them, and checks each item against its slice.
 * https://hl7.org/fhir/R4/profiling.html#discriminator
 */
import type { ErrorObject } from 'ajv'
import type { CompiledSlice, CompiledSlicing } from '../compile/schema.ts'
import { matchesSlice } from '../slices/match.ts'
import { nearestSlice, distanceToSlice } from '../slices/nearest.ts'
import { runSchema, type Violation } from '../violation.ts'
import { suggestion } from '../did-you-mean.ts'
import type { CompiledSchema, DataPosition, ValidationEngine, CheckContext } from '../check-context.ts'
import { keyword } from './keyword.ts'
import { valueText } from './value.ts'

type PreparedSlice = Omit<CompiledSlice, 'slicing'> & {
  readonly compiled?: CompiledSchema
  readonly inner?: PreparedSlicing
}
type PreparedSlicing = Omit<CompiledSlicing, 'slices'> & {
  readonly slices: readonly PreparedSlice[]
  readonly defaultSlice?: PreparedSlice
}
type FoundViolations = (Violation | ErrorObject)[]
type IndexedItem = { readonly item: unknown; readonly index: number }
type SlicedList = { readonly context: CheckContext; readonly at: DataPosition; readonly data: readonly unknown[] }

export const fhirSlices = keyword<CompiledSlicing>('fhirSlices', ['array'], (compiledSlicing, engine) => {
  const slicing = prepareSlicing(compiledSlicing, engine)
  return (context, data: readonly unknown[], at) => {
    const found: FoundViolations = []
    const items = data.map((item, index) => ({ item, index }))
    checkSlicing(items, slicing, { context, at, data }, found)
    return found
  }
})

function prepareSlicing({ slices, ...rest }: CompiledSlicing, engine: ValidationEngine): PreparedSlicing {
  const all = slices.map((slice) => prepareSlice(slice, engine))
  return { ...rest, slices: all.filter((one) => !one.isDefault), defaultSlice: all.find((one) => one.isDefault) }
}

function prepareSlice({ slicing, ...slice }: CompiledSlice, engine: ValidationEngine): PreparedSlice {
  const inner = slicing && prepareSlicing(slicing, engine)
  let made: CompiledSchema | undefined
  const { schema } = slice
  if (!schema) return { ...slice, inner }
  // Compiled with the first item of the slice.
  const compiled = function (this: CheckContext, data: unknown, at: DataPosition): boolean {
    made ??= engine.compile(schema)
    const valid = made.call(this, data, at)
    ;(compiled as CompiledSchema).errors = made.errors
    return valid
  } as CompiledSchema
  return { ...slice, inner, compiled }
}

/** Assigns the items to slices and reports those that match none or are out of order; then checks each slice. */
function checkSlicing(
  items: readonly IndexedItem[],
  slicing: PreparedSlicing,
  list: SlicedList,
  found: FoundViolations,
): void {
  const { slices, defaultSlice, rules, ordered } = slicing
  const members = new Map<PreparedSlice, IndexedItem[]>()
  let latest = 0
  let unassignedAt: number | undefined
  for (const one of items) {
    const { item, index } = one
    const matched = slices.find((slice) => matchesSlice(item, slice, list.context))
    const slice = matched ?? defaultSlice
    if (slice) add(members, slice, one)
    else if (rules === 'closed') found.push(unmatched(one, slices, list.context))
    if (!matched) {
      unassignedAt ??= index
      continue
    }
    if (rules === 'openAtEnd' && unassignedAt !== undefined) found.push(beforeSlice(unassignedAt, matched))
    unassignedAt = undefined
    const order = slices.indexOf(matched)
    if (ordered && order < latest) found.push(outOfOrder(index, matched, slices[latest]))
    latest = Math.max(latest, order)
  }
  for (const slice of defaultSlice ? [...slices, defaultSlice] : slices) {
    const own = members.get(slice) ?? []
    for (const { item, index } of own) {
      if (slice.compiled)
        found.push(...runSchema(slice.compiled, list.context, item, itemPosition(list.at, index, list.data)))
    }
    countViolation(slice, own.length, found, () =>
      suggestion(list.context, () => nearestItem(slice, unassigned(items, members), list.context)),
    )
    if (slice.inner) checkSlicing(own, slice.inner, list, found)
  }
}

function add(members: Map<PreparedSlice, IndexedItem[]>, slice: PreparedSlice, one: IndexedItem): void {
  const list = members.get(slice)
  if (list) list.push(one)
  else members.set(slice, [one])
}

const itemPosition = (at: DataPosition, index: number, data: readonly unknown[]): DataPosition => ({
  instancePath: `${at.instancePath}/${index}`,
  parentData: data,
  parentDataProperty: index,
  rootData: at.rootData,
})

function countViolation(slice: PreparedSlice, count: number, found: FoundViolations, hint: () => string): void {
  if (slice.match === undefined && !slice.isDefault) return
  if (count < slice.min) {
    const some = count === 0 ? 'is missing' : `occurs ${times(count)}`
    found.push({
      detail: 'slice-cardinality',
      text: `{at}: the slice \`${slice.name}\` ${some}; at least ${slice.min} is required${sliceDescription(slice)}.${hint()}`,
    })
  }
  if (slice.max !== '*' && count > slice.max) {
    found.push({
      detail: 'slice-cardinality',
      text: `{at}: the slice \`${slice.name}\` occurs ${times(count)}; ${slice.max === 0 ? 'it is not allowed' : `at most ${slice.max} is allowed`}${sliceDescription(slice)}.`,
    })
  }
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`)

/** Describes the items of a slice in a sentence, by its discriminators. */
function sliceDescription(slice: PreparedSlice): string {
  const marks = (slice.match ?? []).flatMap(({ path, fixed, pattern }) => {
    const value = fixed ?? pattern
    if (value === undefined) return []
    return [path === '$this' ? `with ${valueText(value)}` : `whose \`${path}\` is ${valueText(value)}`]
  })
  return marks.length > 0 ? ` (an item ${marks.join(' and ')})` : ''
}

function unmatched({ item, index }: IndexedItem, slices: readonly PreparedSlice[], context: CheckContext): Violation {
  const names = slices.map((one) => `\`${one.name}\``).join(', ')
  const hint = suggestion(context, () => {
    const near = nearestSlice(item, slices, context)
    return near ? ` It comes nearest to \`${near.slice.name}\`, but ${near.lacks}.` : ''
  })
  return {
    detail: 'slice-unmatched',
    below: `/${index}`,
    text: `{at} belongs to none of the slices that are allowed here: ${names}.${hint}`,
  }
}

function unassigned(
  items: readonly IndexedItem[],
  members: ReadonlyMap<PreparedSlice, readonly IndexedItem[]>,
): readonly IndexedItem[] {
  const taken = new Set([...members.values()].flat())
  return items.filter((one) => !taken.has(one))
}

/** Items of a list that are compared with a missing slice. */
const MAX_COMPARED = 20

/** Names the item that comes nearest to a missing slice. */
function nearestItem(slice: PreparedSlice, items: readonly IndexedItem[], context: CheckContext): string {
  const near = items
    .slice(0, MAX_COMPARED)
    .flatMap(({ item, index }) => {
      const one = distanceToSlice(item, slice, context)
      return one && (one.met > 0 || one.similarity >= MIN_SIMILARITY) ? [{ ...one, index }] : []
    })
    .sort((one, other) => other.met - one.met || other.similarity - one.similarity)[0]
  return near ? ` Item ${near.index + 1} comes nearest, but ${near.lacks}.` : ''
}

/** From this similarity on, a text may be the other one misspelt. */
const MIN_SIMILARITY = 0.6

function outOfOrder(index: number, slice: PreparedSlice, before: PreparedSlice | undefined): Violation {
  return {
    detail: 'slice-unmatched',
    below: `/${index}`,
    text: `{at}: the slice \`${slice.name}\` must come before \`${before?.name}\`.`,
  }
}

/** https://hl7.org/fhir/R4/valueset-resource-slicing-rules.html */
function beforeSlice(index: number, slice: PreparedSlice): Violation {
  return {
    detail: 'slice-unmatched',
    below: `/${index}`,
    text: `{at} belongs to no slice, so it must come after those of the slice \`${slice.name}\`.`,
  }
}
