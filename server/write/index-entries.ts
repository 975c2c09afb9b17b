/** The index entries of a record: those of its search parameters, and the internal ones by which the hub itself finds it. */
import { codeSystem } from '../fhir/canonical.ts'
import { codesOf, items } from '../fhir/element.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { localReferences } from '../fhir/reference.ts'
import type { Resource } from '../fhir/types.ts'
import type { View } from '../records/view.ts'
import { blocksOf } from '../domain/participant/blocks.ts'
import { traitsOf } from '../domain/participant/traits.ts'
import { participantOf } from '../domain/visibility/audience.ts'
import { withoutConfidential } from '../domain/visibility/confidential.ts'
import { RESTRICTED_CLASS } from '../domain/visibility/labels.ts'
import { valuesAt } from '../fhir/element-path.ts'
import { PARTICIPANT, REFERENCE, type IndexEntry } from '../search/query.ts'
import { leadingRoleOf } from '../domain/staff/care-team.ts'
import type { PreparedChange } from './change.ts'
import type { WriteContext } from './context.ts'
import { dependencyEntries } from './dependents.ts'
import type { RecordIndex } from './record-index.ts'

/** Internal entry of a participant: the keyed hash of the social security number. It is kept nowhere else. */
export const SSN_HASH = '_ssn'
/** Internal entries of a participant: the blocks in which a match looks for it (domain/participant/blocks.ts). */
export const BLOCK = '_block'
/** Internal entry of a Consent: a restricted class that it opens. */
export const CONSENT_CLASS = '_class'

/** Internal entry of an interagency CareTeam: the PractitionerRole that leads the case now. */
export const LEADS = '_leads'

/** Internal entry of a wage record: its participant, quarter and employer, of which there is one record. */
export const WAGE_KEY = '_wage'

/** `definitions`: those of the write, by which a record is found that uses a posted one. */
export async function entriesOf(
  { index, definitions, view }: EntryNeeds,
  one: PreparedChange,
  after: Resource,
): Promise<readonly IndexEntry[]> {
  return [
    ...index.extract(after),
    ...aboutEntries(index, after),
    ...referenceEntries(after),
    ...consentEntries(after),
    ...wageEntries(after),
    ...blockEntries(index, after),
    ...leadEntries(after),
    ...(index.posts ? dependencyEntries(definitions, after) : []),
    ...(one.key.type === 'Patient' ? await ssnEntries(view, one) : []),
  ]
}

export type EntryNeeds = Pick<WriteContext, 'view'> & {
  readonly index: RecordIndex
  readonly definitions: Definitions
}

/** The entries of a deleted record: its participant, and of a participant the hash, for when it is brought back. */
export async function remainingEntries(
  { index, view }: Pick<EntryNeeds, 'index' | 'view'>,
  one: PreparedChange,
): Promise<readonly IndexEntry[]> {
  return one.before ? [...aboutEntries(index, one.before), ...(await ssnEntries(view, one))] : []
}

/** The participant that a record is about. */
export function aboutEntries(
  { visibility }: Pick<RecordIndex, 'visibility'>,
  resource: Resource,
): readonly IndexEntry[] {
  const id = participantOf(visibility, resource)
  return id === undefined ? [] : [{ kind: 'reference', param: PARTICIPANT, type: 'Patient', id }]
}

/** The records that a record refers to, each once: by these it is found when one of them is to be deleted. */
export const referenceEntries = (resource: Resource): readonly IndexEntry[] =>
  localReferences(resource).map((key) => ({ kind: 'reference', param: REFERENCE, ...key }))

function consentEntries(resource: Resource): readonly IndexEntry[] {
  if (resource.resourceType !== 'Consent') return []
  const codings = valuesAt(resource, 'provision.class') as readonly { system?: string; code?: string }[]
  return codings.flatMap(({ system, code }) =>
    system === RESTRICTED_CLASS && code ? [{ kind: 'token' as const, param: CONSENT_CLASS, code }] : [],
  )
}

/** `Patient/abc|2026-07-01|<employer account>`; undefined for anything but a wage record that counts. */
export function wageKey(resource: Resource): string | undefined {
  if (resource.status === 'entered-in-error') return undefined
  if (!codesOf(resource.category, codeSystem('observation-category')).includes('wage-record')) return undefined
  const account = items(resource.component).find((one) =>
    codesOf(one.code, codeSystem('wage-component')).includes('employer-account'),
  )?.valueString
  const start = items(resource.effectivePeriod)[0]?.start
  return `${String(items(resource.subject)[0]?.reference)}|${String(start)}|${String(account)}`
}

function wageEntries(resource: Resource): readonly IndexEntry[] {
  const code = wageKey(resource)
  return code === undefined ? [] : [{ kind: 'token', param: WAGE_KEY, code }]
}

function blockEntries({ matching }: Pick<RecordIndex, 'matching'>, resource: Resource): readonly IndexEntry[] {
  if (resource.resourceType !== 'Patient') return []
  return blocksOf(matching, traitsOf(matching, withoutConfidential(resource))).map((code) => ({
    kind: 'token',
    param: BLOCK,
    code,
  }))
}

function leadEntries(resource: Resource): readonly IndexEntry[] {
  const id = leadingRoleOf(resource)
  return id === undefined ? [] : [{ kind: 'reference', param: LEADS, type: 'PractitionerRole', id }]
}

async function ssnEntries(view: View, one: PreparedChange): Promise<readonly IndexEntry[]> {
  const code = await ssnHashOf({ view }, one)
  return code === undefined ? [] : [{ kind: 'token', param: SSN_HASH, code }]
}

/**
 * The hash of the social security number that a participant has after a change: a new number replaces the old one;
 * without one the old stays, through a deletion as well.
 */
export async function ssnHashOf(
  { view }: Pick<WriteContext, 'view'>,
  one: Pick<PreparedChange, 'key' | 'ssn' | 'stored'>,
): Promise<string | undefined> {
  if (one.key.type !== 'Patient') return undefined
  // Empty: an undone merge takes the number back.
  if (one.ssn !== undefined) return one.ssn === '' ? undefined : one.ssn
  const entries = one.stored ? await view.entries(one.key) : []
  const entry = entries.find(({ param }) => param === SSN_HASH)
  return entry?.kind === 'token' ? entry.code : undefined
}
