/** Whether two validators tell the first error at the same element, though they name elements in slightly other ways. */
import type { Issue } from '../../server/fhir/outcome.ts'

/** `theirs` is the expression of the other's first error, `ours` our first error. */
export const isSamePlace = (theirs: string | null | undefined, ours: Issue | undefined): boolean =>
  placesOf(ours).some((place) => plain(place) === plain(theirs))

/** Of what is missing, unknown or too many, the reference names the element that holds it, not the element itself. */
const OF_HOLDER = new Set<string>(['element-missing', 'element-unknown', 'element-too-many', 'slice-cardinality'])

/**
 * Of an extension it names the extension where that is not known, and the holder where it may not stand; of a type that is
 * none, the resource.
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
 * The reference notes types and ids of inner resources as comments, and urls of extensions as conditions; of a choice it
 * names the definition (`value[x]`) as long as it only reads.
 */
const plain = (expression: string | null = ''): string =>
  (expression ?? '')
    .replace(/\/\*.*?\*\//g, '')
    .replace(/\[url='[^']*'\]/g, '')
    .replace(/\.ofType\(\w+\)|\[x\]/g, '')
    .replace(/\s/g, '')
