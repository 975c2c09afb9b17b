/** The enableWhen of a Questionnaire names its questions. https://hl7.org/fhir/R4/questionnaire.html */
import type { JsonObject } from '../../fhir/types.ts'
import { items } from '../../fhir/element.ts'
import type { Violation } from '../violation.ts'
import type { SpecificationRule } from './specification-rule.ts'

type LocatedItem = { readonly item: JsonObject; readonly below: string }

/**
 * An item is enabled by the answer to another question of the questionnaire.
 * https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen.question
 */
export const enableWhenQuestionExists: SpecificationRule = (questionnaire) => {
  const all = locatedItems(questionnaire, '')
  const linkIds = new Set(all.map(({ item }) => item.linkId))
  return all.flatMap(({ item, below }) =>
    items(item.enableWhen).flatMap(({ question }): Violation[] => {
      if (typeof question !== 'string' || (linkIds.has(question) && question !== item.linkId)) return []
      const text = linkIds.has(question)
        ? `{at} is enabled by its own answer. Name another question in \`enableWhen\`.`
        : `{at} is enabled by the question \`${question}\`, but no item of this form has this \`linkId\`.`
      return [{ detail: 'value-conflict', below, text }]
    }),
  )
}

function locatedItems(holder: JsonObject, below: string): readonly LocatedItem[] {
  return items(holder.item).flatMap((item, index) => {
    const at = `${below}/item/${index}`
    return [{ item, below: at }, ...locatedItems(item, at)]
  })
}
