/** Questionnaires and responses for tests, and tables of the expected issues. */
import type { JsonObject } from '../../server/fhir/types.ts'
import assert from 'node:assert/strict'
import { summaries, validatorOf } from './validator-of.ts'

export const URL = 'https://state.example/fhir/Questionnaire/q'
const SETS = [
  { resourceType: 'CodeSystem', url: 'urn:x', content: 'complete', concept: ['a', 'b', 'c'].map((code) => ({ code })) },
  { resourceType: 'ValueSet', url: 'urn:set', compose: { include: [{ system: 'urn:x', concept: [{ code: 'a' }] }] } },
]
const CONTAINED = { resourceType: 'ValueSet', id: 'in', compose: { include: [{ valueSet: ['urn:set'] }] } }

export const questionItem = (type: string, more: JsonObject = {}, linkId = 'q'): JsonObject => ({
  linkId,
  type,
  ...more,
})
export const group = (linkId: string, item: readonly JsonObject[], more: JsonObject = {}): JsonObject => ({
  linkId,
  type: 'group',
  item,
  ...more,
})
export const answerItem = (linkId: string, ...answer: readonly JsonObject[]): JsonObject => ({ linkId, answer })
export const text = (valueString: string): JsonObject => ({ valueString })
export const int = (valueInteger: number): JsonObject => ({ valueInteger })
export const yes = (valueBoolean: boolean): JsonObject => ({ valueBoolean })
export const code = (one: string, system: string | undefined = 'urn:x'): JsonObject => ({
  valueCoding: { system, code: one },
})
export const extension = (...pairs: readonly (readonly [string, JsonObject])[]): JsonObject => ({
  extension: pairs.map(([url, value]) => ({
    url: url.includes(':') ? url : `http://hl7.org/fhir/StructureDefinition/${url}`,
    ...value,
  })),
})
export const at = (path: string): string => `questionnaire-mismatch QuestionnaireResponse${path}`
export const VALUE = (type: string): string => at(`.item[0].answer[0].value.ofType(${type})`)
export const ANSWER = at('.item[0].answer[0]')
export const warn = (one: string): string => `warning ${one}`

export type QuestionnaireCase = readonly [
  title: string,
  questions: readonly JsonObject[],
  items: readonly JsonObject[],
  ...expected: string[],
]

export function km(value: number): JsonObject {
  return { value, system: 'http://unitsofmeasure.org', code: 'km' }
}
export function metre(value: number): JsonObject {
  return { value, system: 'http://unitsofmeasure.org', code: 'm' }
}
export const form = (item: readonly JsonObject[], more: JsonObject = {}): JsonObject => ({
  resourceType: 'Questionnaire',
  url: URL,
  status: 'active',
  contained: [CONTAINED],
  item,
  ...more,
})
export const responseTo = (item: readonly JsonObject[], more: JsonObject = {}): JsonObject => ({
  resourceType: 'QuestionnaireResponse',
  status: 'completed',
  questionnaire: URL,
  ...(item.length > 0 ? { item } : {}),
  ...more,
})
export const checkResponse = async (
  definitions: readonly JsonObject[],
  response: JsonObject,
): Promise<readonly string[]> => summaries(await validatorOf([...SETS, ...definitions] as never).check(response))

/** A test for each case; all questionnaires are defined at once, each under a url of its own. */
export function sections(all: Readonly<Record<string, readonly QuestionnaireCase[]>>): void {
  const urls = new Map(
    Object.values(all)
      .flat()
      .map((one, index) => [one, `${URL}/${index}`]),
  )
  const forms = [...urls].map(([[, questions], url]) => form(questions, { url }))
  const validator = validatorOf([...SETS, ...forms] as never)
  for (const [section, cases] of Object.entries(all)) {
    describe(section.toLowerCase(), () => {
      for (const one of cases) {
        const [title, , items, ...expected] = one
        it(`${expected.length > 0 ? 'reports' : 'lets pass'} ${title}`, async () => {
          const response = responseTo(items, { questionnaire: urls.get(one) })
          assert.deepEqual(summaries(await validator.check(response)), [...expected].sort())
        })
      }
    })
  }
}
