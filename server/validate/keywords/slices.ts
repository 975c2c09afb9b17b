/**
 * `fhirSlices`: sorts the items of a list into slices, counts them, and checks each item against its slice.
 * https://hl7.org/fhir/R4/profiling.html#discriminator
 */
import type { ErrorObject } from 'ajv'
import type { Slice, Slicing } from '../compile/schema.ts'
import { belongs } from '../slices/match.ts'
import { nearestSlice, nearTo } from '../slices/nearest.ts'
import { runSchema, type Violation } from '../violation.ts'
import { suggestion } from '../did-you-mean.ts'
import type { CompiledSchema, DataPosition, ValidationEngine, CheckContext } from '../check-context.ts'
import { keyword } from './keyword.ts'
import { markText } from './value.ts'

type Ready = Omit<Slice, 'slicing'> & { readonly compiled?: CompiledSchema; readonly inner?: ReadySlicing }
type ReadySlicing = Omit<Slicing, 'slices'> & { readonly slices: readonly Ready[]; readonly fallback?: Ready }
type Found = (Violation | ErrorObject)[]
type Item = { readonly item: unknown; readonly index: number }
type SlicedList = { readonly context: CheckContext; readonly at: DataPosition; readonly data: readonly unknown[] }

export const fhirSlices = keyword<Slicing>('fhirSlices', ['array'], (stated, engine) => {
  const slicing = readySlicing(stated, engine)
  return (context, data: readonly unknown[], at) => {
    const found: Found = []
    const items = data.map((item, index) => ({ item, index }))
    sliced(items, slicing, { context, at, data }, found)
    return found
  }
})

function readySlicing({ slices, ...rest }: Slicing, engine: ValidationEngine): ReadySlicing {
  const all = slices.map((slice) => ready(slice, engine))
  return { ...rest, slices: all.filter((one) => !one.isDefault), fallback: all.find((one) => one.isDefault) }
}

function ready({ slicing, ...slice }: Slice, engine: ValidationEngine): Ready {
  const inner = slicing && readySlicing(slicing, engine)
  let made: CompiledSchema | undefined
  const { schema } = slice
  if (!schema) return { ...slice, inner }
  // Compiled when an item of the slice is first met.
  const compiled = function (this: CheckContext, data: unknown, at: DataPosition): boolean {
    made ??= engine.compile(schema)
    const valid = made.call(this, data, at)
    ;(compiled as CompiledSchema).errors = made.errors
    return valid
  } as CompiledSchema
  return { ...slice, inner, compiled }
}

/** Sorts the items, tells what is out of place, and then what is wrong with each slice. */
function sliced(items: readonly Item[], slicing: ReadySlicing, setting: SlicedList, found: Found): void {
  const { slices, fallback, rules, ordered } = slicing
  const members = new Map<Ready, Item[]>()
  let latest = 0
  let loose: number | undefined
  for (const one of items) {
    const { item, index } = one
    const named = slices.find((slice) => belongs(item, slice, setting.context))
    const slice = named ?? fallback
    if (slice) add(members, slice, one)
    else if (rules === 'closed') found.push(unmatched(one, slices, setting.context))
    if (!named) {
      loose ??= index
      continue
    }
    if (rules === 'openAtEnd' && loose !== undefined) found.push(tooEarly(loose, named))
    loose = undefined
    const order = slices.indexOf(named)
    if (ordered && order < latest) found.push(outOfOrder(index, named, slices[latest]))
    latest = Math.max(latest, order)
  }
  for (const slice of fallback ? [...slices, fallback] : slices) {
    const own = members.get(slice) ?? []
    for (const { item, index } of own) {
      if (slice.compiled)
        found.push(...runSchema(slice.compiled, setting.context, item, below(setting.at, index, setting.data)))
    }
    countViolation(slice, own.length, found, () =>
      suggestion(setting.context, () => almost(slice, without(items, members), setting.context)),
    )
    if (slice.inner) sliced(own, slice.inner, setting, found)
  }
}

function add(members: Map<Ready, Item[]>, slice: Ready, one: Item): void {
  const list = members.get(slice)
  if (list) list.push(one)
  else members.set(slice, [one])
}

const below = (at: DataPosition, index: number, data: readonly unknown[]): DataPosition => ({
  instancePath: `${at.instancePath}/${index}`,
  parentData: data,
  parentDataProperty: index,
  rootData: at.rootData,
})

function countViolation(slice: Ready, count: number, found: Found, hint: () => string): void {
  if (slice.match === undefined && !slice.isDefault) return
  if (count < slice.min) {
    const some = count === 0 ? 'is missing' : `occurs ${times(count)}`
    found.push({
      detail: 'slice-cardinality',
      text: `{at}: the slice \`${slice.name}\` ${some}; at least ${slice.min} is required${whatMarks(slice)}.${hint()}`,
    })
  }
  if (slice.max !== '*' && count > slice.max) {
    found.push({
      detail: 'slice-cardinality',
      text: `{at}: the slice \`${slice.name}\` occurs ${times(count)}; ${slice.max === 0 ? 'it is not allowed' : `at most ${slice.max} is allowed`}${whatMarks(slice)}.`,
    })
  }
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`)

/** What an item of the slice looks like, for the sentence. */
function whatMarks(slice: Ready): string {
  const marks = (slice.match ?? []).flatMap(({ path, fixed, pattern }) => {
    const value = fixed ?? pattern
    if (value === undefined) return []
    return [path === '$this' ? `with ${markText(value)}` : `whose \`${path}\` is ${markText(value)}`]
  })
  return marks.length > 0 ? ` (an item ${marks.join(' and ')})` : ''
}

function unmatched({ item, index }: Item, slices: readonly Ready[], context: CheckContext): Violation {
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

function without(items: readonly Item[], members: ReadonlyMap<Ready, readonly Item[]>): readonly Item[] {
  const taken = new Set([...members.values()].flat())
  return items.filter((one) => !taken.has(one))
}

/** How many items of a list are compared. */
const COMPARED = 20

/** The item that was perhaps meant for a slice that is missing. */
function almost(slice: Ready, items: readonly Item[], context: CheckContext): string {
  const near = items
    .slice(0, COMPARED)
    .flatMap(({ item, index }) => {
      const one = nearTo(item, slice, context)
      return one && (one.met > 0 || one.like >= ALIKE) ? [{ ...one, index }] : []
    })
    .sort((one, other) => other.met - one.met || other.like - one.like)[0]
  return near ? ` Item ${near.index + 1} comes nearest, but ${near.lacks}.` : ''
}

/** From here on a text is perhaps the other one misspelt. */
const ALIKE = 0.6

function outOfOrder(index: number, slice: Ready, before: Ready | undefined): Violation {
  return {
    detail: 'slice-unmatched',
    below: `/${index}`,
    text: `{at}: the slice \`${slice.name}\` must come before \`${before?.name}\`.`,
  }
}

/** https://hl7.org/fhir/R4/valueset-resource-slicing-rules.html */
function tooEarly(index: number, slice: Ready): Violation {
  return {
    detail: 'slice-unmatched',
    below: `/${index}`,
    text: `{at} belongs to no slice, so it must come after those of the slice \`${slice.name}\`.`,
  }
}
