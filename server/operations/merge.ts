/** $merge and $undo-merge: two records of one participant become one, and two again. Defined in capability/operations. */
import { type ElementConflict } from '../domain/participant/merge.ts'
import { idOf } from '../fhir/element.ts'
import { operationOutcome, refuse, type Issue } from '../fhir/outcome.ts'
import { buildParameters, readParameters, resource as resourcePart } from '../fhir/parameters.ts'
import { nextTurn } from '../fhir/turns.ts'
import type { Json, Resource } from '../fhir/types.ts'
import type { Call, Reply } from '../interactions/call.ts'
import { currentResource } from '../records/resource.ts'
import { disclosing, unrestricted, type View } from '../records/view.ts'
import { retryOnConflict } from '../write/conflict.ts'
import { planMerge, planUndo, type MergePlan, type MergeRequest } from '../write/merge.ts'
import type { WriteNeeds } from '../write/needs.ts'
import { write } from '../write/pipeline.ts'
import { operationDefinition } from './define.ts'
import type { Operation } from './operation.ts'
import { issuesAsSent, parameterAt } from './sent-expression.ts'

export type MergeNeeds = WriteNeeds & Pick<MergeRequest, 'lifecycle' | 'range' | 'visibility' | 'duplicates'>

export const merge = (needs: MergeNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'merge')
  return {
    ...definition,
    ...LEVEL,
    async run(call) {
      const given = readParameters(takes, call)
      const pair = pairOf(call, given)
      const result = resultOf(call, given['result-patient'], pair.target)
      return issuesAsSent(call, { Patient: 'result-patient' }, () =>
        retryOnConflict(async () => {
          const view = unrestricted(needs.store)
          const plan = await planMerge({ ...needs, ...pair, view, now: call.now }, result)
          const warnings = [
            ...plan.conflicts.map(conflictIssue),
            information(
              `${plan.moved.length} records of \`Patient/${pair.source}\` ${given.preview === true ? 'would be' : 'are'} about \`Patient/${pair.target}\`.`,
            ),
            ...plan.duplicates.map(duplicateIssue),
            ...plan.ended.map((key) =>
              information(
                `\`${key}\` ${given.preview === true ? 'would end' : 'ends'}: the participant denied its recipient in the other record.`,
              ),
            ),
          ]
          if (given.preview === true) return answer(call, plan.result, warnings)
          return answer(call, await commitPlan(needs, call, plan, view), warnings, needs)
        }),
      )
    },
  }
}

export const undoMerge = (needs: MergeNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'undo-merge')
  return {
    ...definition,
    ...LEVEL,
    async run(call) {
      const pair = pairOf(call, readParameters(takes, call))
      return retryOnConflict(async () => {
        const view = unrestricted(needs.store)
        const plan = await planUndo({ ...needs, ...pair, view, now: call.now })
        await commitPlan(needs, call, plan, view)
        const source = await disclosing(needs.store, call.caller, call.now).resource({
          type: 'Patient',
          id: pair.source,
        })
        return answer(
          call,
          source ?? plan.result,
          [
            information(`${plan.moved.length} records are about \`Patient/${pair.source}\` again.`),
            ...plan.left.map((key) =>
              information(
                `\`${key}\` was made later and stays with \`Patient/${pair.target}\`, but refers to a record that went back; correct it.`,
              ),
            ),
            ...plan.denials.map((key) =>
              information(
                `\`${key}\` was recorded since and stays with \`Patient/${pair.target}\`; record it for \`Patient/${pair.source}\` as well if it is that person's.`,
              ),
            ),
          ],
          needs,
        )
      })
    },
  }
}

const LEVEL = { levels: ['type'], types: ['Patient'], affectsState: true, boardOnly: true } as const

function pairOf(call: Call, given: { readonly [name: string]: Json | undefined }) {
  const [source, target] = ['source-patient', 'target-patient'].map((name) => {
    const id = idOf(given[name], 'Patient')
    if (id !== undefined) return id
    throw refuse('invalid-parameter', `\`${name}\` must refer to a participant of this hub, as \`Patient/<id>\`.`, {
      expression: parameterAt(call.body, name),
    })
  }) as [string, string]
  return { source, target }
}

function resultOf(
  call: Call,
  given: Json | undefined,
  target: string,
): (Resource & { readonly id: string }) | undefined {
  if (given === undefined) return undefined
  const result = given as unknown as Resource
  if (result.id === target) return { ...result, id: target }
  throw refuse('invalid-parameter', `\`result-patient\` is the target as it shall be: its id must be \`${target}\`.`, {
    expression: parameterAt(call.body, 'result-patient'),
  })
}

/** All of it in one commit, by the view that the plan was made by; answers the participant that the plan is for. */
async function commitPlan(needs: WriteNeeds, call: Call, plan: MergePlan, view: View): Promise<Resource> {
  const [first] = await write(needs, { ...call, view, turn: nextTurn }, plan.changes, {
    writes: [plan.record],
  })
  return (first?.version && currentResource(first.version)) ?? plan.result
}

function answer(call: Call, result: Resource, issues: readonly Issue[], needs?: WriteNeeds): Reply {
  const view = needs && disclosing(needs.store, call.caller, call.now)
  view?.disclose({ type: 'Patient', id: String(result.id) })
  return {
    status: 200,
    resource: buildParameters([
      ...(call.body ? [resourcePart('input', call.body)] : []),
      resourcePart('outcome', operationOutcome(issues)),
      resourcePart('result', result),
    ]),
    ...(view ? { disclosed: view.disclosed() } : {}),
  }
}

const conflictIssue = ({ element, source, target }: ElementConflict): Issue => ({
  severity: 'warning',
  detail: 'merge-conflict',
  text: `\`Patient.${element}\` differs: ${JSON.stringify(source)} of the source, ${JSON.stringify(target)} of the target, which stays unless \`result-patient\` says otherwise.`,
  expression: `Patient.${element}`,
})

const duplicateIssue = ([moved, own]: readonly [string, string]): Issue => ({
  severity: 'warning',
  detail: 'duplicate-service',
  text: `\`${moved}\` and \`${own}\` give the participant the same for the same time; ask their agencies which of them ends.`,
})

const information = (text: string): Issue => ({ severity: 'information', detail: 'merge-conflict', text })
