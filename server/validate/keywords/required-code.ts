/**
 * `fhirCoded`: a code with a required binding has a value; an extension instead of it is no code of the value set.
 * https://hl7.org/fhir/R4/terminologies.html#required
 */
import type { JsonObject } from '../../fhir/types.ts'
import type { Violation } from '../violation.ts'
import { keyword } from './keyword.ts'

export const fhirCoded = keyword<readonly string[]>('fhirCoded', ['object'], (names) => {
  const prepared = names.map((name) => ({ name, sibling: `_${name}` }))
  return (_context, data: JsonObject) => {
    let found: Violation[] | undefined
    for (const { name, sibling } of prepared) {
      if (data[sibling] !== undefined) found = [...(found ?? []), ...missing(name, data[sibling], data)]
    }
    return found
  }
})

function missing(name: string, sibling: unknown, data: JsonObject): readonly Violation[] {
  const value = data[name]
  if (!Array.isArray(sibling)) return value === undefined ? [noCode(`/${name}`)] : []
  const values: readonly unknown[] = Array.isArray(value) ? value : []
  return sibling.flatMap((one: unknown, index) =>
    one !== null && (values[index] ?? null) === null ? [noCode(`/${name}/${index}`)] : [],
  )
}

const noCode = (below: string): Violation => ({
  detail: 'code-invalid',
  below,
  text: '{at} has no code, only an extension. A code of its value set is required.',
})
