/** Participants: one record per person, as far as the writer may know, and one hub id per record. */
import { refuse } from '../../fhir/outcome.ts'
import { keyText, type Key, type Resource } from '../../fhir/types.ts'
import { HUB_ID, hubIdOf } from '../../domain/participant/hub-id.ts'
import { identityTokens } from '../../domain/participant/identity.ts'
import type { Filter, Query } from '../../search/query.ts'
import { SSN_HASH, ssnHashOf } from '../index-entries.ts'
import type { PreparedChange, Rule, PendingState, RuleResult } from '../change.ts'
import type { WriteNeeds } from '../needs.ts'

export const participantRules: readonly Rule[] = [
  { types: ['Patient'], check: isNew },
  { types: ['Patient'], check: hasOwnHubId },
]

/**
 * A participant with an identifier of one that the caller knows is that one: use it. Somebody whom the caller may not
 * know of is not looked at, or the refusal would tell (docs/decisions/0004).
 */
async function isNew(changed: PreparedChange, scene: PendingState, needs: WriteNeeds): Promise<RuleResult> {
  const { key, after } = changed
  if (!after || scene.caller.role === 'hub') return {}
  const added = await addedTokens(changed, needs)
  if (added.length === 0) return {}
  const twin = await twinOf(added, changed, scene, needs)
  if (twin) throw duplicate(twin, changed)
  const where = others(
    added.map((token) => ({ op: 'token', ...token })),
    scene,
    key.id,
  )
  const known: Query = { type: 'Patient', where, viewer: scene.viewer, limit: 1 }
  const { versions } = await needs.store.find(known)
  if (versions[0]) throw duplicate(versions[0], changed)
  return { guards: [{ none: known }] }
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

type Token = { readonly param: string; readonly system?: string; readonly code: string }

/** By what a participant is known for certain after a change. */
async function tokensOf(changed: PreparedChange, needs: WriteNeeds): Promise<readonly Token[]> {
  const ssn = await ssnHashOf(needs, changed)
  return [
    ...(changed.after ? tokensIn(changed.after) : []),
    ...(ssn === undefined ? [] : [{ param: SSN_HASH, code: ssn }]),
  ]
}

const tokensIn = (patient: Resource): readonly Token[] =>
  identityTokens(patient)
    .filter((token) => token.system !== HUB_ID)
    .map((token) => ({ param: 'identifier', ...token }))

/**
 * The tokens that a change adds. What was there before is not looked at again: another agency could else block the
 * updates of a record by a look-alike.
 */
async function addedTokens(changed: PreparedChange, needs: WriteNeeds): Promise<readonly Token[]> {
  const { before } = changed
  const after = await tokensOf(changed, needs)
  if (!before) return after
  const kept = [...tokensIn(before), ...(await tokensOf({ ...changed, after: undefined, ssn: undefined }, needs))]
  const known = new Set(kept.map(keyOf))
  return after.filter((token) => !known.has(keyOf(token)))
}

const keyOf = ({ param, system = '', code }: Token): string => `${param}|${system}|${code}`

/** Another participant of the same commit with one of the tokens. */
async function twinOf(
  tokens: readonly Token[],
  { key }: PreparedChange,
  { changes }: PendingState,
  needs: WriteNeeds,
): Promise<Key | undefined> {
  const mine = new Set(tokens.map(keyOf))
  for (const one of changes) {
    if (!one.after || one.key.type !== 'Patient' || one.key.id === key.id) continue
    const theirs = await tokensOf(one, needs)
    if (theirs.some((token) => mine.has(keyOf(token)))) return one.key
  }
  return undefined
}

/** Among all participants, seen or not: the number is the hub's own, and a new one is tried when it is taken. */
function hasOwnHubId({ key, before, after }: PreparedChange, scene: PendingState): RuleResult {
  const id = hubIdOf(after)
  if (before || id === undefined) return {}
  const token: Filter = { op: 'token', param: 'identifier', system: HUB_ID, code: id }
  return {
    guards: [{ none: { type: 'Patient', where: others([token], scene, key.id), viewer: 'unrestricted', limit: 1 } }],
  }
}

/** Records that match one of these, other than the ones that this commit writes. */
const others = (tokens: readonly Filter[], scene: PendingState, id: string): Filter => ({
  op: 'and',
  of: [
    { op: 'or', of: tokens },
    {
      op: 'not',
      of: {
        op: 'id',
        ids: [id, ...scene.changes.filter((one) => one.key.type === 'Patient').map((one) => one.key.id)],
      },
    },
  ],
})
