/** Answers from a value set. https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.answerValueSet */
import type { JsonObject } from '../../../fhir/types.ts'
import type { ErrorObject } from 'ajv'
import type { Canonical } from '../../../definitions/definitions.ts'
import { createCheckContext } from '../../create-context.ts'
import { runSchema, type Violation } from '../../violation.ts'
import type { CheckContext } from '../../check-context.ts'
import type { Verdict } from '../../../terminology/code-system.ts'
import { mismatch, NONE, type Asked, type Rule } from '../asked.ts'
import { objects } from '../shapes.ts'
import { shown } from './options.ts'

/** In `answerValueSet`: a canonical, or `#id` of a value set that the questionnaire contains. */
export const valueSetRule: Rule = (question) => {
  const url = question.answerValueSet
  if (typeof url !== 'string') return undefined
  return (value, { key }, asked) => {
    if (key !== 'valueCoding' || typeof value !== 'object' || value === null) return NONE
    const verdict = verdictOf(url, value as JsonObject, asked)
    if (verdict === 'in') return NONE
    if (verdict === 'unknown') {
      const text = `{at} is ${shown(value)}; it could not be checked against \`${url}\`, because that is not at hand.`
      return [{ detail: 'code-unchecked', severity: 'warning', below: `/${key}`, text }]
    }
    const text = `{at} is ${shown(value)}, which is not in the answers \`${url}\` of the question \`${question.linkId}\`.`
    return [mismatch(`/${key}`, text)]
  }
}

// A coding without a system names no code of any system.
function verdictOf(url: string, { system, code }: JsonObject, asked: Asked): Verdict {
  const { terminology } = asked.context.engine
  const set = url.startsWith('#') ? containedSet(url.slice(1), asked) : terminology.find(url, 'ValueSet')
  if (!set) return 'unknown'
  return typeof system === 'string' && typeof code === 'string' ? terminology.membershipIn(set)(system, code) : 'out'
}

/** What the form contains; of a form that is itself contained, what stands beside it. */
function containedSet(id: string, { context, form, isContained }: Asked): Canonical | undefined {
  const holder = isContained ? context.container : form
  const set = objects(holder.contained).find((one) => one.resourceType === 'ValueSet' && one.id === id)
  return set && (!isContained || isSound(set, context)) ? (set as Canonical) : undefined
}

/** Only a shortcut: what came along is looked at once. */
const sound = new WeakMap<JsonObject, boolean>()

// What is wrong with a set that came along is told where it stands; it tells nothing of codes.
function isSound(set: JsonObject, { engine, container, root }: CheckContext): boolean {
  const known = sound.get(set)
  if (known !== undefined) return known
  const top = { instancePath: '', parentData: undefined, parentDataProperty: '', rootData: set }
  const context = createCheckContext(engine, set, container, root)
  const isValid = runSchema(engine.typeSchema('ValueSet'), context, set, top).every(isWarning)
  sound.set(set, isValid)
  return isValid
}

const isWarning = ({ params }: ErrorObject): boolean =>
  ['warning', 'information'].includes((params as Violation).severity ?? '')
