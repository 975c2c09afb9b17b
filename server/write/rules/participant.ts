/** Participants: one record per person, as far as the writer may know, and one hub id per record. */
import { refuse } from '../../fhir/outcome.ts'
import { keyText, type Key, type Resource } from '../../fhir/types.ts'
import { idOf, items } from '../../fhir/element.ts'
import { HUB_ID, hubIdOf } from '../../domain/participant/hub-id.ts'
import { isNumberTelling } from '../../domain/participant/score.ts'
import { match } from '../../search/match.ts'
import type { Filter } from '../../search/query.ts'
import { replacementOf } from '../../domain/participant/retirement.ts'
import { currentResource } from '../../records/resource.ts'
import type { FoundVersion } from '../../store/store.ts'
import type { AuditedAct } from '../audit-event.ts'
import type { PreparedChange } from '../change.ts'
import {
  changedLikeness,
  commonKeys,
  duplicateFilter,
  isSamePerson,
  likeness,
  namedFilter,
  otherThan,
  storedLikeness,
  type ChangedLikeness,
} from '../participant-likeness.ts'
import type { PendingState } from '../pending-state.ts'
import { refusesIdentity } from './identity.ts'
import type { RuleTables } from '../rule-tables.ts'
import type { Rule, RuleResult } from './rule.ts'

type ParticipantTables = Pick<RuleTables, 'matching' | 'attempts' | 'writing'>

export const participantRules = (tables: ParticipantTables): readonly Rule[] => [
  { types: ['Patient'], check: (change, state) => isNew(tables, change, state) },
  { types: ['Patient'], check: hasOwnHubId },
]

/**
 * A participant with an identifier of another that the caller may know of, or who is another one for certain by name,
 * birth date and contacts or number, is the same person: the caller uses that record. Participants whom the caller may
 * not know of do not count, or the refusal would disclose them (docs/decisions/0004).
 */
async function isNew(tables: ParticipantTables, changed: PreparedChange, state: PendingState): Promise<RuleResult> {
  const { key, after } = changed
  if (!after || state.caller.role === 'hub' || refusesIdentity(tables, changed, state.caller)) return {}
  const { matching } = tables
  const own = await changedLikeness(matching, changed, state)
  const filter = duplicateFilter(matching, own)
  const numbered = isNumbered(changed, state) ? namedFilter(matching, own) : undefined
  const found = await findOthers(changed, state, { filter, numbered })
  if (numbered) await countNumber(tables, changed, { own, found }, state)
  if (!filter) return {}
  const twin = await twinOf(tables, changed, own, state)
  if (twin) throw duplicate(twin, changed)
  const ids = [key.id, ...state.changes.filter((one) => one.key.type === 'Patient').map((one) => one.key.id)]
  const stored = found.filter((one) => !ids.includes(one.id) && match(filter, { ...one, entries: one.entries ?? [] }))
  const same = stored.find((one) => isSamePerson(matching, own, storedLikeness(matching, one)))
  if (same) throw duplicate(await inUse(same, state), changed, sharesIdentifier(after, currentResource(same)))
  const where = otherThan(filter, [...ids, ...stored.map(({ id }) => id)])
  return {
    guards: [
      { none: state.view.query({ type: 'Patient', where, limit: 1 }) },
      ...stored.map(({ type, id, version }) => ({ key: { type, id }, expect: { version: [version] } })),
    ],
  }
}

/** The record that replaces the one that was found, as far as the caller may know of it: the person is used there. */
async function inUse(found: FoundVersion, state: PendingState): Promise<Key> {
  const id = replacementOf(currentResource(found))
  const key: Key = { type: 'Patient', id: id ?? found.id }
  return id !== undefined && (await state.read(key)) ? key : found
}

/** Nearly every participant who is created is another than all others: the guard alone says so, where it may. */
async function findOthers(
  { key }: PreparedChange,
  { view, trial }: PendingState,
  { filter, numbered }: { readonly filter: Filter | undefined; readonly numbered: Filter | undefined },
): Promise<readonly FoundVersion[]> {
  const of = [filter, numbered].filter((one) => one !== undefined)
  if (of.length === 0) return []
  if (trial && !numbered) {
    trial.unsearched = true
    return []
  }
  const where = otherThan({ op: 'or', of }, [key.id])
  return (await view.find({ type: 'Patient', where, limit: Infinity, withEntries: true })).versions
}

/** Does the change bring a social security number that the hub will compare? */
const isNumbered = ({ ssn }: PreparedChange, { caller, dryRun }: PendingState): boolean =>
  ssn !== undefined && !dryRun && caller.role === 'agency'

