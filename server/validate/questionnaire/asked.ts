/** What the questions of one response are checked with. */
import type { JsonObject } from '../../fhir/types.ts'
import type { Violation } from '../violation.ts'
import type { CheckContext } from '../check-context.ts'
import type { Place } from './enabled.ts'
import type { Question } from './shapes.ts'

export type Asked = {
  readonly context: CheckContext
  /** The Questionnaire, and whether the response itself brought it. */
  readonly form: JsonObject
  readonly isContained: boolean
  /** Nothing may be missing. https://hl7.org/fhir/R4/valueset-questionnaire-answers-status.html */
  readonly isComplete: boolean
  readonly isEnabled: (question: Question, place: Place) => boolean
}

/** What a question asks of its answers: a check, or nothing. */
export type Rule = (question: Question) => Check | undefined

/** One rule of a question on one value; `key` is the property that holds it. Pointers are below the answer. */
export type Check = (
  value: unknown,
  at: { readonly key: string; readonly answer: JsonObject },
  asked: Asked,
) => readonly Violation[]

/** Nothing wrong. */
export const NONE: readonly Violation[] = []

export const mismatch = (below: string, text: string): Violation => ({ detail: 'questionnaire-mismatch', below, text })

export const warning = (below: string, text: string): Violation => ({ ...mismatch(below, text), severity: 'warning' })

export const list = (names: readonly string[], last = ' or '): string => names.map((name) => `\`${name}\``).join(last)
