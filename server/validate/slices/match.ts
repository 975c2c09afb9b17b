/** Does an item belong to a slice? https://hl7.org/fhir/R4/profiling.html#discriminator */
import type { Match, Slice } from '../compile/schema.ts'
import { equals, includes } from '../difference.ts'
import { errorsOf, type Run } from '../run.ts'
import { select, type Selected } from './select.ts'

/** A slice that cannot be told from its definition takes no item. */
export function belongs(item: unknown, slice: Slice, run: Run): boolean {
  const { match } = slice
  if (match === undefined) return false
  for (const one of match) if (!meets(item, one, run)) return false
  return true
}

export function meets(item: unknown, match: Match, run: Run): boolean {
  // Most slices are told by one text: the url of an extension, the system of an identifier.
  if (typeof match.fixed === 'string' && typeof item === 'object' && item !== null) {
    const value = (item as Record<string, unknown>)[match.path]
    if (typeof value === 'string') return value === match.fixed
  }
  const found = select(item, match.path, run)
  if (match.exists !== undefined) return found.length > 0 === match.exists
  if (match.types) return found.some((one) => one.type !== undefined && match.types?.includes(one.type))
  if (match.profiles) return found.some((one) => match.profiles?.some((url) => conforms(one, url, run)))
  if (match.fixed !== undefined) return found.some((one) => equals(one.value, match.fixed))
  if (match.pattern !== undefined) return found.some((one) => includes(one.value, match.pattern))
  const { valueSet } = match
  return valueSet !== undefined && found.some((one) => coded(one.value, valueSet, run))
}

function conforms({ value, type }: Selected, url: string, run: Run): boolean {
  const { engine } = run
  const wanted = engine.definitions.structures.find(url)?.type
  if (type !== undefined && wanted !== undefined && type !== wanted) return false
  const profile = engine.profile(url)
  const at = { instancePath: '', parentData: undefined, parentDataProperty: '', rootData: value }
  return profile !== undefined && errorsOf(profile, run, value, at).length === 0
}

type Coding = { readonly system?: string; readonly code?: unknown }

function coded(value: unknown, valueSet: string, { engine }: Run): boolean {
  if (typeof value === 'string') return engine.terminology.check(valueSet, undefined, value) === 'in'
  const coding = (value as { coding?: unknown } | null)?.coding
  const list = Array.isArray(coding) ? (coding as Coding[]) : [value as Coding | null]
  return list.some(
    (one) => typeof one?.code === 'string' && engine.terminology.check(valueSet, one.system ?? '', one.code) === 'in',
  )
}
