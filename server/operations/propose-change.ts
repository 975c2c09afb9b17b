/**
 * $propose-change: an agency that may not change who a participant is asks the agency of entry to do it. Makes a Task that
 * is no referral (docs/decisions/0020). Defined in capability/operations.
 */
import { isDeepStrictEqual } from 'node:util'
import { draftProposal, withProposed } from '../domain/agency-task/proposal.ts'
import { idOf, textOf } from '../fhir/element.ts'
import { isError, OutcomeError, refuse, type Issue } from '../fhir/outcome.ts'
import { readParameters } from '../fhir/parameters.ts'
import type { Resource } from '../fhir/types.ts'
import { created, disclosedIn, never } from '../interactions/create.ts'
import { keyOf, notFound } from '../interactions/target.ts'
import { insight } from '../records/view.ts'
import { retryOnConflict } from '../write/conflict.ts'
import type { WriteNeeds } from '../write/needs.ts'
import { write } from '../write/pipeline.ts'
import { operationDefinition } from './define.ts'
import type { Operation } from './operation.ts'
import { parameterAt } from './sent-expression.ts'

export const proposeChange = (needs: WriteNeeds & { newId(): string }): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'propose-change')
  return {
    ...definition,
    levels: ['instance'],
    types: ['Patient'],
    affectsState: true,
    async run(call) {
      const { name, birthDate, gender, comment } = readParameters(takes, call)
      if ([name, birthDate, gender].every((one) => one === undefined))
        throw refuse('invalid-parameter', 'Nothing is proposed; send `name`, `birthDate` or `gender`.')
      const key = keyOf(call)
      return retryOnConflict(async () => {
        const view = insight(needs.store, call.caller, call.now)
        const patient = await view.resource(key)
        if (!patient) throw notFound(key)
        const task = draftProposal(
          { name, birthDate, gender },
          {
            id: needs.newId(),
            participant: key.id,
            requester: call.caller.agency,
            owner: idOf(patient.managingOrganization, 'Organization') ?? '',
            comment: textOf(comment),
            now: call.now,
          },
        )
        const proposed = withProposed(patient, task)
        if (isDeepStrictEqual(proposed, patient))
          throw refuse('value-conflict', `\`Patient/${key.id}\` has these values already; there is nothing to propose.`)
        await refuseInvalid(needs, patient, proposed, call.body)
        const [written] = await write(needs, { ...call, view }, [
          { kind: 'put', create: true, resource: task, at: 'Task' },
        ])
        const version = written?.version ?? never()
        return disclosedIn(needs, call, version, created(version))
      })
    },
  }
}

/** A participant who could not have the proposed values is refused now, not when the agency of entry accepts. */
async function refuseInvalid(
  { validator }: Pick<WriteNeeds, 'validator'>,
  before: Resource,
  after: Resource,
  body: Resource | undefined,
): Promise<void> {
  const existing = (await validator.check(before)).map(({ text }) => text)
  const issues = (await validator.check(after)).filter((one) => isError(one) && !existing.includes(one.text))
  if (issues.length > 0) throw new OutcomeError(issues.map((one) => ({ ...one, expression: inBody(body, one) })))
}

/** Where the body has the element that the issue is about. */
function inBody(body: Resource | undefined, { expression = '' }: Issue): string {
  const [, name = '', position = '0'] = /^Patient\.(name|birthDate|gender)(?:\[(\d+)\])?/.exec(expression) ?? []
  return parameterAt(body, name, Number(position)) ?? 'Parameters.parameter'
}
