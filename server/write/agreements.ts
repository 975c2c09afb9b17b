/**
 * What opens a class that needs an agreement: data-sharing agreements and the agencies that keep wage records, as they
 * will be after a commit. They are read only where a circle or an audience depends on them, once for each write.
 */
import { codeSystem } from '../fhir/canonical.ts'
import { codesOf } from '../fhir/element.ts'
import type { Key, Resource } from '../fhir/types.ts'
import { participantOf } from '../domain/visibility/audience.ts'
import { unrestricted } from '../records/view.ts'
import { resourceOf } from '../records/resource.ts'
import { ALL, type Filter } from '../search/query.ts'
import type { Guard, Store, Version } from '../store/store.ts'
import { noOther, sameMatches } from './circle-guards.ts'
import type { PreparedChange } from './change.ts'
import { CONSENT_CLASS } from './index-entries.ts'
import type { RuleTables } from './rule-tables.ts'

export type CircleNeeds = Pick<RuleTables, 'visibility' | 'range'> & { readonly store: Store }

export type Agreements = {
  list(): Promise<readonly Resource[]>
  wageAgencies(): Promise<readonly string[]>
  /** Hold in the commit what was read so far. */
  guards(): readonly Guard[]
}

export const isWageAgency = (resource: Resource | undefined): boolean =>
  resource?.resourceType === 'Organization' && codesOf(resource.type, AGENCY_TYPE).includes(WAGE_AGENCY)

const AGENCY_TYPE = codeSystem('agency-type')
const WAGE_AGENCY = 'wage-agency'
const WAGE_AGENCIES: Filter = { op: 'token', param: 'type', system: AGENCY_TYPE, code: WAGE_AGENCY }

export function agreementsAfter(needs: CircleNeeds, changes: readonly PreparedChange[]): Agreements {
  const guards: Guard[] = []
  const after = async (type: string, where: Filter): Promise<readonly Resource[]> => {
    const untouched = await untouchedMatches(needs, type, where, changes)
    guards.push(...sameMatches(type, where, untouched, keysOf(changes)))
    return [
      ...untouched.map(resourceOf),
      ...changes.flatMap((one) => (one.after && one.key.type === type ? one.after : [])),
    ]
  }
  let agreements: Promise<readonly Resource[]> | undefined
  let agencies: Promise<readonly string[]> | undefined
  return {
    list: () => (agreements ??= after(needs.visibility.agreement.type, ALL)),
    wageAgencies: () =>
      (agencies ??= after('Organization', WAGE_AGENCIES).then((found) =>
        found.filter(isWageAgency).map((one) => String(one.id)),
      )),
    guards: () => guards,
  }
}

/** Does the commit change what an agreement opens, to whichever participant? */
export const changesAgreements = ({ visibility }: CircleNeeds, changes: readonly PreparedChange[]): boolean =>
  changes.some(
    ({ key, before, after }) => key.type === visibility.agreement.type || isWageAgency(before) !== isWageAgency(after),
  )

/**
 * The participants with a consent to a class that needs an agreement: their circles follow the agreements. The guard
 * holds that no other consent comes up meanwhile; one of these that changes moves its circle, which is guarded itself.
 */
export async function participantsUnderAgreement(
  needs: CircleNeeds,
  changes: readonly PreparedChange[],
): Promise<{ readonly ids: readonly string[]; readonly guards: readonly Guard[] }> {
  const named = Object.entries(needs.visibility.classes).filter(([, one]) => one.agreement)
  const where: Filter = { op: 'or', of: named.map(([code]) => ({ op: 'token', param: CONSENT_CLASS, code })) }
  const consents = await untouchedMatches(needs, 'Consent', where, changes)
  const ids = consents.flatMap((one) => participantOf(needs.visibility, resourceOf(one)) ?? [])
  return { ids, guards: [noOther('Consent', where, [...consents, ...keysOf(changes)])] }
}

export const keysOf = (changes: readonly PreparedChange[]): readonly Key[] => changes.map((one) => one.key)

/** The stored records that match, but for the ones that the commit writes itself. */
async function untouchedMatches(
  { store }: CircleNeeds,
  type: string,
  where: Filter,
  changes: readonly PreparedChange[],
): Promise<readonly Version[]> {
  const found: Version[] = []
  for await (const version of unrestricted(store).all({ type, where })) {
    if (!changes.some(({ key }) => key.type === version.type && key.id === version.id)) found.push(version)
  }
  return found
}
