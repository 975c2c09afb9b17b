/**
 * `fhirSlices`: sorts the items of a list into slices, counts them, and checks each item against its slice.
 * https://hl7.org/fhir/R4/profiling.html#discriminator
 */
import type { ErrorObject } from 'ajv'
import type { Slice, Slicing } from '../compile/schema.ts'
import { belongs } from '../slices/match.ts'
import { errorsOf, type Compiled, type DataAt, type Engine, type Fault, type Run } from '../run.ts'
import { keyword } from './keyword.ts'

type Ready = Slice & { readonly compiled?: Compiled; readonly inner: readonly Ready[] }
type Found = (Fault | ErrorObject)[]

export const fhirSlices = keyword<Slicing>('fhirSlices', ['array'], (slicing, engine) => {
  const slices = slicing.slices.map((slice) => ready(slice, engine))
  return (run, data: readonly unknown[], at) => {
    const found: Found = []
    const counts = new Map<Ready, number>()
    let latest = 0
    data.forEach((item, index) => {
      const slice = slices.find((one) => belongs(item, one, run))
      if (slice) {
        counts.set(slice, (counts.get(slice) ?? 0) + 1)
        const order = slices.indexOf(slice)
        if (slicing.ordered && order < latest) found.push(outOfOrder(index, slice, slices[latest]))
        latest = Math.max(latest, order)
        found.push(...itemErrors(item, slice, run, below(at, index, data)))
      } else if (slicing.rules === 'closed') found.push(unmatched(index, slices))
    })
    for (const slice of slices) countFault(slice, counts.get(slice) ?? 0, found)
    return found
  }
})

function ready(slice: Slice, engine: Engine): Ready {
  const inner = (slice.slices ?? []).map((one) => ready(one, engine))
  let made: Compiled | undefined
  const { schema } = slice
  if (!schema) return { ...slice, inner }
  // Compiled when an item of the slice is first met.
  const compiled = function (this: Run, data: unknown, at: DataAt): boolean {
    made ??= engine.inner(schema)
    const valid = made.call(this, data, at)
    ;(compiled as Compiled).errors = made.errors
    return valid
  } as Compiled
  return { ...slice, inner, compiled }
}

function itemErrors(item: unknown, slice: Ready, run: Run, at: DataAt): readonly ErrorObject[] {
  const own = slice.compiled ? errorsOf(slice.compiled, run, item, at) : []
  const inner = slice.inner.find((one) => belongs(item, one, run))
  return inner ? [...own, ...itemErrors(item, inner, run, at)] : own
}

const below = (at: DataAt, index: number, data: readonly unknown[]): DataAt => ({
  instancePath: `${at.instancePath}/${index}`,
  parentData: data,
  parentDataProperty: index,
  rootData: at.rootData,
})

function countFault(slice: Ready, count: number, found: Found): void {
  if (slice.match === undefined) return
  if (count < slice.min) {
    const some = count === 0 ? 'is missing' : `occurs ${count} times`
    found.push({
      code: 'slice-cardinality',
      text: `{at}: the slice \`${slice.name}\` ${some}; at least ${slice.min} is required${whatMarks(slice)}.`,
    })
  }
  if (slice.max !== '*' && count > slice.max) {
    found.push({
      code: 'slice-cardinality',
      text: `{at}: the slice \`${slice.name}\` occurs ${count} times; at most ${slice.max} is allowed${whatMarks(slice)}.`,
    })
  }
}

/** What an item of the slice looks like, for the sentence. */
function whatMarks(slice: Ready): string {
  const marks = (slice.match ?? []).flatMap((one) => {
    const value = one.fixed ?? one.pattern
    return value === undefined
      ? []
      : [`\`${one.path}\` ${typeof value === 'string' ? `\`${value}\`` : `with \`${JSON.stringify(value)}\``}`]
  })
  return marks.length > 0 ? ` (an item with ${marks.join(' and ')})` : ''
}

function unmatched(index: number, slices: readonly Ready[]): Fault {
  const names = slices.map((one) => `\`${one.name}\``).join(', ')
  return {
    code: 'slice-unmatched',
    below: `/${index}`,
    text: `{at} belongs to none of the slices that are allowed here: ${names}.`,
  }
}

function outOfOrder(index: number, slice: Ready, before: Ready | undefined): Fault {
  return {
    code: 'slice-unmatched',
    below: `/${index}`,
    text: `{at}: the slice \`${slice.name}\` must come before \`${before?.name}\`.`,
  }
}
