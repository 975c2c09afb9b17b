/** The participants that a write may duplicate: how they are found, and whether two are one person for certain. */
import type { MatchingRule } from '../domain/participant/matching-rule.ts'
import { certainBlocksOf } from '../domain/participant/blocks.ts'
import { HUB_ID, hubIdOf } from '../domain/participant/hub-id.ts'
import { identityTokens, type IdentityToken } from '../domain/participant/identity.ts'
import { matchOf, type Match } from '../domain/participant/score.ts'
import { traitsOf, type Traits } from '../domain/participant/traits.ts'
import { withoutConfidential } from '../domain/visibility/confidential.ts'
import type { Resource } from '../fhir/types.ts'
import { resourceOf } from '../records/resource.ts'
import type { Filter, IndexEntry } from '../search/query.ts'
import type { FoundVersion } from '../store/store.ts'
import type { PreparedChange } from './change.ts'
import { BLOCK, SSN_HASH, ssnHashOf } from './index-entries.ts'
import type { PendingState } from './pending-state.ts'

/** What a participant is compared by. */
export type Likeness = { readonly traits: Traits; readonly tokens: ReadonlySet<string> }

/** A participant as a change leaves it. */
export type ChangedLikeness = Likeness & {
  /** The identifiers that the change adds. What was there before is not compared again: a look-alike blocks no update. */
  readonly added: readonly IdentityToken[]
  /** Is the whole person compared: one who is new, or whose social security number is? */
  readonly isCompared: boolean
}

export async function changedLikeness(
  matching: MatchingRule,
  changed: PreparedChange,
  state: PendingState,
): Promise<ChangedLikeness> {
  const { before, after = { resourceType: 'Patient' }, ssn } = changed
  const hash = state.dryRun ? undefined : await ssnHashOf(state, changed)
  const kept = new Set(before ? tokensIn(before).map(textOf) : [])
  const isRenumbered =
    ssn !== undefined && !state.dryRun && ssn !== (await ssnHashOf(state, { ...changed, ssn: undefined }))
  const tokens = [...tokensIn(after), ...sentHubId(changed)]
  return {
    // Its hub id is the hub's own choice: another than that of a duplicate, and no sign of another person.
    traits: { ...traitsOf(matching, after, hash), hubId: undefined },
    tokens: new Set(tokens.map(textOf)),
    added: tokens.filter((token) => !kept.has(textOf(token))),
    isCompared: before === undefined || isRenumbered,
  }
}

export function storedLikeness(matching: MatchingRule, version: FoundVersion): Likeness {
  const resource = resourceOf(version)
  return {
    traits: traitsOf(matching, withoutConfidential(resource), ssnIn(version.entries)),
    tokens: new Set(identityTokens(resource).map(textOf)),
  }
}

/** A new participant that is sent with the hub id of another is that other one; its own is made by the hub. */
function sentHubId({ before, after, toValidate }: PreparedChange): readonly IdentityToken[] {
  const sent = hubIdOf(toValidate)
  return before || sent === undefined || sent === hubIdOf(after) ? [] : [{ system: HUB_ID, code: sent }]
}

const ssnIn = (entries: readonly IndexEntry[] = []): string | undefined => {
  const entry = entries.find(({ param }) => param === SSN_HASH)
  return entry?.kind === 'token' ? entry.code : undefined
}

/** Is the changed one the same person as the other for certain? */
export const isSamePerson = (matching: MatchingRule, one: ChangedLikeness, other: Likeness): boolean =>
  one.added.some((token) => other.tokens.has(textOf(token))) ||
  (one.isCompared && likeness(matching, one, other).grade === 'certain')

export const likeness = (matching: MatchingRule, one: Likeness, other: Likeness): Match =>
  matchOf(matching, one.traits, other.traits)

/** Finds every participant that may be the same person for certain; undefined where none can be. */
export function duplicateFilter(
  matching: MatchingRule,
  { traits, added, isCompared }: ChangedLikeness,
): Filter | undefined {
  const tokens = added.map((token): Filter => ({ op: 'token', param: 'identifier', ...token }))
  const { named, evidence } = certainBlocksOf(matching, traits)
  const proofs = [
    ...evidence.map(block),
    ...(traits.ssn === undefined ? [] : [{ op: 'token', param: SSN_HASH, code: traits.ssn } as const]),
  ]
  const isComparable = isCompared && named.length > 0 && proofs.length > 0
  const of: Filter[] = [
    ...tokens,
    ...(isComparable ? [{ op: 'and' as const, of: [or(named.map(block)), or(proofs)] }] : []),
  ]
  return of.length > 0 ? or(of) : undefined
}

/** Finds every participant with the family name (by sound) and the birth date. */
export function namedFilter(matching: MatchingRule, { traits }: Likeness): Filter | undefined {
  const { named } = certainBlocksOf(matching, traits)
  return named.length > 0 ? or(named.map(block)) : undefined
}

/** Records that match, other than these. */
export const otherThan = (where: Filter, ids: readonly string[]): Filter => ({
  op: 'and',
  of: [where, { op: 'not', of: { op: 'id', ids } }],
})

/**
 * Under what two changes of one commit may be the same person: they are compared only when they share one of these.
 */
export function commonKeys(matching: MatchingRule, { traits, tokens }: Likeness): readonly string[] {
  const { named, evidence } = certainBlocksOf(matching, traits)
  const proofs = [...evidence, ...(traits.ssn === undefined ? [] : [`s${traits.ssn}`])]
  return [...tokens, ...named.flatMap((name) => proofs.map((proof) => `${name} ${proof}`))]
}

const block = (code: string): Filter => ({ op: 'token', param: BLOCK, code })
const or = (of: readonly Filter[]): Filter => (of.length === 1 ? of[0]! : { op: 'or', of })

/** The hub makes a hub id for each record, so that it is no mark of a person who is recorded twice. */
const tokensIn = (patient: Resource): readonly IdentityToken[] =>
  identityTokens(patient).filter((token) => token.system !== HUB_ID)

const textOf = ({ system, code }: IdentityToken): string => `${system}|${code}`
