/** What the referral rules read of a Task, and how two versions of one differ. https://hl7.org/fhir/R4/task.html */
import type { Caller, JsonObject, Resource } from '../../fhir/types.ts'
import { codeSystem } from '../../fhir/canonical.ts'
import { codesOf, idOf, items, sameJson, textOf } from '../../fhir/element.ts'
import type { Party } from './lifecycle.ts'

export const BUSINESS_STATUS = codeSystem('referral-business-status')
export const OUTCOME = codeSystem('referral-outcome')
export const OUTPUT = codeSystem('task-output')

/**
 * Only a Task with this code is a referral (https://hl7.org/fhir/R4/codesystem-task-code.html). Any other Task makes no
 * agency a member of a circle, follows no referral lifecycle and counts in no figure.
 */
export const REFERRAL_CODE = { system: 'http://hl7.org/fhir/CodeSystem/task-code', code: 'fulfill' } as const

export const isReferral = (task: Resource): boolean =>
  codesOf(task.code, REFERRAL_CODE.system).includes(REFERRAL_CODE.code)

export const statusOf = (task: Resource): string => textOf(task.status) ?? ''

export const businessStatusOf = (task: Resource): string | undefined => codesOf(task.businessStatus, BUSINESS_STATUS)[0]

export const requesterOf = (task: Resource): string | undefined => idOf(task.requester, 'Organization')

export const ownerOf = (task: Resource): string | undefined => idOf(task.owner, 'Organization')

/** The outputs of a type of task-output. */
export const outputsOf = (task: Resource, type: string): readonly JsonObject[] =>
  items(task.output).filter((output) => codesOf(output.type, OUTPUT).includes(type))

export const outcomesOf = (task: Resource): readonly string[] =>
  outputsOf(task, 'outcome').flatMap((output) => codesOf(output.valueCodeableConcept, OUTCOME))

/** Who the caller is to a referral as it stands; several at once is possible for the board, none for a stranger. */
export function partiesOf(task: Resource, actor: Caller): readonly Party[] {
  if (actor.role === 'hub') return ['hub']
  const parties: Party[] = actor.role === 'board' ? ['board'] : []
  if (requesterOf(task) === actor.agency) return [...parties, 'requester']
  if (ownerOf(task) === actor.agency) return [...parties, 'owner']
  const open = statusOf(task) === 'requested' && task.owner === undefined
  return open && actor.role === 'agency' ? ['claimant'] : parties
}

/** The names of the elements that differ; what the server itself sets is left out. */
export function changedElements(before: Resource | undefined, after: Resource): readonly string[] {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after)])
  for (const name of ['resourceType', 'id', 'meta', 'text']) names.delete(name)
  return [...names].filter((name) => !sameJson(before?.[name], after[name]))
}

/** The outputs of `task` that `other` has not: what was added, or with the versions swapped, what was taken away. */
export function outputsBeyond(task: Resource, other: Resource | undefined): readonly JsonObject[] {
  const left = [...items(other?.output)]
  return items(task.output).filter((output) => {
    const index = left.findIndex((one) => sameJson(one, output))
    if (index >= 0) left.splice(index, 1)
    return index < 0
  })
}
