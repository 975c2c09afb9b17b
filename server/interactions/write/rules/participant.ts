/** Participants: one record per person, as far as the writer may know, and one hub id per record. */
import { refuse } from '../../../fhir/outcome.ts'
import { keyText } from '../../../fhir/types.ts'
import { HUB_ID, hubIdOf } from '../../../domain/participant/hub-id.ts'
import { identityTokens } from '../../../domain/participant/identity.ts'
import type { Filter, Query } from '../../../search/query.ts'
import { SSN_HASH } from '../entries.ts'
import type { Changed, Rule, Scene, Verdict } from '../change.ts'
import type { WriteNeeds } from '../needs.ts'

export const participantRules: readonly Rule[] = [
  { types: ['Patient'], check: isNew },
  { types: ['Patient'], check: hasOwnHubId },
]

/**
 * A participant with an identifier of one that the caller knows is that one: use it. Somebody whom the caller may not
 * know of is not looked at, or the refusal would tell (docs/decisions/0004).
 */
async function isNew({ key, after, ssn, change }: Changed, scene: Scene, needs: WriteNeeds): Promise<Verdict> {
  if (!after || scene.caller.role === 'hub') return {}
  const tokens: Filter[] = identityTokens(after)
    .filter((token) => token.system !== HUB_ID)
    .map(({ system, code }) => ({ op: 'token', param: 'identifier', system, code }))
  if (ssn) tokens.push({ op: 'token', param: SSN_HASH, code: ssn })
  if (tokens.length === 0) return {}
  const known: Query = { type: 'Patient', where: others(tokens, scene, key.id), sight: scene.sight, limit: 1 }
  const { versions } = await needs.store.find(known)
  const same = versions[0]
  if (!same) return { guards: [{ none: known }] }
  throw refuse(
    'duplicate-participant',
    `You know this participant already, as \`${keyText(same)}\`: an identifier or the social security number is the same. ` +
      (change.kind === 'put' && change.create
        ? 'Update that record instead of creating another.'
        : 'Take the identifier out, or ask the board to merge the two.'),
    { headers: { Location: keyText(same) }, expression: `${change.at}.identifier` },
  )
}

/** Among all participants, seen or not: the number is the hub's own, and a new one is tried when it is taken. */
function hasOwnHubId({ key, before, after }: Changed, scene: Scene): Verdict {
  const id = hubIdOf(after)
  if (before || id === undefined) return {}
  const token: Filter = { op: 'token', param: 'identifier', system: HUB_ID, code: id }
  return {
    guards: [{ none: { type: 'Patient', where: others([token], scene, key.id), sight: 'everything', limit: 1 } }],
  }
}

/** Records that match one of these, other than the ones that this commit writes. */
const others = (tokens: readonly Filter[], scene: Scene, id: string): Filter => ({
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
