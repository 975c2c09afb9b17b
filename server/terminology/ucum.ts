/**
 * Units of measure by the syntax of UCUM. The only file that knows the ucum-lhc package, which is loaded with the first
 * unit to check. https://ucum.org/ucum
 */
import { createRequire } from 'node:module'

export const UCUM = 'http://unitsofmeasure.org'

type Units = {
  validateUnitString(text: string): { readonly status: string; readonly ucumCode?: string | null }
  convertUnitTo(from: string, value: number, to: string): { readonly status: string; readonly toVal?: number | null }
}

let units: Units | undefined

/** The package is of the old module kind, and has no types. */
function load(): Units {
  const { UcumLhcUtils } = createRequire(import.meta.url)('@lhncbc/ucum-lhc') as {
    UcumLhcUtils: { getInstance(): Units }
  }
  return UcumLhcUtils.getInstance()
}

/** No unit is this long; the parser need not see more. */
const LONG = 200

/** Is it a unit, case sensitively? Annotations may hold any text: they have no meaning. */
export function isUnit(text: string): boolean {
  if (text === '' || text.length > LONG || /\s/.test(text.replace(ANNOTATION, ''))) return false
  units ??= load()
  const plain = text.replace(ANNOTATION, (annotation) => annotation.replace(/[^!-~]/g, '_'))
  const { status, ucumCode } = units.validateUnitString(plain)
  // Of a name such as `kilogram` the package says which code is meant: the name is no code.
  return status === 'valid' && ucumCode === plain
}

/** The amount in another unit; undefined where one is no unit, or they measure different things. */
export function convertUnit(amount: number, from: string, to: string): number | undefined {
  if (!isUnit(from) || !isUnit(to)) return undefined
  const { status, toVal } = (units ??= load()).convertUnitTo(from, amount, to)
  return status === 'succeeded' && typeof toVal === 'number' ? toVal : undefined
}

const ANNOTATION = /\{[^{}]*\}/g