/**
 * A number that is tried on somebody whom the caller may know, and who has another one, is counted before anything is
 * answered; after too many of them the right one is refused as well. Counted, too, is one that an agency sends with a participant of another agency of entry: whether it is right would show.
 * @throws OutcomeError `too-many-attempts`
 */
async function countNumber(
  { matching, attempts }: ParticipantTables,
  { key, before, stored, ssn }: PreparedChange,
  { own, found }: { readonly own: ChangedLikeness; readonly found: readonly FoundVersion[] },
  { caller, now }: PendingState,
): Promise<void> {
  const telling = found
    .map((one) => ({ id: one.id, other: storedLikeness(matching, one) }))
    .filter(({ other }) => other.traits.ssn !== undefined && isNumberTelling(likeness(matching, own, other)))
  const isForeign = stored !== undefined && idOf(before?.managingOrganization, 'Organization') !== caller.agency
  if (telling.length === 0 && !isForeign) return
  const wrong = telling.filter(({ other }) => other.traits.ssn !== ssn)
  const participants = [...(isForeign ? [key.id] : []), ...wrong.map(({ id }) => id)]
  const act: AuditedAct = { subtype: 'ssn-attempt', outcome: '4', text: TRIED, participants }
  await attempts.count('ssn', { caller, now }, ssn ?? '', participants.length > 0 ? act : undefined)
}

const TRIED =
  'A participant was sent with a social security number that the participant of this name and birth date may not have.'

/** Is an identifier of the one also one of the other? */
const sharesIdentifier = (one: Resource, other: Resource | undefined): boolean =>
  items(one.identifier).some((own) =>
    items(other?.identifier).some(({ system, value }) => own.system === system && own.value === value),
  )

function duplicate({ type, id }: Key, { change }: PreparedChange, isNumber = false) {
  const name = keyText({ type, id })
  return refuse(
    'duplicate-participant',
    `You know this participant already, as \`${name}\`: an identifier is the same, or name, birth date and a contact or number are. ` +
      (change.kind === 'put' && change.create
        ? 'Update that record instead of creating another.'
        : 'Take the identifier out, or ask the board to merge the two.'),
    { headers: { Location: name }, expression: isNumber ? `${change.at}.identifier` : change.at },
  )
}

/** Another participant of the same commit who is the same person. */
async function twinOf(
  { matching }: ParticipantTables,
  { key }: PreparedChange,
  own: ChangedLikeness,
  state: PendingState,
): Promise<Key | undefined> {
  if (state.changes.filter((one) => one.key.type === 'Patient').length < 2) return undefined
  const coming = await comingByKey(matching, state)
  const near = new Set(commonKeys(matching, own).flatMap((common) => coming.get(common) ?? []))
  return [...near].find((one) => one.key.id !== key.id && isSamePerson(matching, own, one))?.key
}

type ComingParticipant = ChangedLikeness & { readonly key: Key }
type ComingByKey = ReadonlyMap<string, readonly ComingParticipant[]>

/** The participants of a commit, made once for all of them. */
const comingOf = new WeakMap<PendingState['changes'], Promise<ComingByKey>>()

function comingByKey(matching: ParticipantTables['matching'], state: PendingState): Promise<ComingByKey> {
  const coming = comingOf.get(state.changes) ?? indexComing(matching, state)
  comingOf.set(state.changes, coming)
  return coming
}

async function indexComing(matching: ParticipantTables['matching'], state: PendingState): Promise<ComingByKey> {
  const byKey = new Map<string, ComingParticipant[]>()
  for (const one of state.changes) {
    if (!one.after || one.key.type !== 'Patient') continue
    const coming = { key: one.key, ...(await changedLikeness(matching, one, state)) }
    for (const common of commonKeys(matching, coming)) byKey.set(common, [...(byKey.get(common) ?? []), coming])
  }
  return byKey
}

/** Among all participants, whoever may know of them: the hub makes the number, and makes another when it is taken. */
function hasOwnHubId({ key, before, after }: PreparedChange, state: PendingState): RuleResult {
  const id = hubIdOf(after)
  if (before || id === undefined) return {}
  const token: Filter = { op: 'token', param: 'identifier', system: HUB_ID, code: id }
  const others = state.changes.filter((one) => one.key.type === 'Patient').map((one) => one.key.id)
  const where = otherThan(token, [key.id, ...others])
  return { guards: [{ none: state.unrestricted.query({ type: 'Patient', where, limit: 1 }) }] }
}
