/** $propose-referrals: what the answers call for; nothing is written. Defined in capability/operations. */
import { buildParameters, parts, readParameters, value, type Values } from '../fhir/parameters.ts'
import { isError, OutcomeError, refuse } from '../fhir/outcome.ts'
import { parseReference } from '../fhir/reference.ts'
import type { JsonObject, Key, Resource } from '../fhir/types.ts'
import type { Proposal } from '../domain/referral/propose.ts'
import type { Call, Reply } from '../interactions/call.ts'
import { keyOf, notFound } from '../interactions/target.ts'
import { disclosing, insight } from '../records/view.ts'
import type { Store } from '../store/store.ts'
import { validatorOf } from '../write/complete.ts'
import type { WriteNeeds } from '../write/needs.ts'
import { assess, type AssessmentNeeds } from './assessment.ts'
import { operationDefinition } from './define.ts'
import type { Operation } from './operation.ts'
import { issuesAsSent, parameterAt } from './sent-expression.ts'

export type ProposeNeeds = AssessmentNeeds & Pick<WriteNeeds, 'validator' | 'policy'> & { readonly store: Store }

export const proposeReferrals = (needs: ProposeNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'propose-referrals')
  return {
    ...definition,
    levels: ['type', 'instance'],
    types: ['QuestionnaireResponse'],
    affectsState: false,
    async run(call) {
      const given = readParameters(takes, call)
      const at = parameterAt(call.body, 'response')
      return issuesAsSent(call, at === undefined ? {} : { [RESPONSE]: 'response' }, () => propose(needs, call, given))
    },
  }
}

const RESPONSE = 'QuestionnaireResponse'

async function propose(needs: ProposeNeeds, call: Call, given: Values): Promise<Reply> {
  const view = insight(needs.store, call.caller, call.now)
  const stored = call.id === undefined ? undefined : await view.resource(keyOf(call))
  if (call.id !== undefined && !stored) throw notFound(keyOf(call))
  const response = stored ?? (given.response as Resource | undefined)
  if (!response)
    throw refuse('body-missing', 'Send the QuestionnaireResponse as the body, or call the operation on a stored one.')
  if (!stored) await refuseInvalid(needs, response)
  const { participant, area, proposals } = await assess(needs, view, call, response)
  const answer = disclosing(needs.store, call.caller, call.now)
  for (const { resourceType: type, id } of stored ? [stored, participant] : [participant]) answer.disclose({ type, id })
  for (const key of proposals.flatMap(namedTasks)) answer.disclose(key)
  return {
    status: 200,
    resource: buildParameters([...(area ? [value('area', 'code', area)] : []), ...proposals.map(proposalPart)]),
    disclosed: answer.disclosed(),
  }
}

/** A form that is sent with the call was not validated before. */
async function refuseInvalid({ validator, policy }: ProposeNeeds, response: Resource): Promise<void> {
  const issues = await validatorOf(validator, policy.complete).check(response, { at: 'QuestionnaireResponse' })
  if (issues.some(isError)) throw new OutcomeError(issues)
}

/** The Tasks that the answer names. */
const namedTasks = ({ openReferral, declinedBefore, noShowBefore, decided }: Proposal): readonly Key[] => {
  const named = new Set([openReferral, decided, ...declinedBefore, ...noShowBefore])
  return [...named].flatMap((reference) => {
    const found = reference === undefined ? undefined : parseReference(reference)
    return found?.kind === 'local' ? [{ type: found.type, id: found.id }] : []
  })
}

function proposalPart(one: Proposal): JsonObject {
  const reference = (name: string, to: string | undefined): readonly JsonObject[] =>
    to === undefined ? [] : [value(name, 'Reference', { reference: to })]
  return parts('proposal', [
    value('rule', 'code', one.rule),
    value('canonical', 'canonical', one.canonical),
    value('title', 'string', one.title),
    value('text', 'string', one.text),
    value('service', 'Coding', one.service),
    value('program', 'code', one.program),
    ...reference('performer', one.performer && `Organization/${one.performer}`),
    ...one.providers.flatMap((agency) => reference('provider', `Organization/${agency}`)),
    ...(one.capacity ? [value('capacity', 'code', one.capacity)] : []),
    ...(one.group ? [value('group', 'string', one.group)] : []),
    value('alreadyServed', 'boolean', one.alreadyServed),
    value('undecided', 'boolean', one.decided === undefined),
    ...reference('decided', one.decided),
    ...reference('openReferral', one.openReferral),
    ...one.declinedBefore.flatMap((task) => reference('declinedBefore', task)),
    ...one.noShowBefore.flatMap((task) => reference('noShowBefore', task)),
    ...one.warnings.map((warning) => value('warning', 'string', warning)),
  ])
}
