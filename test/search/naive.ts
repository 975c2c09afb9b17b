/**
 * Search as a plain reading of https://hl7.org/fhir/R4/search.html over resources: no index, no filter, no code of
 * server/search. The values of an expression are those of HL7's engine. Numbers are compared as fractions, dates as the
 * text of their limits.
 */
import { enginePath } from '../../server/fhirpath/engine.ts'
import type { Resource } from '../../server/fhir/types.ts'

/** A search by one parameter; `values` are alternatives. */
export type NaiveSearch = {
  readonly type: string
  readonly expression: string
  readonly modifier?: string
  readonly values: readonly string[]
  /** Of a composite: the expression and type of each component, on the element. */
  readonly component?: readonly { readonly type: string; readonly expression: string }[]
  /** Case sensitive systems, and the system that the element implies. */
  readonly caseSensitive: ReadonlySet<string>
  readonly implied?: string
  /** The codes of the value sets, and those above and below others, that `:in`, `:above` and `:below` name. */
  readonly codes?: ReadonlyMap<string, readonly string[]>
}

type Element = Record<string, unknown>

/** Does a search find a resource? */
export function naive(search: NaiveSearch, resource: Resource): boolean {
  const { modifier, values } = search
  if (modifier === 'missing') return (elements(search, resource).length === 0) === (values[0] === 'true')
  const found = elements(search, resource).some((element) =>
    values.some((value) => meets(search, element, value, resource)),
  )
  return modifier === 'not' || modifier === 'not-in' ? !found : found
}

/** The elements that have a value for the parameter; of a composite those that have all components. */
function elements({ type, expression, component }: NaiveSearch, resource: Resource): readonly unknown[] {
  if (type === 'text') return [resource]
  const all = valuesOf(expression, resource)
  return component ? all.filter((one) => component.every((part) => valuesOf(part.expression, one).length > 0)) : all
}

function meets(search: NaiveSearch, element: unknown, value: string, resource: Resource): boolean {
  if (search.type !== 'composite') return TYPES[search.type]!(search, element, value)
  const parts = value.split('$')
  return search.component!.every((one, index) => {
    const part = { ...search, ...one, values: [parts[index]!] }
    return valuesOf(one.expression, element).some((found) => meets(part, found, parts[index]!, resource))
  })
}

const TYPES: Readonly<Record<string, (search: NaiveSearch, element: unknown, value: string) => boolean>> = {
  token,
  string,
  number: (_search, element, value) => inRange(value, [fraction(String(element)), fraction(String(element))]),
  quantity,
  date,
  reference,
  uri,
  special: near,
  text: content,
}

/** "code", "system|code", "|code", "system|"; "not case sensitive" but where the system is. */
function token(search: NaiveSearch, element: unknown, value: string): boolean {
  const { modifier, codes } = search
  const one = (typeof element === 'object' ? element : {}) as Element
  const codings = codingsOf(element, search.implied)
  if (modifier === 'text')
    return [one.text, ...codings.map((coding) => coding.display), (one.type as Element | undefined)?.text].some(
      (text) => typeof text === 'string' && letters(text).includes(letters(value)),
    )
  if (modifier === 'of-type') {
    const [system, code, number] = value.split('|')
    const types = ((one.type as Element | undefined)?.coding ?? []) as Element[]
    return same(one.value, number) && types.some((type) => type.system === system && same(type.code, code))
  }
  const listed = codes?.get(value)?.map((text) => text.split('|'))
  const searched = listed ?? [value.split('|')]
  return codings.some((coding) =>
    searched.some(([first, second]) => {
      const [system, code] = second === undefined ? [undefined, first] : [first, second]
      if (system !== undefined && system !== (coding.system ?? '')) return false
      if (code === '') return true
      return search.caseSensitive.has(String(coding.system)) ? coding.code === code : same(coding.code, code)
    }),
  )
}

const same = (one: unknown, other: unknown): boolean => String(one).toLowerCase() === String(other).toLowerCase()

type Coded = { readonly system?: unknown; readonly code: unknown; readonly display?: unknown }

function codingsOf(element: unknown, implied: string | undefined): readonly Coded[] {
  if (typeof element !== 'object') return [{ system: implied, code: element }]
  const { coding, system, code, value, display } = element as Element
  if (coding !== undefined) return coding as Coded[]
  return code === undefined && value === undefined ? [] : [{ system, code: code ?? value, display }]
}

const letters = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replaceAll('ß', 'ss')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '')

