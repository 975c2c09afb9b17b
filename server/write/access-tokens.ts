/**
 * Access tokens: $match answers one for a participant who is known elsewhere, $request-access takes it. A token is kept
 * as its digest, in the internal record `AccessToken/<digest>`, with what it stands for: the agency, the participant, and
 * the signed consent. It is used once and expires.
 */
import { createHash, createHmac } from 'node:crypto'
import type { JsonObject, Key, Resource } from '../fhir/types.ts'
import { currentResource } from '../records/resource.ts'
import { unrestricted } from '../records/view.ts'
import type { Store, Write } from '../store/store.ts'
import { HUB } from './reserved-agencies.ts'

/** How long a token can be used (ms). */
export const TOKEN_LIFE = 3_600_000

export type Access = {
  readonly agency: string
  readonly participant: string
  /** Without its patient, whom the agency did not know. */
  readonly consent: Resource
  /** Instant (ms) after which the token cannot be used. */
  readonly expires: number
}

type Holder = { readonly agency: string; readonly now: number }

export type AccessTokens = {
  /** A new token, and the write that keeps it. */
  issue(access: Access): { readonly token: string; readonly write: Write }
  /**
   * What a token stands for, and the write that uses it up: of two commits with it, one succeeds. Undefined for a token
   * that is unknown, used, expired, or another agency's.
   */
  read(token: string, holder: Holder): Promise<{ readonly access: Access; readonly use: Write } | undefined>
}

/** `secret`: without it nobody can guess a token from the ids that the hub gives. */
export const createAccessTokens = ({
  store,
  secret,
  newId,
}: {
  readonly store: Store
  readonly secret: string | Buffer
  newId(): string
}): AccessTokens => ({
  issue(access) {
    const token = createHmac('sha256', secret).update(`access-token ${newId()}`).digest('base64url')
    return { token, write: { ...record(keyOf(token), { ...access, isUsed: false }), expect: 'absent' } }
  },
  read: (token, holder) => readToken(store, token, holder),
})

async function readToken(
  store: Store,
  token: string,
  { agency, now }: Holder,
): Promise<{ readonly access: Access; readonly use: Write } | undefined> {
  const key = keyOf(token)
  const version = await unrestricted(store).read(key)
  const stored = currentResource(version) as unknown as (Access & { readonly isUsed: boolean }) | undefined
  if (!version || !stored || stored.isUsed || stored.agency !== agency || stored.expires <= now) return undefined
  const used = { agency, participant: stored.participant, expires: stored.expires, isUsed: true }
  return { access: stored, use: { ...record(key, used), expect: { version: [version.version] } } }
}

const keyOf = (token: string): Key => ({
  type: 'AccessToken',
  id: createHash('sha256').update(token).digest('hex'),
})

/** Nobody may know of it, and no search finds it. */
const record = ({ type, id }: Key, elements: object): Extract<Write, { kind: 'put' }> => ({
  kind: 'put',
  method: 'PUT',
  resource: { ...(elements as JsonObject), resourceType: type, id },
  entries: [],
  audience: [],
  author: HUB,
})
