/** The Questionnaire of a response. https://hl7.org/fhir/R4/questionnaireresponse-definitions.html#QuestionnaireResponse.questionnaire */
import type { JsonObject } from '../../fhir/types.ts'
import { parseCanonical } from '../../fhir/reference.ts'
import type { Violation } from '../violation.ts'
import type { CheckContext } from '../check-context.ts'

export type Form = { readonly form: JsonObject; readonly isContained: boolean }

/**
 * The questionnaire that the canonical names: a contained one (`#id`), or one that is at hand, in the version named.
 * Else the fault: an error where the hub's own rules hold, since the hub publishes its forms.
 */
export function findForm(canonical: string, context: CheckContext): Form | Violation {
  const isContained = canonical.startsWith('#')
  const form = isContained ? context.resolve(canonical) : context.engine.definitions.find(canonical)
  if (isQuestionnaire(form) && (isContained || isVersion(form, canonical))) return { form, isContained }
  // "The canonical URL": https://hl7.org/fhir/R4/references.html#canonical
  const isUrl = isContained || /^[A-Za-z][A-Za-z0-9+.-]*:/.test(canonical)
  return {
    detail: 'questionnaire-unknown',
    severity: context.engine.strict || !isUrl ? 'error' : 'warning',
    below: '/questionnaire',
    text: `{at}: the questionnaire \`${canonical}\` is not at hand, so the answers cannot be checked against it.${otherVersion(canonical, context)}`,
  }
}

const isQuestionnaire = (found: unknown): found is JsonObject =>
  (found as { resourceType?: unknown } | undefined)?.resourceType === 'Questionnaire'

function isVersion(form: JsonObject, canonical: string): boolean {
  const { version } = parseCanonical(canonical)
  return version === undefined || version === form.version
}

function otherVersion(canonical: string, { engine }: CheckContext): string {
  const form = engine.definitions.find(parseCanonical(canonical).url)
  if (!isQuestionnaire(form)) return ' Correct the canonical url, or load the questionnaire.'
  return typeof form.version === 'string'
    ? ` At hand is its version \`${form.version}\`.`
    : ' What is at hand has no version.'
}
