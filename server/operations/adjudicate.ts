/**
 * $appeal and $adjudicate: a party of a referral asks the area monitor to decide, and the area monitor (for the board)
 * decides. Both are outputs of the Task, so that both parties see them where they work.
 */
import type { Definitions } from '../definitions/definitions.ts'
import { OUTPUT } from '../domain/timer/thread.ts'
import { formatInstant } from '../fhir/dates.ts'
import { items } from '../fhir/element.ts'
import { refuse } from '../fhir/outcome.ts'
import { readParameters } from '../fhir/parameters.ts'
import type { Call, Reply } from '../interactions/call.ts'
import { keyOf, notFound } from '../interactions/target.ts'
import { currentResource } from '../records/resource.ts'
import { disclosing, insight } from '../records/view.ts'
import { retryOnConflict } from '../write/conflict.ts'
import type { WriteNeeds } from '../write/needs.ts'
import { write } from '../write/pipeline.ts'
import { operationDefinition } from './define.ts'
import type { Operation } from './operation.ts'
import { parameterAt } from './sent-expression.ts'

type AdjudicateNeeds = WriteNeeds & { readonly definitions: Definitions }

/** By the owner or the requester of an open referral; the lifecycle refuses it to everybody else. */
export const appeal = (needs: AdjudicateNeeds): Operation => {
  const { takes, ...named } = operationDefinition(needs.definitions, 'appeal')
  return {
    ...named,
    levels: ['instance'],
    types: ['Task'],
    affectsState: true,
    run: (call) =>
      addOutput(needs, call, { type: 'appeal', name: 'reason', text: String(readParameters(takes, call).reason) }),
  }
}

export const adjudicate = (needs: AdjudicateNeeds): Operation => {
  const { takes, ...named } = operationDefinition(needs.definitions, 'adjudicate')
  return {
    ...named,
    levels: ['instance'],
    types: ['Task'],
    affectsState: true,
    boardOnly: true,
    run: (call) =>
      addOutput(needs, call, {
        type: 'decision',
        name: 'decision',
        text: String(readParameters(takes, call).decision),
      }),
  }
}

type Annotation = {
  readonly type: 'appeal' | 'decision'
  /** The parameter that holds the text. */
  readonly name: string
  readonly text: string
}

/** The next version of the Task, with an annotation of the caller under this type of output. */
async function addOutput(needs: AdjudicateNeeds, call: Call, { type, name, text }: Annotation): Promise<Reply> {
  if (text.trim() === '')
    throw refuse('invalid-parameter', `\`${name}\` is empty; say in a sentence what it is about.`, {
      expression: parameterAt(call.body, name),
    })
  const key = keyOf(call)
  return retryOnConflict(async () => {
    const view = insight(needs.store, call.caller, call.now)
    const [version, task] = [await view.read(key), await view.resource(key)]
    if (version === undefined || task === undefined) throw notFound(key)
    if (type === 'appeal' && call.caller.role === 'board')
      throw refuse('referral-rule', 'The owner or the requester appeals; the board decides, by `$adjudicate`.')
    const output = {
      type: { coding: [{ system: OUTPUT, code: type }] },
      valueAnnotation: {
        authorReference: { reference: `Organization/${call.caller.agency}` },
        time: formatInstant(call.now),
        text,
      },
    }
    const resource = { ...task, output: [...items(task.output), output] }
    const [result] = await write(needs, { ...call, view }, [
      { kind: 'put', create: false, resource, ifMatch: [version.version], at: 'Task' },
    ])
    const written = currentResource(result?.version)
    const answer = disclosing(needs.store, call.caller, call.now)
    answer.disclose(key)
    return {
      status: 200,
      ...(written ? { resource: written } : {}),
      ...(result?.version ? { version: result.version.version, lastModified: result.version.at } : {}),
      disclosed: answer.disclosed(),
    }
  })
}
