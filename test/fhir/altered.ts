/** A resource with other values of the right kind: what rules, not forms, have something to say of. */
import fc from 'fast-check'

type MutableObject = Record<string, unknown>

const TEXTS = [
  'x',
  'completed',
  'false',
  '2020',
  '2020-01',
  '2020-01-01',
  '2031-12-31',
  '2020-01-01T10:00:00Z',
  '10:00:00',
]
const MORE = [
  '2020-01-01T10:00:00.5+02:00',
  '#x',
  '#',
  'Patient/1',
  'urn:uuid:x',
  'http://unitsofmeasure.org',
  'a b',
  '1',
]
const NUMBERS = [0, 1, -1, 2.5, 100]

/** Which value, counted in the order of the document, and what is done to it. */
export const ALTERATION = fc.record({
  place: fc.nat(400),
  act: fc.constantFrom('drop', 'value', 'twice', 'beside'),
  text: fc.constantFrom(...TEXTS, ...MORE),
  number: fc.constantFrom(...NUMBERS),
})

type Place = { readonly holder: MutableObject | unknown[]; readonly key: string | number }

/** Makes the alteration, in place. */
export function alter(
  resource: MutableObject,
  { place, act, text, number }: { place: number; act: string; text: string; number: number },
): void {
  const places = placesIn(resource, [])
  const { holder, key } = places[place % places.length] ?? { holder: resource, key: 'id' }
  const value = (holder as MutableObject)[key]
  if (Array.isArray(holder)) {
    if (act === 'drop' && holder.length > 1) return void holder.splice(key as number, 1)
    if (act === 'twice') return void holder.splice(key as number, 0, structuredClone(value))
  } else if (act === 'drop') delete holder[key]
  else if (act === 'beside' && typeof value !== 'object') {
    holder[`_${key}`] = { extension: [{ url: 'http://example.org/x', valueString: text }] }
    if (number > 0) delete holder[key]
  }
  if (act !== 'value') return
  if (typeof value === 'string') (holder as MutableObject)[key] = text
  if (typeof value === 'number') (holder as MutableObject)[key] = number
  if (typeof value === 'boolean') (holder as MutableObject)[key] = !value
}

function placesIn(value: unknown, found: Place[]): readonly Place[] {
  if (typeof value !== 'object' || value === null) return found
  const holder = value as MutableObject | unknown[]
  const keys = Array.isArray(holder) ? holder.map((_, index) => index) : Object.keys(holder)
  for (const key of keys) {
    if (key === 'resourceType') continue
    found.push({ holder, key })
    placesIn((holder as MutableObject)[key], found)
  }
  return found
}
