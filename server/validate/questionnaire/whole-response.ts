/** Checks of a response as a whole: subject type and effective period of its questionnaire. All are warnings. */
import type { JsonObject } from '../../fhir/types.ts'
import { withArticle } from '../../fhir/article.ts'
import { dateRange } from '../../fhir/dates.ts'
import { typeOfUrl, parseReference } from '../../fhir/reference.ts'
import type { Violation } from '../violation.ts'
import { list, warning } from './question-rule.ts'

export const wholeResponseViolations = (response: JsonObject, questionnaire: JsonObject): readonly Violation[] => [
  ...periodViolations(response, questionnaire),
  ...subjectViolations(response, questionnaire),
]

/** https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.effectivePeriod */
function periodViolations({ authored }: JsonObject, { effectivePeriod }: JsonObject): Violation[] {
  if (typeof effectivePeriod !== 'object' || effectivePeriod === null) return []
  const written = rangeOf(authored)
  if (!written) return []
  const { start, end } = effectivePeriod as JsonObject
  const [from, until] = [rangeOf(start), rangeOf(end)]
  const outsidePeriod = (which: string, bound: unknown): Violation =>
    warning('/authored', `{at} is \`${String(authored)}\`; the questionnaire is in use ${which} \`${String(bound)}\`.`)
  if (from && written.end <= from.start) return [outsidePeriod('from', start)]
  return until && written.start >= until.end ? [outsidePeriod('until', end)] : []
}

const rangeOf = (text: unknown) => (typeof text === 'string' ? dateRange(text, 'UTC') : undefined)

/** https://hl7.org/fhir/R4/questionnaire-definitions.html#Questionnaire.subjectType */
function subjectViolations({ subject }: JsonObject, { subjectType }: JsonObject): Violation[] {
  const types = Array.isArray(subjectType) ? subjectType.filter((one): one is string => typeof one === 'string') : []
  if (types.length === 0) return []
  const { reference, type } = (subject ?? {}) as JsonObject
  const given = typeof reference === 'string' ? typeOf(reference) : type
  if (typeof given !== 'string' || types.includes(given)) return []
  return [
    warning('/subject', `{at} is ${withArticle(given)}; the questionnaire is about a subject of type ${list(types)}.`),
  ]
}

function typeOf(reference: string): string | undefined {
  const parsed = parseReference(reference)
  return parsed?.kind === 'local' ? parsed.type : typeOfUrl(reference)
}
