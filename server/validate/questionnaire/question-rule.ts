/** The rules of a question, and the response that they check. */
import type { JsonObject } from '../../fhir/types.ts'
import type { Violation } from '../violation.ts'
import type { CheckContext } from '../check-context.ts'
import type { ItemScope } from './enable-when.ts'
import type { Question } from './questionnaire-types.ts'

/** The response under check, and its questionnaire. */
export type ResponseContext = {
  readonly context: CheckContext
  readonly questionnaire: JsonObject
  /** The questionnaire is contained in the response. */
  readonly isContained: boolean
  /** By its status the response is complete: no required answer may be missing. https://hl7.org/fhir/R4/valueset-questionnaire-answers-status.html */
  readonly isComplete: boolean
  readonly isEnabled: (question: Question, scope: ItemScope) => boolean
}

/** Prepares the check that an element or extension of a question demands; undefined where the question has none. */
export type QuestionRule = (question: Question) => AnswerCheck | undefined

/** Checks one value of an answer; `key` is its property, such as `valueString`. Pointers are relative to the answer. */
export type AnswerCheck = (
  value: unknown,
  at: { readonly key: string; readonly answer: JsonObject },
  response: ResponseContext,
) => readonly Violation[]

export const NO_VIOLATIONS: readonly Violation[] = []

export const mismatch = (below: string, text: string): Violation => ({ detail: 'questionnaire-mismatch', below, text })

export const warning = (below: string, text: string): Violation => ({ ...mismatch(below, text), severity: 'warning' })

export const list = (names: readonly string[], last = ' or '): string => names.map((name) => `\`${name}\``).join(last)
