/** The consents that decide what may be disclosed of a participant. */
import { participantOf } from '../domain/visibility/audience.ts'
import type { Resource } from '../fhir/types.ts'
import { aboutParticipant } from '../search/query.ts'
import { circleKey, isCreated, sourcesOf } from './circle.ts'
import type { PendingState } from './pending-state.ts'
import type { RuleTables } from './rule-tables.ts'

/**
 * The consents about a participant that permit or deny anything to an agency of the circle, as they will be after the
 * commit and as far as the caller may know of them. The stored circle names those that grant or deny: they are read by their
 * keys. Where its grants are many they are searched for.
 */
export async function consentsAbout(
  tables: Pick<RuleTables, 'visibility' | 'range'>,
  participant: string,
  state: PendingState,
): Promise<readonly Resource[]> {
  const about = aboutParticipant(participant)
  // About a participant that this commit makes there is nothing yet but what comes with it.
  if (isCreated(participant, state.changes)) return state.coming('Consent', about)
  const sources = sourcesOf(tables, await state.unrestricted.read(circleKey(participant)))
  if (sources === undefined) return state.find('Consent', about)
  const keys = sources.filter(({ type }) => type === 'Consent')
  await state.view.readMany(keys)
  const stored = await Promise.all(keys.map((key) => state.read(key)))
  const coming = state.coming('Consent', about)
  const all = [...stored, ...coming].filter((one): one is Resource & { id: string } => one !== undefined)
  const ofParticipant = all.filter((one) => participantOf(tables.visibility, one) === participant)
  return [...new Map(ofParticipant.map((one) => [one.id, one])).values()]
}