/** Begins with the value, in any case, without accents and punctuation; a name also at the beginning of a word. */
function string({ modifier, expression }: NaiveSearch, element: unknown, value: string): boolean {
  const isName = typeof element === 'object' || /\.(family|given)$/.test(expression)
  const texts = typeof element === 'object' ? Object.values(element as Element).flat() : [element]
  return texts.some((text) => {
    if (typeof text !== 'string') return false
    if (modifier === 'exact') return text === value
    if (modifier === 'contains') return letters(text).includes(letters(value))
    const starts = [0, ...[...text.matchAll(/[^\p{L}\p{N}]+/gu)].map((match) => match.index + match[0].length)]
    return (isName ? starts : [0]).some((at) => letters(text.slice(at)).startsWith(letters(value)))
  })
}

/** A number as whole millionths of a millionth: enough for what the tests write. */
function fraction(text: string): bigint {
  const [, sign, whole, part = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!
  const shift = 12 + Number(exponent) - part.length
  const digits = BigInt(whole! + part)
  const size = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift)
  return sign === '-' ? -size : size
}

/** Half a unit of the last digit: of 5.40 it is 0.005. */
function halfUnit(text: string): bigint {
  const [, , part = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!
  return 10n ** BigInt(12 + Number(exponent) - part.length) / 2n
}

type Limits = readonly [low: bigint, high: bigint]

/** The prefixes of search.html#prefix; `scale` turns the searched number into the unit of the range. */
function inRange(text: string, [low, high]: Limits, scale = 1n): boolean {
  const [, prefix = '', number = ''] = /^([a-z]{2})?(.*)$/.exec(text)!
  const value = fraction(number) * scale
  const half = halfUnit(number) * scale
  const size = value < 0n ? -value : value
  const margin = size / 10n > half ? size / 10n : half
  const equal = low >= value - half && high < value + half
  switch (prefix) {
    case 'ne':
      return !equal
    case 'gt':
      return high > value
    case 'lt':
      return low < value
    case 'ge':
      return high > value || (low >= value && high <= value)
    case 'le':
      return low < value || (low >= value && high <= value)
    case 'sa':
      return low > value
    case 'eb':
      return high < value
    case 'ap':
      return low <= value + margin && high >= value - margin
    default:
      return equal
  }
}

const GRAMS: Readonly<Record<string, bigint>> = { kg: 1_000_000n, g: 1_000n, mg: 1n }
const UCUM = 'http://unitsofmeasure.org'

/** A unit of UCUM is compared with any unit of the same kind, here those of mass. */
function quantity(search: NaiveSearch | undefined, element: unknown, value: string): boolean {
  const [number = '', system, code] = value.split('|')
  const { low, high, origin, currency, ...own } = element as Element
  if (origin !== undefined) return sampled(element as Sampled, value)
  if (currency !== undefined) return quantity(search, { ...own, system: 'urn:iso:std:iso:4217', code: currency }, value)
  const unit = (low ?? high ?? own) as Element
  const limit = (one: unknown, open: bigint): bigint =>
    one === undefined ? open : fraction(String((one as Element).value))
  const limits: Limits =
    low !== undefined || high !== undefined ? [limit(low, -OPEN), limit(high, OPEN)] : [limit(own, 0n), limit(own, 0n)]
  if (code === undefined) return inRange(number, limits)
  if (system === '') return [unit.code, unit.unit].includes(code) && inRange(number, limits)
  if (system !== UCUM || GRAMS[code] === undefined)
    return unit.system === system && unit.code === code && inRange(number, limits)
  const scale = unit.system === UCUM ? GRAMS[String(unit.code)] : undefined
  return scale !== undefined && inRange(number, [limits[0] * scale, limits[1] * scale], GRAMS[code])
}

const OPEN = 10n ** 60n

type Sampled = { readonly origin: Element; readonly factor?: number; readonly data: string }

/** As a Range from the least to the greatest point that was measured. */
function sampled({ origin, factor = 1, data }: Sampled, value: string): boolean {
  const points = data
    .split(' ')
    .flatMap((one) => (/^[EUL]$/.test(one) ? [] : [Number(origin['value']) + factor * Number(one)]))
  const limit = (number: number): object => ({ ...origin, value: number })
  return (
    points.length > 0 &&
    quantity(undefined, { low: limit(Math.min(...points)), high: limit(Math.max(...points)) }, value)
  )
}

/** A date or time in UTC as [start, end), both as texts that sort: seconds since the year 0. */
function instants(text: string): readonly [string, string] {
  const parts = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d))?(Z|[+-]\d\d:\d\d)?)?)?)?$/.exec(text)!
  const [year, month, day, hour, minute, second] = parts
    .slice(1, 7)
    .map((one) => (one === undefined ? undefined : Number(one)))
  const zone = parts[7] === undefined || parts[7] === 'Z' ? 0 : offset(parts[7])
  const start = Date.UTC(year!, (month ?? 1) - 1, day ?? 1, hour ?? 0, minute ?? 0, second ?? 0) - zone
  const end =
    second !== undefined
      ? start + 1000
      : hour !== undefined
        ? start + 60_000
        : day !== undefined
          ? start + 86_400_000
          : month !== undefined
            ? Date.UTC(year!, month, 1)
            : Date.UTC(year! + 1, 0, 1)
  return [sortable(start), sortable(end)]
}

