/** Whether capability/rules/visibility.json says of every offered type who may know of its records. */
import { DefinitionFault } from '../../definitions/fault.ts'
import type { VisibilityRule } from './rule.ts'

const FILE = 'capability/rules/visibility.json'

/** The rows of a type, by the name of the list that holds each. */
export function rowsOf(rule: VisibilityRule, type: string): readonly string[] {
  return [
    ...(rule.participant[type] === undefined ? [] : ['participant']),
    ...(rule.parties[type] === undefined ? [] : ['parties']),
    ...rule.everyone.filter((one) => one === type).map(() => 'everyone'),
  ]
}

/**
 * In: the rule, and the types that the hub offers.
 * @throws DefinitionFault for the first type that has no row, or more than one
 */
export function checkVisibility(rule: VisibilityRule, types: readonly string[]): void {
  for (const type of types) {
    const rows = rowsOf(rule, type)
    if (rows.length === 1) continue
    const found = rows.length === 0 ? 'no row' : `${rows.length} rows (${rows.join(', ')})`
    throw new DefinitionFault(
      FILE,
      `the offered type \`${type}\` has ${found}. Give it one: the path to its participant, its parties, or \`everyone\`.`,
    )
  }
}
