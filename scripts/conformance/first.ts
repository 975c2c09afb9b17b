/** Whether two validators report the first error at the same element, although they name elements slightly differently. */
import type { Issue } from '../../server/fhir/outcome.ts'

/** `theirs` is the expression of the other's first error, `ours` our first error. */
export const isSamePlace = (theirs: string | null | undefined, ours: Issue | undefined): boolean =>
  placesOf(ours).some((place) => plain(place) === plain(theirs))

/** For a missing, unknown or excess element, the reference names the parent, not the element itself. */
const OF_HOLDER = new Set<string>(['element-missing', 'element-unknown', 'element-too-many', 'slice-cardinality'])

/**
 * It names an unknown extension itself, but the parent of an extension that is not allowed there; for an unknown type, the
 * resource.
 */
const OF_EITHER = new Set<string>(['extension-unknown', 'unknown-type'])

function placesOf(issue: Issue | undefined): readonly (string | undefined)[] {
  if (!issue) return [undefined]
  const { detail, expression } = issue
  const holder = expression?.slice(0, expression.lastIndexOf('.'))
  if (OF_EITHER.has(detail)) return [expression, holder]
  return [OF_HOLDER.has(detail) ? holder : expression]
}

/**
 * The reference writes types and ids of inner resources as comments, and urls of extensions as conditions; for a choice it
 * sometimes names the definition (`value[x]`).
 */
const plain = (expression: string | null = ''): string =>
  (expression ?? '')
    .replace(/\/\*.*?\*\//g, '')
    .replace(/\[url='[^']*'\]/g, '')
    .replace(/\.ofType\(\w+\)|\[x\]/g, '')
    .replace(/\s/g, '')
