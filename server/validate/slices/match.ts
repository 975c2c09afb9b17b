/** Does an item belong to a slice? https://hl7.org/fhir/R4/profiling.html#discriminator */
import type { DiscriminatorMatch, CompiledSlice } from '../compile/schema.ts'
import { equalsFixed, matchesPattern } from '../fixed-pattern.ts'
import { runSchema } from '../violation.ts'
import type { CheckContext } from '../check-context.ts'
import type { UncheckedCoding } from '../unchecked.ts'
import { selectValues, type SelectedValue } from './discriminator-path.ts'

/** A slice without conditions has no items. */
export function matchesSlice(item: unknown, slice: CompiledSlice, context: CheckContext): boolean {
  const { match } = slice
  if (match === undefined) return false
  for (const one of match) if (!matchesDiscriminator(item, one, context)) return false
  return true
}

export function matchesDiscriminator(item: unknown, match: DiscriminatorMatch, context: CheckContext): boolean {
  // Fast path: most slices have one fixed text, such as the url of an extension or the system of an identifier.
  if (typeof match.fixed === 'string' && typeof item === 'object' && item !== null) {
    const value = (item as Record<string, unknown>)[match.path]
    if (typeof value === 'string') return value === match.fixed
  }
  const found = selectValues(item, match.path, context)
  if (match.exists !== undefined) return found.length > 0 === match.exists
  if (match.types) return found.some((one) => one.type !== undefined && match.types?.includes(one.type))
  if (match.profiles) return found.some((one) => match.profiles?.some((url) => meetsProfile(one, url, context)))
  if (match.fixed !== undefined) return found.some((one) => equalsFixed(one.value, match.fixed))
  if (match.pattern !== undefined) return found.some((one) => matchesPattern(one.value, match.pattern))
  const { valueSet } = match
  return valueSet !== undefined && found.some((one) => isInValueSet(one.value, valueSet, context))
}

function meetsProfile({ value, type }: SelectedValue, url: string, context: CheckContext): boolean {
  const { engine } = context
  const expected = engine.definitions.structures.find(url)?.type
  if (type !== undefined && expected !== undefined && type !== expected) return false
  const profile = engine.profileSchema(url)
  const at = { instancePath: '', parentData: undefined, parentDataProperty: '', rootData: value }
  return profile !== undefined && runSchema(profile, context, value, at).length === 0
}

function isInValueSet(value: unknown, valueSet: string, { engine }: CheckContext): boolean {
  if (typeof value === 'string') return engine.terminology.check(valueSet, undefined, value) === 'in'
  const coding = (value as { coding?: unknown } | null)?.coding
  const list = Array.isArray(coding) ? (coding as UncheckedCoding[]) : [value as UncheckedCoding | null]
  return list.some(
    (one) =>
      typeof one?.code === 'string' &&
      engine.terminology.check(valueSet, (one.system ?? '') as string, one.code) === 'in',
  )
}
