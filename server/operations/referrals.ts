/** Commits referrals, each ServiceRequest with its Task, and answers them in a Bundle. */
import { serialize } from '../fhir/json.ts'
import type { Resource } from '../fhir/types.ts'
import type { Referral } from '../domain/referral/draft.ts'
import type { Call, Reply } from '../interactions/call.ts'
import { viewerOf } from '../interactions/target.ts'
import { write } from '../write/pipeline.ts'
import type { Change } from '../write/change.ts'
import type { WriteNeeds } from '../write/needs.ts'
import { findAll } from './assessment.ts'

/** A referral that is made at most once: the identifier that tells whether it was. */
export type Once = { readonly referral: Referral; readonly token?: { readonly system: string; readonly code: string } }

/** The referral that carries a number already, if one does; without a Task when the caller may know of none. */
export async function numberedReferral(
  needs: WriteNeeds,
  call: Call,
  token: { readonly system: string; readonly code: string },
): Promise<{ readonly request: Referral['request']; readonly task?: Referral['task'] } | undefined> {
  const [request] = await findAll(needs, call, 'ServiceRequest', { op: 'token', param: 'identifier', ...token })
  if (!request) return undefined
  const id = String(request.id)
  const [task] = await findAll(needs, call, 'Task', { op: 'reference', param: 'focus', type: 'ServiceRequest', id })
  return { request: request as Referral['request'], ...(task ? { task: task as Referral['task'] } : {}) }
}

/** All in one commit. Throws what the write path refuses; Outrun when another call made one of them meanwhile. */
export async function commitReferrals(
  needs: WriteNeeds,
  call: Call,
  wanted: readonly Once[],
): Promise<readonly Referral[]> {
  if (wanted.length === 0) return []
  const changes = wanted.flatMap(({ referral, token }): Change[] => {
    const unless = token && {
      type: 'ServiceRequest',
      where: { op: 'token' as const, param: 'identifier', ...token },
      viewer: viewerOf(call),
      limit: 1,
    }
    return [
      { kind: 'put', create: true, resource: referral.request, at: 'ServiceRequest', unless, numbered: true },
      { kind: 'put', create: true, resource: referral.task, at: 'Task' },
    ]
  })
  const written = await write(needs, call, changes)
  const stored = written.map(({ version }) => JSON.parse(version?.text ?? '{}') as Referral['task'])
  return wanted.map((_, index) => ({
    request: stored[2 * index] as Referral['request'],
    task: stored[2 * index + 1] as Referral['task'],
  }))
}

export function referralBundle(referrals: readonly Referral[]): Reply {
  const entry = referrals.flatMap(({ request, task }) => [
    { resource: request as Resource },
    { resource: task as Resource },
  ])
  return {
    status: 200,
    text: serialize({ resourceType: 'Bundle', type: 'collection', ...(entry.length > 0 ? { entry } : {}) }),
  }
}
