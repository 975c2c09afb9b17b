/** Locations near a point. https://hl7.org/fhir/R4/location.html#positional */
import { refuse } from '../../fhir/outcome.ts'
import { convertUcumUnit } from '../../terminology/ucum.ts'
import { split, unescape } from '../escape.ts'
import { MISSING } from '../type.ts'
import type { SearchType } from '../type.ts'

/** A position in degrees (WGS 84). */
export type SpecialEntry = {
  readonly kind: 'special'
  readonly param: string
  readonly latitude: number
  readonly longitude: number
}

/** Within so many km of a position. */
export type SpecialFilter = {
  readonly op: 'special'
  readonly param: string
  readonly latitude: number
  readonly longitude: number
  readonly distance: number
}

/** "If the distance is omitted, then the server can use its own discretion": km. */
export const DEFAULT_DISTANCE = 50

export const special: SearchType<SpecialEntry, SpecialFilter> = {
  modifiers: [MISSING],
  sortKeyType: 'number',

  entries(value, { code: param }) {
    const { latitude, longitude } = (value ?? {}) as { latitude?: unknown; longitude?: unknown }
    if (!isWithin(latitude, 90) || !isWithin(longitude, 180)) return []
    return [{ kind: 'special', param, latitude: latitude + 0, longitude: longitude + 0 }]
  },

  filter({ code: param }, _modifier, text) {
    const [first = '', second = '', distance = '', unit = '', ...rest] = split(text, '|').map(unescape)
    const [latitude, longitude] = [decimal(first), decimal(second)]
    if (!isWithin(latitude, 90) || !isWithin(longitude, 180) || rest.length > 0) {
      throw unreadable(
        param,
        text,
        'is not a position; write `latitude|longitude|distance|units` in degrees, such as `37.54|-77.43|25|km`',
      )
    }
    return { op: 'special', param, latitude, longitude, distance: kilometres(param, text, distance, unit) }
  },

  matches: (entry, filter) => distanceBetween(entry, filter) <= filter.distance,

  sortKey: () => undefined,
}

/** "If the units are omitted, then kms should be assumed"; they are codes of UCUM for a length. */
function kilometres(param: string, text: string, distance: string, unit: string): number {
  if (distance === '') return DEFAULT_DISTANCE
  const number = decimal(distance)
  const found =
    number === undefined ? undefined : unit === '' || unit === 'km' ? number : convertUcumUnit(number, unit, 'km')
  if (found !== undefined && found >= 0) return found
  throw unreadable(
    param,
    text,
    `has no distance that can be read (\`${distance}|${unit}\`); write a number and a unit of length of UCUM, such as \`25|km\` or \`15|[mi_i]\``,
  )
}

const DECIMAL = /^-?\d{1,20}(?:\.\d{1,20})?$/
const decimal = (text: string): number | undefined => (DECIMAL.test(text) ? Number(text) + 0 : undefined)

const isWithin = (degrees: unknown, limit: number): degrees is number =>
  typeof degrees === 'number' && Math.abs(degrees) <= limit

/** The mean radius of the earth in km. */
const RADIUS = 6_371.0088

type Position = { readonly latitude: number; readonly longitude: number }

/** Along a great circle, by the haversine formula, in km. */
function distanceBetween(one: Position, other: Position): number {
  const [from, to] = [radians(one.latitude), radians(other.latitude)]
  const half = (a: number, b: number): number => Math.sin((b - a) / 2) ** 2
  const h = half(from, to) + Math.cos(from) * Math.cos(to) * half(radians(one.longitude), radians(other.longitude))
  return 2 * RADIUS * Math.asin(Math.min(1, Math.sqrt(h)))
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180

const unreadable = (param: string, text: string, why: string) =>
  refuse('invalid-parameter', `The value \`${text}\` of \`${param}\` ${why}.`)
