/** Participants: one record per person, as far as the writer may know, and one hub id per record. */
import { refuse } from '../../fhir/outcome.ts'
import { keyText, type Key, type Resource } from '../../fhir/types.ts'
import { HUB_ID, hubIdOf } from '../../domain/participant/hub-id.ts'
import { identityTokens } from '../../domain/participant/identity.ts'
import type { Filter } from '../../search/query.ts'
import { replacementOf } from '../../domain/participant/retirement.ts'
import { currentResource } from '../../records/resource.ts'
import type { Version } from '../../store/store.ts'
import { SSN_HASH, ssnHashOf } from '../index-entries.ts'
import type { PreparedChange } from '../change.ts'
import type { PendingState } from '../pending-state.ts'
import { mayIdentify } from './identity.ts'
import type { Rule, RuleResult } from './rule.ts'

export const participantRules: readonly Rule[] = [
  { types: ['Patient'], check: isNew },
  { types: ['Patient'], check: hasOwnHubId },
]

/**
 * A participant with an identifier of another that the caller may know of is the same person: the caller uses that
 * record. Participants whom the caller may not know of do not count, or the refusal would disclose them
 * (docs/decisions/0004).
 */
async function isNew(changed: PreparedChange, state: PendingState): Promise<RuleResult> {
  const { key, after } = changed
  if (!after || state.caller.role === 'hub' || isReserved(changed, state)) return {}
  const added = await addedTokens(changed, state)
  if (added.length === 0) return {}
  const twin = await twinOf(added, changed, state)
  if (twin) throw duplicate(twin, changed)
  const where = others(
    added.map((token) => ({ op: 'token', ...token })),
    state,
    key.id,
  )
  const same = await state.view.first('Patient', where)
  if (same) throw duplicate(await inUse(same, state), changed)
  return { guards: [{ none: state.view.query({ type: 'Patient', where, limit: 1 }) }] }
}

/** A number that the caller may not send is refused for that alone (identity.ts): nothing may depend on whose it is. */
const isReserved = ({ last, ssn }: PreparedChange, { caller }: PendingState): boolean =>
  ssn !== undefined && last !== undefined && !mayIdentify(last, caller)

/** The record that replaces the one that was found, as far as the caller may know of it: the person is used there. */
async function inUse(found: Version, state: PendingState): Promise<Key> {
  const id = replacementOf(currentResource(found))
  const key: Key = { type: 'Patient', id: id ?? found.id }
  return id !== undefined && (await state.read(key)) ? key : found
}

function duplicate(same: Key, { change }: PreparedChange) {
  return refuse(
    'duplicate-participant',
    `You know this participant already, as \`${keyText(same)}\`: an identifier or the social security number is the same. ` +
      (change.kind === 'put' && change.create
        ? 'Update that record instead of creating another.'
        : 'Take the identifier out, or ask the board to merge the two.'),
    { headers: { Location: keyText(same) }, expression: `${change.at}.identifier` },
  )
}

type ParticipantToken = { readonly param: string; readonly system?: string; readonly code: string }

/** What identifies a participant for certain after a change. */
async function tokensOf(changed: PreparedChange, state: PendingState): Promise<readonly ParticipantToken[]> {
  const ssn = await ssnHashOf(state, changed)
  return [
    ...(changed.after ? tokensIn(changed.after) : []),
    ...(ssn === undefined ? [] : [{ param: SSN_HASH, code: ssn }]),
  ]
}

const tokensIn = (patient: Resource): readonly ParticipantToken[] =>
  identityTokens(patient)
    .filter((token) => token.system !== HUB_ID)
    .map((token) => ({ param: 'identifier', ...token }))

/**
 * The tokens that a change adds. What was there before is not looked at again: otherwise another agency could
 * block the updates of a record by a look-alike.
 */
async function addedTokens(changed: PreparedChange, state: PendingState): Promise<readonly ParticipantToken[]> {
  const { before } = changed
  const after = await tokensOf(changed, state)
  if (!before) return after
  const kept = [...tokensIn(before), ...(await tokensOf({ ...changed, after: undefined, ssn: undefined }, state))]
  const existing = new Set(kept.map(keyOf))
  return after.filter((token) => !existing.has(keyOf(token)))
}

const keyOf = ({ param, system = '', code }: ParticipantToken): string => `${param}|${system}|${code}`

/** Another participant of the same commit with one of the tokens. */
async function twinOf(
  tokens: readonly ParticipantToken[],
  { key }: PreparedChange,
  state: PendingState,
): Promise<Key | undefined> {
  const mine = new Set(tokens.map(keyOf))
  for (const one of state.changes) {
    if (!one.after || one.key.type !== 'Patient' || one.key.id === key.id) continue
    const theirs = await tokensOf(one, state)
    if (theirs.some((token) => mine.has(keyOf(token)))) return one.key
  }
  return undefined
}

/** Among all participants, whoever may know of them: the hub makes the number, and makes another when it is taken. */
function hasOwnHubId({ key, before, after }: PreparedChange, state: PendingState): RuleResult {
  const id = hubIdOf(after)
  if (before || id === undefined) return {}
  const token: Filter = { op: 'token', param: 'identifier', system: HUB_ID, code: id }
  const where = others([token], state, key.id)
  return { guards: [{ none: state.unrestricted.query({ type: 'Patient', where, limit: 1 }) }] }
}

/** Records that match one of these, other than the ones that this commit writes. */
const others = (tokens: readonly Filter[], state: PendingState, id: string): Filter => ({
  op: 'and',
  of: [
    { op: 'or', of: tokens },
    {
      op: 'not',
      of: {
        op: 'id',
        ids: [id, ...state.changes.filter((one) => one.key.type === 'Patient').map((one) => one.key.id)],
      },
    },
  ],
})
