/** The index entries of a record: those of its search parameters, and the internal ones by which the hub itself finds it. */
import { codeSystem } from '../fhir/canonical.ts'
import { codesOf, items } from '../fhir/element.ts'
import { localReferences } from '../fhir/reference.ts'
import type { Key, Resource } from '../fhir/types.ts'
import { participantOf } from '../domain/visibility/audience.ts'
import { RESTRICTED_CLASS } from '../domain/visibility/circle.ts'
import { valuesAt } from '../fhir/element-path.ts'
import { PARTICIPANT, REFERENCE, type IndexEntry } from '../search/query.ts'
import type { Store, Version } from '../store/store.ts'
import type { PreparedChange } from './change.ts'
import type { WriteNeeds } from './needs.ts'
import { dependencyEntries } from './dependents.ts'

/** Internal entry of a participant: the keyed hash of the social security number. It is kept nowhere else. */
export const SSN_HASH = '_ssn'
/** Internal entry of a Consent: a restricted class that it opens. */
export const CONSENT_CLASS = '_class'

/** Internal entry of a wage record: its participant, quarter and employer, of which there is one record. */
export const WAGE_KEY = '_wage'

export async function entriesOf(
  needs: WriteNeeds,
  one: PreparedChange,
  after: Resource,
): Promise<readonly IndexEntry[]> {
  return [
    ...needs.extract(after),
    ...aboutEntries(needs, after),
    ...referenceEntries(after),
    ...consentEntries(after),
    ...wageEntries(after),
    ...dependencyEntries(needs, after),
    ...(await ssnEntries(needs, one)),
  ]
}

/** The entries of a deleted record: its participant, and of a participant the hash, for when it is brought back. */
export async function remainingEntries(needs: WriteNeeds, one: PreparedChange): Promise<readonly IndexEntry[]> {
  return one.before ? [...aboutEntries(needs, one.before), ...(await ssnEntries(needs, one))] : []
}

/** The participant that a record is about. */
export function aboutEntries(needs: WriteNeeds, resource: Resource): readonly IndexEntry[] {
  const id = participantOf(needs.visibility, resource)
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

async function ssnEntries(needs: WriteNeeds, one: PreparedChange): Promise<readonly IndexEntry[]> {
  const code = await ssnHashOf(needs, one)
  return code === undefined ? [] : [{ kind: 'token', param: SSN_HASH, code }]
}

// A cache of what never changes: the hash that a stored version has. One write asks for it several times.
const storedHashes = new WeakMap<Version, Promise<string | undefined>>()

/**
 * The hash of the social security number that a participant has after a change: a new number replaces the old one;
 * without one the old stays, through a deletion as well.
 */
export async function ssnHashOf(
  { store }: Pick<WriteNeeds, 'store'>,
  { key, ssn, stored }: Pick<PreparedChange, 'key' | 'ssn' | 'stored'>,
): Promise<string | undefined> {
  if (key.type !== 'Patient') return undefined
  if (ssn) return ssn
  if (!stored) return undefined
  const hash = storedHashes.get(stored) ?? storedHash(store, key)
  storedHashes.set(stored, hash)
  return hash
}

/** Of the current version: where that is a later one, the commit refuses the change. */
async function storedHash(store: Store, key: Key): Promise<string | undefined> {
  const indexed = await store.indexed(key)
  const entry = indexed?.entries.find(({ param }) => param === SSN_HASH)
  return entry?.kind === 'token' ? entry.code : undefined
}
