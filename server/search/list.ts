/** `_list`: the records that are items of a List. https://hl7.org/fhir/R4/search.html#list */
import { refuse, type OutcomeError } from '../fhir/outcome.ts'
import { FHIR_ID } from '../fhir/types.ts'
import { clip, type Condition, type OfferedTypes } from './chain.ts'
import { alternatives, type Criterion } from './condition.ts'
import { functionalList } from './functional-list.ts'
import type { SearchValueContext } from './type.ts'

export const LIST = '_list'

/** Why the parameter is not supported; undefined when it is. */
export function unsupportedList({ modifier }: Criterion, { capability }: OfferedTypes): OutcomeError | undefined {
  if (!capability('List'))
    return refuse('unknown-parameter', 'There are no `List` records here, so that `_list` finds nothing.')
  return modifier === undefined
    ? undefined
    : refuse('invalid-parameter', `The parameter \`${LIST}\` has no modifier \`${clip(modifier)}\`. It takes none.`)
}

/** `42` or `List/42`, or a functional list (`$current-problems`), or several. @throws OutcomeError `invalid-parameter` */
export function listCondition(
  criterion: Criterion,
  types: readonly string[],
  offered: OfferedTypes,
  context: SearchValueContext,
): Condition {
  const of = alternatives(criterion).map((value): Condition => {
    if (value.startsWith('$')) return functionalList(value, types, offered, context)
    const id = value.startsWith('List/') ? value.slice('List/'.length) : value
    if (FHIR_ID.test(id)) return { op: 'list', types, id }
    throw refuse(
      'invalid-parameter',
      `The value \`${clip(value)}\` of \`${LIST}\` is not the id of a \`List\`; write \`42\`, \`List/42\`, or a functional list such as \`$current-problems\`.`,
    )
  })
  return of.length === 1 && of[0] ? of[0] : { op: 'or', of }
}
