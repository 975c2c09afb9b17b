/** One issue for one mistake: drops violations that several keywords report, and those that follow from another one. */
import type { ErrorCode, Severity } from '../fhir/outcome.ts'
import type { Violation } from './violation.ts'

/** A violation, its JSON pointer from the resource, and the profile that requires it. */
export type LocatedViolation = Violation & { readonly pointer: string; readonly profile?: string }

/** Groups of codes of which one is reported at one pointer: the first of the list. */
const GROUPS: readonly (readonly ErrorCode[])[] = [
  ['element-empty', 'element-type', 'value-format'],
  ['value-fixed', 'value-pattern', 'code-invalid', 'code-unexpected', 'code-unchecked'],
  ['slice-unmatched', 'extension-unknown'],
]

/** Codes that are reported once at one pointer, whichever keyword found them. */
const ONCE_PER_POINTER = new Set<ErrorCode>([
  'element-missing',
  'element-unknown',
  'element-too-many',
  'choice-multiple',
  'reference-type',
])

/** Of a value in the wrong form the content is not reported. */
const FORM_CODES = new Set<ErrorCode>(GROUPS[0])
const CONTENT_CODES = new Set<ErrorCode>([...(GROUPS[1] ?? []), 'value-range', 'invariant', 'reference-type'])

/** Codes that refuse a coded value. */
const REFUSED_CODES = new Set<ErrorCode>(['code-invalid', 'value-fixed', 'value-pattern', 'questionnaire-mismatch'])

export function deduplicate(violations: readonly LocatedViolation[]): readonly LocatedViolation[] {
  const kept = new Map<string, LocatedViolation>()
  for (const one of violations) {
    const key = keyOf(one)
    const previous = kept.get(key)
    if (!previous || replaces(one, previous)) kept.set(key, one)
  }
  const all = [...kept.values()]
  const follows = consequenceTest(all)
  return all.filter((one) => !follows(one))
}

function keyOf({ pointer, detail, text }: LocatedViolation): string {
  const group = GROUPS.findIndex((codes) => codes.includes(detail))
  if (group >= 0) return `${pointer} ${group}`
  return ONCE_PER_POINTER.has(detail) ? `${pointer} ${detail}` : `${pointer} ${detail} ${text}`
}

// Of equal violations the later one is kept: profiles come after the type, and are narrower.
function replaces(one: LocatedViolation, other: LocatedViolation): boolean {
  if (rank(one.severity) !== rank(other.severity)) return rank(one.severity) > rank(other.severity)
  const codes = GROUPS.find((group) => group.includes(one.detail)) ?? []
  return codes.indexOf(one.detail) <= codes.indexOf(other.detail)
}

const rank = (severity: Severity = 'error'): number => ['information', 'warning', 'error', 'fatal'].indexOf(severity)

/** Makes the test whether a violation follows from another one. */
function consequenceTest(all: readonly LocatedViolation[]): (one: LocatedViolation) => boolean {
  const isError = ({ severity }: LocatedViolation): boolean => rank(severity) > 1
  // A warning about the form does not exclude issues of the content.
  const badForm = new Set(all.filter((one) => FORM_CODES.has(one.detail) && isError(one)).map((one) => one.pointer))
  const isBroken = all.some((one) => !one.rule && isError(one))
  const tooLong = all.flatMap(({ pointer, limit }) => (limit === undefined ? [] : [{ pointer: `${pointer}/`, limit }]))
  // A code that is not in its system also violates the binding of the Coding or CodeableConcept that holds it.
  const refused = new Set(all.filter((one) => REFUSED_CODES.has(one.detail) && isError(one)).map((one) => one.pointer))
  const isInside = (pointer: string): boolean => {
    const [, concept, coding] = /^(.*?)(\/coding\/\d+)?\/code$/.exec(pointer) ?? []
    return concept !== undefined && (refused.has(concept) || refused.has(concept + (coding ?? '')))
  }
  const holders = new Set([...refused].flatMap(ancestorPointers))
  const isBeyond = (pointer: string): boolean =>
    tooLong.some(
      (list) => pointer.startsWith(list.pointer) && parseInt(pointer.slice(list.pointer.length)) >= list.limit,
    )
  return ({ detail, pointer, unsure }) =>
    (CONTENT_CODES.has(detail) && badForm.has(pointer)) ||
    (unsure === true && isBroken) ||
    (detail === 'code-invalid' && isInside(pointer)) ||
    (detail === 'code-unexpected' && holders.has(pointer)) ||
    isBeyond(pointer)
}

/** `/a`, `/a/b` for `/a/b/c`. */
function ancestorPointers(pointer: string): readonly string[] {
  const found: string[] = []
  for (let end = pointer.lastIndexOf('/'); end > 0; end = pointer.lastIndexOf('/', end - 1))
    found.push(pointer.slice(0, end))
  return found
}
