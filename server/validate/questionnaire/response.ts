/** A QuestionnaireResponse against its Questionnaire. https://hl7.org/fhir/R4/questionnaireresponse.html#notes */
import type { Violation } from '../violation.ts'
import type { CheckContext } from '../check-context.ts'
import type { Asked } from './asked.ts'
import { createEnabled } from './enabled.ts'
import { findForm } from './find.ts'
import { headViolations } from './head.ts'
import { itemsViolations } from './items.ts'
import { objects, type Question } from './shapes.ts'

/** Where nothing that is required may be missing. https://hl7.org/fhir/R4/valueset-questionnaire-answers-status.html */
const COMPLETE = new Set<unknown>(['completed', 'amended'])

export const isComplete = (status: unknown): boolean => COMPLETE.has(status)

/** Faults of the resource of a run, with pointers into it; none when it names no questionnaire. */
export function responseViolations(context: CheckContext): readonly Violation[] {
  const { resource } = context
  const { questionnaire, status } = resource
  if (typeof questionnaire !== 'string') return []
  const found = findForm(questionnaire, context)
  if ('detail' in found) return [found]
  const asked: Asked = { ...found, context, isComplete: isComplete(status), isEnabled: createEnabled() }
  const questions = objects<Question>(found.form.item)
  return [...headViolations(resource, found.form), ...itemsViolations(questions, { holder: resource, at: '' }, asked)]
}
