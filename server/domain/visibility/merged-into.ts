/** What makes the record of a participant one of another participant: the merge of both (docs/decisions/0022). */
import { profileUrl } from '../../fhir/canonical.ts'
import { extensionOf, idOf } from '../../fhir/element.ts'
import type { Resource } from '../../fhir/types.ts'

/** The extension of a merged participant: the record that it was merged into. Only the hub writes it (`$merge`). */
export const MERGED_INTO = profileUrl('ext-merged-into')

/** The participant that this one was merged into: it is a record of that participant since. */
export const mergedIntoOf = (patient: Resource | undefined): string | undefined =>
  idOf(extensionOf(patient, MERGED_INTO)?.valueReference, 'Patient')
