/** Are the answers of the hub valid R4? Its own validator says so, with R4 and the definitions that the hub publishes. */
import { loadDefinitions } from '../../server/definitions/load.ts'
import { isError } from '../../server/fhir/outcome.ts'
import { createValidator } from '../../server/validate/create-validator.ts'
import type { Validator } from '../../server/validate/validator.ts'

let validator: Promise<Validator> | undefined

/** Loaded with the first answer. */
const load = (): Promise<Validator> =>
  (validator ??= loadDefinitions('.').then((definitions) => createValidator(definitions, { rules: 'open' })))

/** What is wrong with an answer, a sentence for each error. */
export async function answerFaults(body: unknown): Promise<readonly string[]> {
  const issues = await (await load()).check(body)
  return issues.filter(isError).map(({ expression, text }) => `${expression ?? ''}: ${text}`)
}
