/**
 * Line and column of the issues about a body, as the standard extensions; computed only when there are issues.
 * https://hl7.org/fhir/R4/extension-operationoutcome-issue-line.html and -col
 */
import type { Call, Reply } from '../interactions/call.ts'
import type { Resource } from '../fhir/types.ts'
import { placedIssues, placedOutcome, type Locate } from '../fhir/located.ts'
import { OutcomeError } from '../fhir/outcome.ts'

/**
 * For the text of a body: an expression is into it when it begins with its type.
 * @param createLocator of the format of the text
 */
export function locatorIn(text: string, { resourceType }: Resource, createLocator: (text: string) => Locate): Locate {
  let locate: Locate | undefined
  return (expression) => {
    if (/^\w+/.exec(expression)?.[0] !== resourceType) return undefined
    locate ??= createLocator(text)
    return locate(expression)
  }
}

/** An error about the body received, its issues with positions. */
export function placedError(error: OutcomeError, { locate }: Call): OutcomeError {
  const issues = placedIssues(error.issues, locate)
  return issues === error.issues ? error : new OutcomeError(issues, { status: error.status, headers: error.headers })
}

/** The same for a reply that is an OperationOutcome, such as that of `$validate`. */
export function placedReply(reply: Reply, { locate }: Call): Reply {
  const { resource } = reply
  if (resource?.resourceType !== 'OperationOutcome') return reply
  return { ...reply, resource: placedOutcome(resource, locate) }
}
