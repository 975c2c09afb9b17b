/** Turns the errors of ajv into issues: code, sentence, FHIRPath, source. */
import type { ErrorObject } from 'ajv'
import type { Issue } from '../fhir/outcome.ts'
import type { Structures } from '../definitions/structures/structure-definition.ts'
import { issueSource } from './issue-source.ts'
import { deduplicate, type LocatedViolation } from './deduplicate.ts'
import { locate, pointerTokens } from './locate.ts'
import { sortViolations } from './sort-violations.ts'
import type { Violation } from './violation.ts'
import { schemaViolation } from './schema-violations.ts'

/** `root` is the resource; `at` replaces its type at the beginning of the expressions. One issue for one mistake. */
export function issuesOf(
  errors: readonly ErrorObject[],
  root: unknown,
  structures: Structures,
  at?: string,
): readonly Issue[] {
  if (errors.length === 0) return NONE
  const found = sortViolations(deduplicate(errors.map((error) => toViolation(error, root))), root, structures)
  const issues = mostSevere(found).map(({ detail, severity = 'error', text, pointer, profile }) => {
    const location = locate(root, pointer, structures, at)
    const expression = clip(location.expression)
    const sentence = shorten(text.replaceAll('{at}', `\`${expression}\``))
    const source = issueSource(profile, location, structures)
    return {
      severity,
      detail,
      text: sentence,
      expression,
      ...(profile ? { profile } : {}),
      ...(source ? { source: clip(source) } : {}),
    }
  })
  return issues.length === found.length
    ? issues
    : [...issues, moreIssues(found.length - issues.length, locate(root, '', structures, at))]
}

/** A sentence quotes only the beginning of a long value. */
const shorten = (text: string): string =>
  text.length > LONG_TEXT ? text.replace(/`([^`]{200})[^`]+`/g, '`$1...`') : text
const clip = (name: string): string => (name.length > LONG_TEXT ? `${name.slice(0, LONG_TEXT)}...` : name)
const LONG_TEXT = 1000

/** More issues than this are counted, not listed. */
const MAX_ISSUES = 1000

/** The first violations, errors before warnings, in their order. */
function mostSevere(found: readonly LocatedViolation[]): readonly LocatedViolation[] {
  if (found.length <= MAX_ISSUES) return found
  const isError = ({ severity = 'error' }: LocatedViolation): boolean => severity === 'error'
  const kept = new Set([...found.filter(isError), ...found.filter((one) => !isError(one))].slice(0, MAX_ISSUES))
  return found.filter((one) => kept.has(one))
}

const moreIssues = (count: number, { expression }: { readonly expression: string }): Issue => ({
  severity: 'information',
  detail: 'more-issues',
  text: `${count} more issues of \`${expression}\` are not listed. Correct these, and check again.`,
  expression,
})

const NONE: readonly Issue[] = []

// The hub's own keywords pass their violation as `params`; their `instancePath` includes `below` already.
function toViolation(error: ErrorObject, root: unknown): LocatedViolation {
  const { params, instancePath, profile } = error as ErrorObject & { profile?: string }
  if ('detail' in params) return { ...(params as Violation), pointer: instancePath, profile }
  const violation = schemaViolation(error, valueAt(root, instancePath))
  return { ...violation, pointer: instancePath + (violation.below ?? ''), profile }
}

// The `data` of an error may be that of an outer keyword, so the value is looked up.
function valueAt(root: unknown, pointer: string): unknown {
  return pointerTokens(pointer).reduce<unknown>(
    (value, token) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[token] : undefined,
    root,
  )
}
