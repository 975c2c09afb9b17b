/**
 * Locates issues: the expression into the body that was sent, and its line and column where they can be found. https://hl7.org/fhir/R4/operationoutcome-definitions.html#OperationOutcome.issue.expression
 */
import { positionExtensions, type Issue } from './outcome.ts'
import type { Position } from './position.ts'
import type { JsonObject, Resource } from './types.ts'

/** Undefined for an expression into something else than the text at hand. */
export type Locate = (expression: string) => Position | undefined

/** Whoever sends more faults than this finds the rest by their expressions. */
const MOST = 100

/** The issues with positions; the same list when none has an expression. */
export function placedIssues(issues: readonly Issue[], locate: Locate | undefined): readonly Issue[] {
  if (!locate || !issues.some(({ expression }) => expression)) return issues
  return issues.map((issue, index) =>
    index < MOST && issue.expression && !issue.position ? { ...issue, position: locate(issue.expression) } : issue,
  )
}

/** The same for an OperationOutcome that is built already. */
export function placedOutcome(outcome: Resource, locate: Locate | undefined): Resource {
  if (!locate) return outcome
  return eachIssue(outcome, (issue, index) => {
    const [expression] = (issue.expression ?? []) as readonly string[]
    const position = index >= MOST || expression === undefined || issue.extension ? undefined : locate(expression)
    return position ? { extension: positionExtensions(position), ...issue } : issue
  })
}

/**
 * Turns an outcome about the request of a Bundle entry into one about the Bundle: an expression into the resource (of
 * `type`) becomes one into `at.resource`; an issue without expression gets that of the entry.
 */
export function outcomeInEntry(outcome: Resource, at: string, type: string | undefined): Resource {
  return eachIssue(outcome, (issue) => {
    const expressions =
      (issue.expression as readonly string[] | undefined) ?? (issue.severity === 'information' ? [] : [at])
    return expressions.length === 0 ? issue : { ...issue, expression: expressions.map((one) => inEntry(one, at, type)) }
  })
}

/** An expression into the resource of a Bundle's entry, as one into the Bundle; any other stays as it is. */
export function inEntry(expression: string, at: string, type: string | undefined): string {
  const isInside = type !== undefined && (expression === type || expression.startsWith(`${type}.`))
  return isInside ? `${at}.resource${expression.slice(type.length)}` : expression
}

const eachIssue = (outcome: Resource, change: (issue: JsonObject, index: number) => JsonObject): Resource => ({
  ...outcome,
  issue: (outcome.issue as readonly JsonObject[]).map(change),
})
