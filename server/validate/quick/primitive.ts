/** Primitives: the form of the value, and its limits. */
import type { Schema } from '../compile/schema.ts'
import { PRIMITIVE_TYPES } from '../primitive-types.ts'
import { NEVER } from './test.ts'
import type { QuickTest } from '../check-context.ts'

/** The JSON type and the format of one schema. A null in a list of primitives is left to the schemas. */
export function formTest({ type, fhirFormat }: Schema): QuickTest {
  const json = Array.isArray(type) ? (type as readonly string[]).find((one) => one !== 'null') : type
  const test =
    fhirFormat === undefined
      ? undefined
      : (PRIMITIVE_TYPES[fhirFormat]?.test as ((value: unknown) => boolean) | undefined)
  if (json === 'string' && test && ADDRESSES.has(fhirFormat)) return addressTest(test)
  if (json === 'string') return test ? (value) => typeof value === 'string' && test(value) : isString
  if (test) return NEVER
  if (json === 'boolean') return (value) => typeof value === 'boolean'
  if (json === 'integer') return (value) => Number.isInteger(value)
  return json === 'number' ? (value) => Number.isFinite(value) : NEVER
}

const ADDRESSES = new Set<string | undefined>(['uri', 'url', 'canonical'])

/** The same few systems and profiles are named in every resource: to know one again is quicker than to read it. */
function addressTest(test: (value: string) => boolean): QuickTest {
  const known = new Set<string>()
  return (value) => {
    if (typeof value !== 'string') return false
    if (known.has(value)) return true
    if (!test(value)) return false
    if (known.size < MOST_ADDRESSES && value.length < LONGEST) known.add(value)
    return true
  }
}

const MOST_ADDRESSES = 100
const LONGEST = 200

const isString: QuickTest = (value) => typeof value === 'string'

/** `minimum`, `maximum` and `maxLength`: a length in UTF-16 units is never less than one in characters. */
export function limitTests({ minimum, maximum, maxLength }: Schema): readonly QuickTest[] {
  return [
    ...(minimum === undefined ? [] : [((value) => (value as number) >= minimum) satisfies QuickTest]),
    ...(maximum === undefined ? [] : [((value) => (value as number) <= maximum) satisfies QuickTest]),
    ...(maxLength === undefined ? [] : [((value) => (value as string).length <= maxLength) satisfies QuickTest]),
  ]
}
