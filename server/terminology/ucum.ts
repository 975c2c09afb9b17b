/**
 * Units of measure by the syntax of UCUM. The only file that imports the ucum-lhc package, which is loaded with the first
 * unit. https://ucum.org/ucum
 */
import { createRequire } from 'node:module'

export const UCUM = 'http://unitsofmeasure.org'

type UcumPackage = {
  validateUnitString(text: string): { readonly status: string; readonly ucumCode?: string | null }
  convertUnitTo(from: string, value: number, to: string): { readonly status: string; readonly toVal?: number | null }
  convertToBaseUnits(from: string, value: number): BaseUnits
}

type BaseUnits = {
  readonly status: string
  readonly magnitude?: number | null
  readonly unitToExp?: Readonly<Record<string, number>> | null
  /** The amount is not a multiple: degrees Celsius, pH. */
  readonly fromUnitIsSpecial?: boolean
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
  const plain = plainUnit(text)
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

/** An amount in the base units of UCUM, such as `g` or `g.m-3`: equal for amounts that are equal in any unit. */
export type CanonicalAmount = { readonly value: number; readonly unit: string }

/** The canonical form of an amount (1 kg is 1000 g); undefined where the unit is invalid. */
export function canonicalUcumAmount(amount: number, unit: string): CanonicalAmount | undefined {
  const scale = scaleOf(unit)
  if (scale === undefined) return undefined
  const value = scale.factor === undefined ? toBaseUnits(amount, unit)?.magnitude : amount * scale.factor
  return typeof value === 'number' && Number.isFinite(value) ? { value: rounded(value), unit: scale.unit } : undefined
}

/** `factor` undefined: the amount is not a multiple. */
type Scale = { readonly unit: string; readonly factor?: number }

/** A unit takes a thirtieth of a millisecond to read; most records use the same few. */
const scales = new Map<string, Scale | undefined>()
const MAX_SCALES = 1_000

function scaleOf(unit: string): Scale | undefined {
  if (scales.has(unit)) return scales.get(unit)
  if (scales.size >= MAX_SCALES) scales.clear()
  const scale = readScale(unit)
  scales.set(unit, scale)
  return scale
}

function readScale(unit: string): Scale | undefined {
  const one = isUcumUnit(unit) ? toBaseUnits(1, unit) : undefined
  if (one === undefined) return undefined
  const exponents = Object.entries(one.unitToExp ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  const text = exponents.map(([name, exponent]) => (exponent === 1 ? name : `${name}${exponent}`)).join('.') || '1'
  return one.fromUnitIsSpecial ? { unit: text } : { unit: text, factor: one.magnitude! }
}

function toBaseUnits(amount: number, unit: string): BaseUnits | undefined {
  const found = (units ??= load()).convertToBaseUnits(plainUnit(unit), amount)
  return found.status === 'succeeded' && typeof found.magnitude === 'number' ? found : undefined
}

/** So many digits are the same however an amount was converted: 1.1 kg is 1100 g, not 1100.0000000000002 g. */
const rounded = (value: number): number => Number(value.toPrecision(12))

const plainUnit = (text: string): string => text.replace(ANNOTATION, (annotation) => annotation.replace(/[^!-~]/g, '_'))

const ANNOTATION = /\{[^{}]*\}/g
