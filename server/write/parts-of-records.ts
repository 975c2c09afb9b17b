/**
 * A part of a record is not written over the whole: what `_elements` or `_summary` answered is tagged SUBSETTED, and the
 * elements that it lacks would be lost. https://hl7.org/fhir/R4/search.html#summary
 */
import { items } from '../fhir/element.ts'
import { refuse } from '../fhir/outcome.ts'
import { SUBSETTED } from '../definitions/subset.ts'
import type { PreparedChange } from './change.ts'

/** @throws OutcomeError `part-of-record`. A record that has the tag already can be corrected. */
export function refusePart({ change, before }: PreparedChange): void {
  if (change.kind !== 'put' || change.derived || change.merge) return
  const index = tagOf(change.resource)
  if (index < 0 || (before && tagOf(before) >= 0)) return
  throw refuse(
    'part-of-record',
    `The resource is tagged \`SUBSETTED\`: it is a part of a record, as \`_elements\` and \`_summary\` answer it, and writing it would delete the elements that it lacks. Read the record whole and change that, or send a patch of the elements that change; a resource that is whole goes without the tag.`,
    { expression: `${change.at}.meta.tag[${index}]` },
  )
}

const tagOf = ({ meta }: { readonly meta?: unknown }): number =>
  items((meta as { readonly tag?: unknown } | undefined)?.tag).findIndex(
    ({ system, code }) => system === SUBSETTED.system && code === SUBSETTED.code,
  )
