/** The Questionnaire of a response. https://hl7.org/fhir/R4/questionnaireresponse-definitions.html#QuestionnaireResponse.questionnaire */
import type { JsonObject } from '../../fhir/types.ts'
import { parseCanonical } from '../../fhir/reference.ts'
import type { Violation } from '../violation.ts'
import type { CheckContext } from '../check-context.ts'

export type FoundQuestionnaire = { readonly questionnaire: JsonObject; readonly isContained: boolean }

/**
 * The questionnaire of a canonical: a contained one (`#id`), or a definition of the url and version. Otherwise a violation:
 * an error under the hub's rules, since the hub publishes its questionnaires, else a warning.
 */
export function findQuestionnaire(canonical: string, context: CheckContext): FoundQuestionnaire | Violation {
  const isContained = canonical.startsWith('#')
  const questionnaire = isContained ? context.resolve(canonical) : context.engine.definitions.find(canonical)
  if (isQuestionnaire(questionnaire) && (isContained || hasVersion(questionnaire, canonical)))
    return { questionnaire, isContained }
  // "The canonical URL": https://hl7.org/fhir/R4/references.html#canonical
  const isUrl = isContained || /^[A-Za-z][A-Za-z0-9+.-]*:/.test(canonical)
  return {
    detail: 'questionnaire-unknown',
    severity: context.engine.strict || !isUrl ? 'error' : 'warning',
    below: '/questionnaire',
    text: `{at}: the questionnaire \`${canonical}\` is not available, so the answers cannot be checked against it.${hintOfVersion(canonical, context)}`,
  }
}

const isQuestionnaire = (found: unknown): found is JsonObject =>
  (found as { resourceType?: unknown } | undefined)?.resourceType === 'Questionnaire'

function hasVersion(questionnaire: JsonObject, canonical: string): boolean {
  const { version } = parseCanonical(canonical)
  return version === undefined || version === questionnaire.version
}

function hintOfVersion(canonical: string, { engine }: CheckContext): string {
  const questionnaire = engine.definitions.find(parseCanonical(canonical).url)
  if (!isQuestionnaire(questionnaire)) return ' Correct the canonical url, or load the questionnaire.'
  return typeof questionnaire.version === 'string'
    ? ` Version \`${questionnaire.version}\` is available.`
    : ' The available one has no version.'
}