const offset = (zone: string): number =>
  (zone.startsWith('-') ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4))) * 60_000
const sortable = (at: number): string => String(at + 10 ** 14).padStart(16, '0')

function date(_search: NaiveSearch, element: unknown, value: string): boolean {
  const [, prefix = 'eq', text = ''] = /^([a-z]{2})?(.*)$/.exec(value)!
  const [from, until] = instants(text)
  const { start, end } = (typeof element === 'string' ? { start: element, end: element } : element) as Element
  const low = start === undefined ? '' : instants(String(start))[0]
  const high = end === undefined ? '~' : instants(String(end))[1]
  const within = low >= from && high <= until
  switch (prefix) {
    case 'ne':
      return !within
    case 'gt':
      return high > until
    case 'lt':
      return low < from
    case 'ge':
      return high > until || within
    case 'le':
      return low < from || within
    case 'sa':
      return low >= until
    case 'eb':
      return high <= from
    default:
      return within
  }
}

function reference({ modifier }: NaiveSearch, element: unknown, value: string): boolean {
  const { reference: text, identifier } = element as Element
  if (modifier === 'identifier') {
    const [system, code] = value.split('|')
    return (
      identifier !== undefined && (identifier as Element).system === system && same((identifier as Element).value, code)
    )
  }
  if (modifier !== undefined) return text === `${modifier}/${value}`
  return text === value || (typeof text === 'string' && text.split('/').at(-1) === value && !text.includes(':'))
}

function uri({ modifier }: NaiveSearch, element: unknown, value: string): boolean {
  const [text, url] = [String(element), String(element).split('|')[0]!]
  if (modifier === 'below') return [text, url].some((one) => one === value || one.startsWith(`${value}/`))
  if (modifier === 'above') return [text, url].some((one) => one === value || value.startsWith(`${one}/`))
  return text === value || url === value
}

/** By the law of cosines, where the search uses haversines. */
function near(_search: NaiveSearch, element: unknown, value: string): boolean {
  const [latitude, longitude, distance] = value.split('|').map(Number)
  const { latitude: lat, longitude: lon } = element as { latitude: number; longitude: number }
  const [a, b, c] = [latitude!, lat, lon - longitude!].map((degrees) => (degrees * Math.PI) / 180)
  const cosine = Math.sin(a!) * Math.sin(b!) + Math.cos(a!) * Math.cos(b!) * Math.cos(c!)
  return 6371 * Math.acos(Math.min(1, Math.max(-1, cosine))) <= distance!
}

/** Words with OR, AND and NOT between them, without parentheses; a word may end with `*`. */
function content(_search: NaiveSearch, element: unknown, value: string): boolean {
  const found = new Set(textsOf(element).flatMap((text) => [...wordsOf(text, ''), ...wordsOf(text, ' ')]))
  return value.split(' OR ').some((all) =>
    all.split(/ AND | (?!AND )/).every((term, index, terms) => {
      if (term === 'NOT') return true
      const words = wordsOf(term, '')
      const has = words.every((word, place) =>
        term.endsWith('*') && place === words.length - 1
          ? [...found].some((one) => one.startsWith(word))
          : found.has(word),
      )
      return has !== (terms[index - 1] === 'NOT')
    }),
  )
}

const wordsOf = (text: string, apostrophe: string): readonly string[] =>
  text.replaceAll("'", apostrophe).split(/[^\p{L}\p{N}]+/u).map(letters).filter((word) => word !== '') // prettier-ignore

/** Every text but ids, references, addresses, dates, meta and data. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return /^(?:urn:|http|\d{4}-)/.test(value) ? [] : [value]
  if (typeof value !== 'object' || value === null) return []
  const left = ['id', 'resourceType', 'reference', 'meta', 'data']
  return Object.entries(value).flatMap(([name, one]) => (left.includes(name) ? [] : textsOf(one)))
}

const paths = new Map<string, ReturnType<typeof enginePath>>()
const kept = new WeakMap<object, Map<string, readonly unknown[]>>()

/** The values of an expression, by HL7's engine; kept for each resource. */
function valuesOf(expression: string, element: unknown): readonly unknown[] {
  // Without its type, the engine does not know the choices of an element: the only one here is a component.
  const base = (element as Element).resourceType === undefined ? 'Observation.component' : undefined
  const name = `${base ?? ''} ${expression}`
  const path = paths.get(name) ?? enginePath(expression, base)
  paths.set(name, path)
  const own = kept.get(element as object) ?? new Map<string, readonly unknown[]>()
  kept.set(element as object, own)
  const values = own.get(expression) ?? (path(element as Resource) as readonly unknown[])
  own.set(expression, values)
  return values
}
