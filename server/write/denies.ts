/**
 * Does a deny of the participant stand against an agency? An active Consent of provision type `deny` that names the
 * agency as an actor, and whose period is not over. The one place that decides it for look-ups; see docs/matching.md.
 * https://hl7.org/fhir/R4/consent-definitions.html#Consent.provision.type
 */
import { isDenial, isOver, recipientsOf, type ReadRange } from '../domain/referral/consent.ts'
import { resourceOf } from '../records/resource.ts'
import type { View } from '../records/view.ts'
import { aboutParticipant, type Filter } from '../search/query.ts'
import type { Guard } from '../store/store.ts'
import { noOther } from './circle-guards.ts'

/** In: a view that sees every record. `guards` hold in a commit that what was found is still so. */
export async function deniesOf(
  unrestricted: View,
  participant: string,
  { agency, now, range }: { readonly agency: string; readonly now: number; readonly range: ReadRange },
): Promise<{ readonly isDenied: boolean; readonly guards: readonly Guard[] }> {
  const where: Filter = {
    op: 'and',
    of: [aboutParticipant(participant), { op: 'reference', param: 'actor', type: 'Organization', id: agency }],
  }
  const { versions } = await unrestricted.find({ type: 'Consent', where, limit: Infinity })
  return {
    isDenied: versions
      .map(resourceOf)
      .some((one) => isDenial(one) && recipientsOf(one).includes(agency) && !isOver(one, now, range)),
    guards: [
      ...versions.map(({ type, id, version }): Guard => ({ key: { type, id }, expect: { version: [version] } })),
      noOther('Consent', where, versions),
    ],
  }
}
