/** Changes of a resource at random, as data that fits any resource. */
import fc from 'fast-check'

type MutableJson = Record<string, unknown>

/** What takes the place of an element, or stands beside it. */
const JUNK = fc.constantFrom<unknown>(
  ...[
    null,
    {},
    [],
    '',
    0,
    -1,
    1.5,
    true,
    'x',
    [[]],
    [null],
    { a: 1 },
    '2020-13-01',
    '#x',
    { reference: '#' },
    ['a', 'a'],
  ],
  ...[{ coding: [null] }, { coding: 'x' }, { resourceType: 'Nope' }, { url: 5 }, { extension: [{ url: 'x' }] }],
)

/** A place (by numbers, so that it fits any resource), what to do there, and with what. */
export const CHANGE = fc.record({
  steps: fc.array(fc.nat(20), { maxLength: 6 }),
  key: fc.nat(20),
  act: fc.constantFrom('put', 'drop', 'rename', 'beside'),
  junk: JUNK,
})

/** Makes the change, in place. */
export function change(
  resource: MutableJson,
  { steps, key, act, junk }: { steps: number[]; key: number; act: string; junk: unknown },
): void {
  let at = resource
  for (const step of steps) {
    const next = Object.values(at)[step % Math.max(1, Object.keys(at).length)]
    if (typeof next !== 'object' || next === null) break
    at = next as MutableJson
  }
  const names = Object.keys(at)
  const name = names[key % Math.max(1, names.length)] ?? 'x'
  // A list has no names, and JSON has no holes.
  if (Array.isArray(at))
    return void at.splice(
      key % (at.length + 1),
      act === 'drop' ? 1 : 0,
      ...(act === 'drop' ? [] : [structuredClone(junk)]),
    )
  if (act === 'put') at[name] = structuredClone(junk)
  if (act === 'beside') at[`_${name}`] = structuredClone(junk)
  if (act === 'rename') at[`${name}s`] = at[name]
  if (act === 'drop' || act === 'rename') delete at[name]
}
