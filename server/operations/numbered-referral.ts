/** The referral that an earlier `$refer` made under a number: the same request has the same answer, another is refused. */
import { differences } from '../domain/referral/repeat.ts'
import { isReferral } from '../domain/referral/task.ts'
import type { Referral } from '../domain/referral/draft.ts'
import { refuse } from '../fhir/outcome.ts'
import type { Key, Resource } from '../fhir/types.ts'
import { currentResource } from '../records/resource.ts'
import type { View } from '../records/view.ts'
import type { IdentifierToken } from './referrals.ts'

/**
 * The referral of a number as it is now; undefined where the number is free. `draft` is what the request would make.
 * @throws OutcomeError `number-in-use` when the number is that of another request
 */
export async function numberedReferral(
  view: View,
  token: IdentifierToken,
  draft: Referral,
): Promise<Referral | undefined> {
  const [request] = await view.list('ServiceRequest', { op: 'token', param: 'identifier', ...token })
  if (!request) return undefined
  const { id } = request
  const all = await view.list('Task', { op: 'reference', param: 'focus', type: 'ServiceRequest', id })
  const tasks = all.filter(isReferral)
  const task = tasks.find((one) => bears(one, token)) ?? tasks[0]
  if (!task)
    throw inUse(`\`${token.code}\` is the number of \`ServiceRequest/${id}\`, which has no Task that you may know of.`)
  const first = { request: await created(view, request), task: await created(view, task) }
  const different = differences(first, draft)
  if (different.length === 0) return { request, task }
  throw inUse(
    `\`${token.code}\` is the number of \`ServiceRequest/${id}\` (\`Task/${task.id}\`), which was made by another request: ${different.map((one) => (one.includes(' ') ? one : `\`${one}\``)).join(', ')} differ.`,
  )
}

const inUse = (text: string) =>
  refuse(
    'number-in-use',
    `${text} Send another \`identifier\`, or none; a change of that referral is a PUT of its Task.`,
  )

/** The version that the operation wrote; the current one where the caller may not know of that. */
async function created<T extends Resource & { readonly id: string }>(view: View, current: T): Promise<T> {
  const key: Key = { type: current.resourceType, id: current.id }
  return (currentResource(await view.vread(key, 1)) as T | undefined) ?? current
}

const bears = ({ identifier }: Resource, { system, code }: IdentifierToken): boolean =>
  ((identifier ?? []) as readonly { system?: string; value?: string }[]).some(
    (one) => one.system === system && one.value === code,
  )
