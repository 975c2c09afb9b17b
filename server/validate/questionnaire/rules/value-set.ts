/** `answerValueSet`: answers from a value set. https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.answerValueSet */
import type { JsonObject } from '../../../fhir/types.ts'
import type { ErrorObject } from 'ajv'
import type { CanonicalResource } from '../../../definitions/canonical-resource.ts'
import { createCheckContext } from '../../create-context.ts'
import { runSchema, type Violation } from '../../violation.ts'
import type { CheckContext } from '../../check-context.ts'
import type { CodeMembership } from '../../../terminology/code-system.ts'
import { mismatch, NO_VIOLATIONS, type ResponseContext, type QuestionRule } from '../question-rule.ts'
import { objects } from '../questionnaire-types.ts'
import { shown } from './options.ts'

/** The value set is a canonical, or `#id` of one that the questionnaire contains. */
export const valueSetRule: QuestionRule = (question) => {
  const url = question.answerValueSet
  if (typeof url !== 'string') return undefined
  return (value, { key }, response) => {
    if (key !== 'valueCoding' || typeof value !== 'object' || value === null) return NO_VIOLATIONS
    const membership = membershipOf(url, value as JsonObject, response)
    if (membership === 'in') return NO_VIOLATIONS
    if (membership === 'unknown') {
      const text = `{at} is ${shown(value)}; it could not be checked against \`${url}\`, because that is not available.`
      return [{ detail: 'code-unchecked', severity: 'warning', below: `/${key}`, text }]
    }
    const text = `{at} is ${shown(value)}, which is not in the answers \`${url}\` of the question \`${question.linkId}\`.`
    return [mismatch(`/${key}`, text)]
  }
}

// A coding without system is in no value set.
function membershipOf(url: string, { system, code }: JsonObject, response: ResponseContext): CodeMembership {
  const { terminology } = response.context.engine
  const set = url.startsWith('#') ? containedSet(url.slice(1), response) : terminology.find(url, 'ValueSet')
  if (!set) return 'unknown'
  return typeof system === 'string' && typeof code === 'string' ? terminology.membershipIn(set)(system, code) : 'out'
}

/** Contained in the questionnaire; for a contained questionnaire, contained next to it. */
function containedSet(
  id: string,
  { context, questionnaire, isContained }: ResponseContext,
): CanonicalResource | undefined {
  const holder = isContained ? context.container : questionnaire
  const set = objects(holder.contained).find((one) => one.resourceType === 'ValueSet' && one.id === id)
  return set && (!isContained || isValidValueSet(set, context)) ? (set as CanonicalResource) : undefined
}

/** A cache: each contained value set is checked once. */
const validValueSets = new WeakMap<JsonObject, boolean>()

// An invalid value set has issues of its own and is not used.
function isValidValueSet(set: JsonObject, { engine, container, root }: CheckContext): boolean {
  const cached = validValueSets.get(set)
  if (cached !== undefined) return cached
  const top = { instancePath: '', parentData: undefined, parentDataProperty: '', rootData: set }
  const context = createCheckContext(engine, set, container, root)
  const isValid = runSchema(engine.typeSchema('ValueSet'), context, set, top).every(isWarning)
  validValueSets.set(set, isValid)
  return isValid
}

const isWarning = ({ params }: ErrorObject): boolean =>
  ['warning', 'information'].includes((params as Violation).severity ?? '')
