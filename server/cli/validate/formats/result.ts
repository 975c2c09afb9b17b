/** A verdict as JSON: what the forms json and ndjson say of each resource. */
import { ERRORS } from '../../../fhir/outcome.ts'
import type { Verdict } from '../judge.ts'

/** `code` is the hub's stable code, `type` the issue type of FHIR. */
export const resultOf = ({ file, line, resource, valid, issues }: Verdict) => ({
  file,
  line,
  resource,
  valid,
  issues: issues.map(({ severity, code, type, text, expression, profile, asked, position }) => ({
    severity,
    code,
    type: type ?? ERRORS[code][1],
    text,
    expression,
    profile,
    asked,
    line: position.line,
    column: position.column,
  })),
})
