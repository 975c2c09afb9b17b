/** What ajv found, as issues: a code, a sentence, a FHIRPath. */
import type { ErrorObject } from 'ajv'
import type { Issue } from '../fhir/outcome.ts'
import type { Structures } from '../definitions/structures/structures.ts'
import { issueSource } from './issue-source.ts'
import { deduplicate, type LocatedViolation } from './deduplicate.ts'
import { locate, pointerTokens } from './locate.ts'
import { sortViolations } from './sort-violations.ts'
import type { Violation } from './violation.ts'
import { schemaViolation } from './schema-violations.ts'

/** `root` is the resource checked; `at` stands for it in the expressions. One issue for one fault. */
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

/** Nobody wants a megabyte of their own back: of a long value the beginning is told. */
const shorten = (text: string): string =>
  text.length > LONG_TEXT ? text.replace(/`([^`]{200})[^`]+`/g, '`$1...`') : text
const clip = (name: string): string => (name.length > LONG_TEXT ? `${name.slice(0, LONG_TEXT)}...` : name)
const LONG_TEXT = 1000

/** Whoever has more to mend than this begins with these. */
const MAX_ISSUES = 1000

/** The first of them, errors before what is only a warning; in the order in which they stood. */
function mostSevere(found: readonly LocatedViolation[]): readonly LocatedViolation[] {
  if (found.length <= MAX_ISSUES) return found
  const isError = ({ severity = 'error' }: LocatedViolation): boolean => severity === 'error'
  const kept = new Set([...found.filter(isError), ...found.filter((one) => !isError(one))].slice(0, MAX_ISSUES))
  return found.filter((one) => kept.has(one))
}

const moreIssues = (count: number, { expression }: { readonly expression: string }): Issue => ({
  severity: 'information',
  detail: 'more-issues',
  text: `${count} more issues of \`${expression}\` are not told. Mend these, and check again.`,
  expression,
})

const NONE: readonly Issue[] = []

// Our own keywords bring their fault along, and its place is already the error's.
function toViolation(error: ErrorObject, root: unknown): LocatedViolation {
  const { params, instancePath, profile } = error as ErrorObject & { profile?: string }
  if ('detail' in params) return { ...(params as Violation), pointer: instancePath, profile }
  const violation = schemaViolation(error, valueAt(root, instancePath))
  return { ...violation, pointer: instancePath + (violation.below ?? ''), profile }
}

// The data that ajv tells may be that of a surrounding keyword, so it is looked up.
function valueAt(root: unknown, pointer: string): unknown {
  return pointerTokens(pointer).reduce<unknown>(
    (value, token) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[token] : undefined,
    root,
  )
}
