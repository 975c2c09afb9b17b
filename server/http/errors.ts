/**
 * The one place that answers errors: an OutcomeError with its issues, anything else as a fault of the hub.
 * https://hl7.org/fhir/R4/http.html#Status-Codes
 */
import type { ErrorRequestHandler, Request } from 'express'
import type { XmlFormat } from '../definitions/xml/format.ts'
import { serialize } from '../fhir/json.ts'
import { OutcomeError, operationOutcome, refuse } from '../fhir/outcome.ts'
import { ClientGone } from './body.ts'
import { layoutOf } from './layout.ts'
import { JSON_WRITTEN, negotiate, type Written } from './media.ts'
import { sendText } from './reply.ts'
import { traceOf } from './trace.ts'

/**
 * @param fault receives every error that is not an OutcomeError; it goes to the log and nowhere else
 * @param path where the FHIR addresses begin: a Location (`Patient/abc`) stands below it
 */
export const errors = (
  fault: (error: unknown, requestId: string) => void,
  path: string,
  xml: XmlFormat,
): ErrorRequestHandler => {
  // Express knows an error handler by its four parameters.
  return async (error: unknown, request, response, _next) => {
    if (error instanceof ClientGone) return void response.destroy()
    const { requestId, written = writtenFor(request) } = traceOf(response)
    const answer = error instanceof OutcomeError ? error : internal(requestId)
    if (answer !== error) fault(error, requestId)
    const { Location: record, ...headers } = answer.headers
    const located = record === undefined ? headers : { ...headers, Location: `${path}/${record}` }
    const json = serialize(operationOutcome(answer.issues))
    const { write, contentType } = layoutOf(request.url, written, xml)
    const text = write ? await write(json) : json
    sendText(response, { status: answer.status, headers: located, text, contentType })
  }
}

/** For a request that was refused before this was decided. A client that accepts nothing that the hub writes gets JSON. */
function writtenFor({ url, headers }: Request): Written {
  const format = /[?&]_format=([^&#]*)/
    .exec(url)?.[1]
    ?.replace(/%2[fF]/, '/')
    .replace(/%2[bB]/, '+')
  for (const value of format === undefined ? [undefined] : [format, undefined]) {
    try {
      return negotiate(headers.accept, value)
    } catch {
      continue
    }
  }
  return JSON_WRITTEN
}

const internal = (requestId: string) =>
  refuse('internal', `The hub failed. The error is logged under \`${requestId}\`: give the operator this id.`)
