/**
 * The label of a referral whose outcome comes with free text, where the program of its owner is restricted: the text may
 * tell what the program knows, and who may read it follows the class from then on, on every path and for all versions.
 */
import { classesOfPrograms, textsWithOutcome } from '../domain/referral/outcome-text.ts'
import { focusOf } from '../domain/referral/linked.ts'
import { isReferral } from '../domain/referral/task.ts'
import { withClasses } from '../domain/visibility/labels.ts'
import { codeSystem } from '../fhir/canonical.ts'
import { currentResource } from '../records/resource.ts'
import { ALL } from '../search/query.ts'
import { isOfHub, type PreparedChange } from './change.ts'
import type { PendingState } from './pending-state.ts'

const SERVICES = codeSystem('service-catalogue')
const PROGRAMS = codeSystem('program')

export const withOutcomeLabels = (state: PendingState): Promise<readonly PreparedChange[]> =>
  Promise.all(state.changes.map((one) => withOutcomeLabel(state, one)))

async function withOutcomeLabel(state: PendingState, one: PreparedChange): Promise<PreparedChange> {
  const { change, key, before, after } = one
  if (key.type !== 'Task' || !after || !isReferral(after) || isOfHub(one)) return one
  if (change.kind !== 'put' || change.merge) return one
  // Labels that are taken off: the one that this rule sets stays.
  if (textsWithOutcome(change.relabels ? undefined : before, after).length === 0) return one
  const focus = { type: 'ServiceRequest', id: focusOf(after) ?? '' }
  const coming = state.changes.find((other) => other.key.type === focus.type && other.key.id === focus.id)
  const request = coming?.after ?? currentResource(await state.unrestricted.read(focus))
  if (!request) return one
  const classes = classesOfPrograms(after, request, {
    services: state.definitions.find(SERVICES),
    programs: state.definitions.find(PROGRAMS),
    offered: await state.unrestricted.list('HealthcareService', ALL),
  })
  return classes.length === 0 ? one : { ...one, after: withClasses(after, classes) }
}
