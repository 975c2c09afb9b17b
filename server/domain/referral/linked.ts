/** What a referral Task must agree on with the records that it points at: its ServiceRequest and the services given. */
import type { Resource } from '../../fhir/types.ts'
import type { Issue } from '../../fhir/outcome.ts'
import { idOf, items } from '../../fhir/element.ts'
import { issue, oneOf } from './step.ts'
import { outputsOf, ownerOf, requesterOf, statusOf } from './task.ts'

/** The id of the ServiceRequest that a Task fulfils. */
export const focusOf = (task: Resource): string | undefined => idOf(task.focus, 'ServiceRequest')

/**
 * A Task and the ServiceRequest that it fulfils are about one participant and of one requester, and only an active
 * request is sent. `before` is the stored Task (undefined: creation), `request` the state after the commit.
 */
export function checkFocus(before: Resource | undefined, task: Resource, request: Resource): readonly Issue[] {
  const about = idOf(task.for, 'Patient') === idOf(request.subject, 'Patient')
  const bySender = requesterOf(task) === requesterOf(request)
  const sent = statusOf(task) === 'requested' && (before === undefined || statusOf(before) !== 'requested')
  const name = `\`ServiceRequest/${String(request.id)}\``
  return [
    ...(about ? [] : [issue('referral-rule', 'Task.for', `\`Task.for\` must be the subject of ${name}.`)]),
    ...(bySender
      ? []
      : [issue('referral-rule', 'Task.requester', `\`Task.requester\` must be the requester of ${name}.`)]),
    ...(sent && request.status !== 'active'
      ? [
          issue(
            'referral-rule',
            'Task.focus',
            `A Task is sent (\`requested\`) when ${name} is \`active\`; it is \`${String(request.status)}\`.`,
          ),
        ]
      : []),
  ]
}

/** The ids of the Procedures that a Task names as what it led to. */
export const activitiesOf = (task: Resource): readonly string[] =>
  outputsOf(task, 'resulting-activity').flatMap((output) => idOf(output.valueReference, 'Procedure') ?? [])

/** A service that proves an outcome was given. */
const GIVEN = ['in-progress', 'completed']

/** A service that a completed Task names was given, to its participant, by its owner (hub-t-2). */
export function checkActivity(task: Resource, procedure: Resource): readonly Issue[] {
  const name = `\`Procedure/${String(procedure.id)}\``
  const given = GIVEN.includes(String(procedure.status))
  const to = idOf(procedure.subject, 'Patient') === idOf(task.for, 'Patient')
  const by = items(procedure.performer).some((one) => idOf(one.actor, 'Organization') === ownerOf(task))
  const broken = (met: boolean, text: string) => (met ? [] : [issue('referral-rule', 'Task.output', text)])
  return [
    ...broken(
      given,
      `${name} proves no service while it is \`${String(procedure.status)}\`; it must be ${oneOf(GIVEN)}.`,
    ),
    ...broken(to, `${name} is about another participant than this referral.`),
    ...broken(by, `${name} must have the owner of this referral, \`${ownerOf(task) ?? 'none'}\`, as performer.`),
  ]
}
