/**
 * Units of measure by the syntax of UCUM. The only file that imports the ucum-lhc package, which is loaded with the first
 * unit. https://ucum.org/ucum
 */
import { createRequire } from 'node:module'

export const UCUM = 'http://unitsofmeasure.org'

type UcumPackage = {
  validateUnitString(text: string): { readonly status: string; readonly ucumCode?: string | null }
  convertUnitTo(from: string, value: number, to: string): { readonly status: string; readonly toVal?: number | null }
}

let units: UcumPackage | undefined

/** The package is a CommonJS module without types. */
function load(): UcumPackage {
  const { UcumLhcUtils } = createRequire(import.meta.url)('@lhncbc/ucum-lhc') as {
    UcumLhcUtils: { getInstance(): UcumPackage }
  }
  return UcumLhcUtils.getInstance()
}

/** Longer texts are no unit, and are not parsed. */
const MAX_LENGTH = 200

/** Is it a valid unit, case sensitive? Annotations (`{...}`) may contain any text. */
export function isUcumUnit(text: string): boolean {
  if (text === '' || text.length > MAX_LENGTH || /\s/.test(text.replace(ANNOTATION, ''))) return false
  units ??= load()
  const plain = text.replace(ANNOTATION, (annotation) => annotation.replace(/[^!-~]/g, '_'))
  const { status, ucumCode } = units.validateUnitString(plain)
  // For a name such as `kilogram` the package answers the code `kg`: the name is no code.
  return status === 'valid' && ucumCode === plain
}

/** The amount in another unit; undefined where a unit is invalid, or where the units cannot be converted. */
export function convertUcumUnit(amount: number, from: string, to: string): number | undefined {
  if (!isUcumUnit(from) || !isUcumUnit(to)) return undefined
  const { status, toVal } = (units ??= load()).convertUnitTo(from, amount, to)
  return status === 'succeeded' && typeof toVal === 'number' ? toVal : undefined
}

const ANNOTATION = /\{[^{}]*\}/g
