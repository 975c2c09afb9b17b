/**
 * The one place that answers errors: an OutcomeError with its issues, anything else as a fault of the hub.
 * https://hl7.org/fhir/R4/http.html#Status-Codes
 */
import type { ErrorRequestHandler } from 'express'
import { serialize } from '../fhir/json.ts'
import { OutcomeError, operationOutcome, refuse } from '../fhir/outcome.ts'
import { ClientGone } from './body.ts'
import { sendText } from './reply.ts'
import { traceOf } from './trace.ts'

/**
 * @param fault receives every error that is not an OutcomeError; it goes to the log and nowhere else
 * @param path where the FHIR addresses begin: a Location (`Patient/abc`) stands below it
 */
export const errors = (fault: (error: unknown, requestId: string) => void, path: string): ErrorRequestHandler => {
  // Express knows an error handler by its four parameters.
  return (error: unknown, _request, response, _next) => {
    if (error instanceof ClientGone) return void response.destroy()
    const { requestId } = traceOf(response)
    const answer = error instanceof OutcomeError ? error : internal(requestId)
    if (answer !== error) fault(error, requestId)
    const { Location: record, ...headers } = answer.headers
    const located = record === undefined ? headers : { ...headers, Location: `${path}/${record}` }
    sendText(response, answer.status, located, serialize(operationOutcome(answer.issues)))
  }
}

const internal = (requestId: string) =>
  refuse('internal', `The hub failed. The error is logged under \`${requestId}\`: give the operator this id.`)
