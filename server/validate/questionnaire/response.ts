/** A QuestionnaireResponse against its Questionnaire. https://hl7.org/fhir/R4/questionnaireresponse.html#notes */
import type { Violation } from '../violation.ts'
import type { CheckContext } from '../check-context.ts'
import type { ResponseContext } from './question-rule.ts'
import { createEnableWhen } from './enable-when.ts'
import { findQuestionnaire } from './find-questionnaire.ts'
import { wholeResponseViolations } from './whole-response.ts'
import { itemsViolations } from './items.ts'
import { objects, type Question } from './questionnaire-types.ts'

/** The statuses in which no required answer may be missing. https://hl7.org/fhir/R4/valueset-questionnaire-answers-status.html */
const COMPLETE = new Set<unknown>(['completed', 'amended'])

export const isComplete = (status: unknown): boolean => COMPLETE.has(status)

/** Violations of the resource of the context, with pointers into it; none when it names no questionnaire. */
export function responseViolations(context: CheckContext): readonly Violation[] {
  const { resource } = context
  const { questionnaire, status } = resource
  if (typeof questionnaire !== 'string') return []
  const found = findQuestionnaire(questionnaire, context)
  if ('detail' in found) return [found]
  const response: ResponseContext = { ...found, context, isComplete: isComplete(status), isEnabled: createEnableWhen() }
  const questions = objects<Question>(found.questionnaire.item)
  return [
    ...wholeResponseViolations(resource, found.questionnaire),
    ...itemsViolations(questions, { holder: resource, at: '' }, response),
  ]
}
