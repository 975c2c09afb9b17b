/** What a Questionnaire says of its own questions. https://hl7.org/fhir/R4/questionnaire.html */
import type { JsonObject } from '../../fhir/types.ts'
import { items } from '../../fhir/element.ts'
import type { Violation } from '../violation.ts'
import type { SpecificationRule } from './specification-rule.ts'

type Placed = { readonly item: JsonObject; readonly below: string }

/**
 * An item is enabled by the answer to another question of the form.
 * https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.item.enableWhen.question
 */
export const enabledByQuestions: SpecificationRule = (form) => {
  const all = placed(form, '')
  const known = new Set(all.map(({ item }) => item.linkId))
  return all.flatMap(({ item, below }) =>
    items(item.enableWhen).flatMap(({ question }): Violation[] => {
      if (typeof question !== 'string' || (known.has(question) && question !== item.linkId)) return []
      const text = known.has(question)
        ? `{at} is enabled by its own answer. Name another question in \`enableWhen\`.`
        : `{at} is enabled by the question \`${question}\`, but no item of this form has this \`linkId\`.`
      return [{ detail: 'value-conflict', below, text }]
    }),
  )
}

function placed(holder: JsonObject, below: string): readonly Placed[] {
  return items(holder.item).flatMap((item, index) => {
    const at = `${below}/item/${index}`
    return [{ item, below: at }, ...placed(item, at)]
  })
}
