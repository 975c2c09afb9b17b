/** Primitives: JSON type, format and limits of a value. */
import { remembersNumbers } from '../../fhir/decimals.ts'
import type { Schema } from '../compile/schema.ts'
import { PRIMITIVE_TYPES } from '../primitive-types.ts'
import { NEVER } from './quick-test.ts'
import type { QuickTest } from '../check-context.ts'

/** Tests JSON type and format. It fails for null; list.ts handles null in a list of primitives. */
export function typeTest({ type, fhirFormat }: Schema): QuickTest {
  const json = Array.isArray(type) ? (type as readonly string[]).find((one) => one !== 'null') : type
  const test =
    fhirFormat === undefined
      ? undefined
      : (PRIMITIVE_TYPES[fhirFormat]?.test as ((value: unknown) => boolean) | undefined)
  if (json === 'string' && test && URI_TYPES.has(fhirFormat)) return cachedUriTest(test)
  if (json === 'string') return test ? (value) => typeof value === 'string' && test(value) : isString
  if (test) return NEVER
  if (json === 'boolean') return (value) => typeof value === 'boolean'
  // Where the numbers of the holder are not all written as JavaScript writes them, ajv looks at this one.
  if (json === 'integer') return (value, _context, holder) => Number.isInteger(value) && !remembersNumbers(holder)
  return json === 'number' ? (value) => Number.isFinite(value) : NEVER
}

const URI_TYPES = new Set<string | undefined>(['uri', 'url', 'canonical'])

/** Resources repeat the same few systems and profiles: a look-up is faster than a check of the characters. */
function cachedUriTest(test: (value: string) => boolean): QuickTest {
  const cached = new Set<string>()
  return (value) => {
    if (typeof value !== 'string') return false
    if (cached.has(value)) return true
    if (!test(value)) return false
    if (cached.size < MAX_CACHED && value.length < MAX_CACHED_LENGTH) cached.add(value)
    return true
  }
}

const MAX_CACHED = 100
const MAX_CACHED_LENGTH = 200

const isString: QuickTest = (value) => typeof value === 'string'

/** `minimum`, `maximum` and `maxLength`; the length in UTF-16 units is never less than that in characters. */
export function limitTests({ minimum, maximum, maxLength }: Schema): readonly QuickTest[] {
  return [
    ...(minimum === undefined ? [] : [((value) => (value as number) >= minimum) satisfies QuickTest]),
    ...(maximum === undefined ? [] : [((value) => (value as number) <= maximum) satisfies QuickTest]),
    ...(maxLength === undefined ? [] : [((value) => (value as string).length <= maxLength) satisfies QuickTest]),
  ]
}
