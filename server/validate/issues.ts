/** What ajv found, as issues: a code, a sentence, a FHIRPath. */
import type { ErrorObject } from 'ajv'
import type { Issue } from '../fhir/outcome.ts'
import type { Structures } from '../definitions/structures/structures.ts'
import { askedBy } from './asked.ts'
import { distinct, type Said } from './distinct.ts'
import { locate, tokensOf } from './locate.ts'
import { inOrder } from './order.ts'
import type { Violation } from './violation.ts'
import { sentence } from './sentences.ts'

/** `root` is the resource checked; `at` stands for it in the expressions. One issue for one fault. */
export function issuesOf(
  errors: readonly ErrorObject[],
  root: unknown,
  structures: Structures,
  at?: string,
): readonly Issue[] {
  if (errors.length === 0) return NONE
  const found = inOrder(distinct(errors.map((error) => read(error, root))), root, structures)
  const told = worst(found).map(({ detail, severity = 'error', text, pointer, profile }) => {
    const place = locate(root, pointer, structures, at)
    const expression = clipped(place.expression)
    const said = short(text.replaceAll('{at}', `\`${expression}\``))
    const asked = askedBy(profile, place, structures)
    return {
      severity,
      detail,
      text: said,
      expression,
      ...(profile ? { profile } : {}),
      ...(asked ? { source: clipped(asked) } : {}),
    }
  })
  return told.length === found.length
    ? told
    : [...told, rest(found.length - told.length, locate(root, '', structures, at))]
}

/** Nobody wants a megabyte of their own back: of a long value the beginning is told. */
const short = (text: string): string => (text.length > LONG ? text.replace(/`([^`]{200})[^`]+`/g, '`$1...`') : text)
const clipped = (name: string): string => (name.length > LONG ? `${name.slice(0, LONG)}...` : name)
const LONG = 1000

/** Whoever has more to mend than this begins with these. */
const MOST = 1000

/** The first of them, errors before what is only a warning; in the order in which they stood. */
function worst(found: readonly Said[]): readonly Said[] {
  if (found.length <= MOST) return found
  const isError = ({ severity = 'error' }: Said): boolean => severity === 'error'
  const kept = new Set([...found.filter(isError), ...found.filter((one) => !isError(one))].slice(0, MOST))
  return found.filter((one) => kept.has(one))
}

const rest = (count: number, { expression }: { readonly expression: string }): Issue => ({
  severity: 'information',
  detail: 'more-issues',
  text: `${count} more issues of \`${expression}\` are not told. Mend these, and check again.`,
  expression,
})

const NONE: readonly Issue[] = []

// Our own keywords bring their fault along, and its place is already the error's.
function read(error: ErrorObject, root: unknown): Said {
  const { params, instancePath, profile } = error as ErrorObject & { profile?: string }
  if ('detail' in params) return { ...(params as Violation), pointer: instancePath, profile }
  const violation = sentence(error, valueAt(root, instancePath))
  return { ...violation, pointer: instancePath + (violation.below ?? ''), profile }
}

// The data that ajv tells may be that of a surrounding keyword, so it is looked up.
function valueAt(root: unknown, pointer: string): unknown {
  return tokensOf(pointer).reduce<unknown>(
    (value, token) =>
      typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[token] : undefined,
    root,
  )
}
