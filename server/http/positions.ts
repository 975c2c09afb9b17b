/**
 * Line and column for what is said about a body, as the standard extensions: found only when there is something to say.
 * https://hl7.org/fhir/R4/extension-operationoutcome-issue-line.html and -col
 */
import type { Reply } from '../interactions/call.ts'
import type { JsonObject } from '../fhir/types.ts'
import { createLocator } from '../fhir/json.ts'
import { OutcomeError, positionExtensions } from '../fhir/outcome.ts'
import type { Position } from '../fhir/position.ts'
import type { Received } from './call.ts'

/** Whoever sends more faults than this finds the rest by their expressions. */
const MOST = 100

/** Undefined for an expression into something else than the body. */
type Locate = (expression: string) => Position | undefined

/** An error about the body received, its issues with positions. */
export function placedError(error: OutcomeError, received: Received): OutcomeError {
  if (received.text === '' || !error.issues.some(({ expression }) => expression)) return error
  const locate = locatorOf(received)
  const issues = error.issues.map((issue, index) =>
    index < MOST && issue.expression && !issue.position ? { ...issue, position: locate(issue.expression) } : issue,
  )
  return new OutcomeError(issues, { status: error.status, headers: error.headers })
}

/** The same for a reply that is an OperationOutcome, such as that of `$validate`. */
export function placedReply(reply: Reply, received: Received): Reply {
  const { resource } = reply
  if (received.text === '' || resource?.resourceType !== 'OperationOutcome') return reply
  const issues = resource.issue as readonly JsonObject[]
  if (!issues.some((issue) => issue.expression)) return reply
  const locate = locatorOf(received)
  const issue = issues.map((one, index) => (index < MOST ? placed(one, locate) : one))
  return { ...reply, resource: { ...resource, issue } }
}

function placed(issue: JsonObject, locate: Locate): JsonObject {
  const [expression] = (issue.expression ?? []) as readonly string[]
  const position = expression === undefined || issue.extension ? undefined : locate(expression)
  return position ? { extension: positionExtensions(position), ...issue } : issue
}

/** In Parameters, an expression that begins with another type speaks of the parameter `resource`. */
function locatorOf({ text, call }: Received): Locate {
  const locate = createLocator(text)
  const type = call.body?.resourceType
  const parameter = type === 'Parameters' && Array.isArray(call.body?.parameter) ? call.body.parameter : []
  const index = (parameter as readonly (JsonObject | null)[]).findIndex((one) => one?.name === 'resource')
  const inside = index < 0 ? undefined : `Parameters.parameter[${index}].resource`
  return (expression) => {
    if (/^\w+/.exec(expression)?.[0] === type) return locate(expression)
    return inside === undefined ? undefined : locate(expression.replace(/^\w+/, inside))
  }
}
