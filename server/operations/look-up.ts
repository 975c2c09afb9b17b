/**
 * A person whom the caller may not know of, looked up with the person's signed consent: only when it is certain, with the
 * family name and the birth date, and no deny of the participant stands against the caller.
 */
import { profileUrl } from '../fhir/canonical.ts'
import { operationOutcome } from '../fhir/outcome.ts'
import type { Json, JsonObject, Resource } from '../fhir/types.ts'
import { isNamedAndDated } from '../domain/participant/score.ts'
import type { ReadRange } from '../domain/referral/consent.ts'
import type { Traits } from '../domain/participant/traits.ts'
import type { Call } from '../interactions/call.ts'
import { resourceOf } from '../records/resource.ts'
import { unrestricted } from '../records/view.ts'
import type { Write } from '../store/store.ts'
import { TOKEN_LIFE, type AccessTokens } from '../write/access-tokens.ts'
import { deniesOf } from '../write/denies.ts'
import { findMatches, type FoundMatch } from '../write/matches.ts'
import type { WriteNeeds } from '../write/needs.ts'

export type Elsewhere = {
  readonly participant: string
  readonly token: string
  /** Keeps the token. */
  readonly write: Write
}

type LookUp = {
  readonly traits: Traits
  readonly consent: Resource
  /** Whom the caller may know of anyway. */
  readonly visible: readonly FoundMatch[]
}

/** The best of those who are certain; undefined as well where one of them denies the caller. */
export async function lookUp(
  { store, index, tokens, range }: WriteNeeds & { readonly tokens: AccessTokens; readonly range: ReadRange },
  { caller, now }: Call,
  { traits, consent, visible }: LookUp,
): Promise<Elsewhere | undefined> {
  const view = unrestricted(store)
  const ids = new Set(visible.map(({ version }) => version.id))
  const found = await findMatches(view, index.matching, traits)
  const certain = found.filter(
    (one) =>
      one.grade === 'certain' &&
      isNamedAndDated(one) &&
      !ids.has(one.version.id) &&
      resourceOf(one.version).active !== false,
  )
  const [best] = certain
  if (!best) return undefined
  const denies = await Promise.all(
    certain.map(({ version }) => deniesOf(view, version.id, { agency: caller.agency, now, range })),
  )
  if (denies.some(({ isDenied }) => isDenied)) return undefined
  const participant = best.version.id
  const expires = now + TOKEN_LIFE
  return { participant, ...tokens.issue({ agency: caller.agency, participant, consent, expires }) }
}

/** Says that the person is recorded elsewhere, and nothing else of the person. */
export function elsewhereOutcome({ token }: Elsewhere): Resource {
  const outcome = operationOutcome([
    {
      severity: 'information',
      detail: 'known-elsewhere',
      text: 'The person is a participant of other agencies. Send the token of this issue to Patient/$request-access within an hour: it records the consent, and you may know of the participant.',
    },
  ])
  const [issue] = outcome.issue as readonly JsonObject[]
  const extension: Json = [{ url: profileUrl('ext-access-token'), valueString: token }]
  return { ...outcome, issue: [{ extension, ...issue }] }
}
