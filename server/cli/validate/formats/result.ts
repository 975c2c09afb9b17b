/** A verdict as JSON: what the forms json and ndjson say of each resource. */
import { ERRORS } from '../../../fhir/outcome.ts'
import type { FileVerdict } from '../check.ts'

/** `code` is FHIR's issue type, `detail` the hub's stable code (`details.coding` of an OperationOutcome). */
export const resultOf = ({ file, line, resource, valid, issues }: FileVerdict) => ({
  file,
  line,
  resource,
  valid,
  issues: issues.map(({ severity, detail, code, text, expression, profile, source, position }) => ({
    severity,
    code: code ?? ERRORS[detail][1],
    detail,
    text,
    expression,
    profile,
    source,
    line: position.line,
    column: position.column,
  })),
})
