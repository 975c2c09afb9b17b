/** $propose-referrals: what the answers call for; nothing is written. Defined in capability/operations. */
import { buildParameters, parts, readParameters, value } from '../fhir/parameters.ts'
import { isError, OutcomeError, refuse } from '../fhir/outcome.ts'
import type { JsonObject, Resource } from '../fhir/types.ts'
import type { Proposal } from '../domain/referral/propose.ts'
import { keyOf, notFound } from '../interactions/target.ts'
import type { WriteNeeds } from '../write/needs.ts'
import { assess, readCurrent } from './assessment.ts'
import { operationDefinition } from './define.ts'
import type { Operation } from './operation.ts'

export const proposeReferrals = (needs: WriteNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'propose-referrals')
  return {
    ...definition,
    levels: ['type', 'instance'],
    types: ['QuestionnaireResponse'],
    affectsState: false,
    async run(call) {
      const given = readParameters(takes, call)
      const stored =
        call.id === undefined ? undefined : await readCurrent(needs, call, 'QuestionnaireResponse', call.id)
      if (call.id !== undefined && !stored) throw notFound(keyOf(call))
      const response = stored ?? (given.response as Resource | undefined)
      if (!response)
        throw refuse(
          'body-missing',
          'Send the QuestionnaireResponse as the body, or call the operation on a stored one.',
        )
      if (!stored) await refuseInvalid(needs, response)
      const { area, proposals } = await assess(needs, call, response)
      return {
        status: 200,
        resource: buildParameters([...(area ? [value('area', 'code', area)] : []), ...proposals.map(proposalPart)]),
      }
    },
  }
}

/** A form that is sent along was never checked. */
async function refuseInvalid({ validator }: WriteNeeds, response: Resource): Promise<void> {
  const issues = await validator.check(response, { at: 'QuestionnaireResponse' })
  if (issues.some(isError)) throw new OutcomeError(issues)
}

function proposalPart(one: Proposal): JsonObject {
  return parts('proposal', [
    value('rule', 'code', one.rule),
    value('canonical', 'canonical', one.canonical),
    value('title', 'string', one.title),
    value('text', 'string', one.text),
    value('service', 'Coding', one.service),
    value('program', 'code', one.program),
    ...(one.performer ? [value('performer', 'Reference', { reference: `Organization/${one.performer}` })] : []),
    ...(one.group ? [value('group', 'string', one.group)] : []),
    value('alreadyServed', 'boolean', one.alreadyServed),
    ...(one.openReferral ? [value('openReferral', 'Reference', { reference: one.openReferral })] : []),
    ...one.warnings.map((warning) => value('warning', 'string', warning)),
  ])
}
