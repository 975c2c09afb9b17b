/**
 * Measures the validator with a folder of validator cases: `npm run conformance -- FOLDER [part of an id ...]`. Prints the
 * agreement with the recorded results and each disagreement. Exit code 0, 2 if the folder cannot be read. See
 * docs/conformance.md.
 */
import { parseJson } from '../server/fhir/json.ts'
import { isError, OutcomeError, type Issue } from '../server/fhir/outcome.ts'
import { createValidator } from '../server/validate/create-validator.ts'
import type { Validator } from '../server/validate/validator.ts'
import { casesIn, examplesIn, fileOf, readyFor, type Case, type Ready } from './conformance/cases.ts'
import { report, type Result } from './conformance/report.ts'

const validators = new Map<Ready['definitions'], Validator>()
const [folder, ...only] = process.argv.slice(2)
if (!folder) {
  console.error('Name the folder of the cases: `npm run conformance -- FOLDER`.')
  process.exitCode = 2
} else await run(folder)

async function run(folder: string): Promise<void> {
  const cases = casesIn(folder).filter(({ id }) => only.length === 0 || only.some((part) => id.includes(part)))
  const results: Result[] = []
  for (const one of cases) results.push(await resultOf(one, folder))
  console.log(report(results))
  if (only.length > 0) return
  const { validator } = await prepared({ supporting: [] }, folder)
  const examples = examplesIn(folder)
  const refused: string[] = []
  for (const { name, text } of examples) {
    const errors = (await issuesOf(text, validator)).filter(isError)
    if (errors.length > 0) refused.push(`  ${name}: ${errors.map((one) => one.text).join(' ')}`)
  }
  console.log(`\nexamples without error: ${examples.length - refused.length} of ${examples.length}`)
  for (const one of refused) console.log(one)
}

async function resultOf(one: Case, folder: string): Promise<Result> {
  const { validator, url, faults } = await prepared(one, folder)
  return { one, faults, issues: await issuesOf(fileOf(folder, one.file), validator, url) }
}

type PreparedCase = Ready & { readonly validator: Validator }

// Most cases need only R4: they share one validator.
async function prepared(one: Pick<Case, 'profile' | 'supporting'>, folder: string): Promise<PreparedCase> {
  const ready = await readyFor(one, folder)
  const cached = validators.get(ready.definitions)
  const validator = cached ?? createValidator(ready.definitions, { rules: 'open' })
  validators.set(ready.definitions, validator)
  return { ...ready, validator }
}

async function issuesOf(text: string, validator: Validator, url?: string): Promise<readonly Issue[]> {
  try {
    return await validator.check(parseJson(text).value, { profiles: url ? [url] : [] })
  } catch (fault) {
    if (fault instanceof OutcomeError) return fault.issues
    return [{ severity: 'fatal', detail: 'internal', text: String(fault instanceof Error ? fault.stack : fault) }]
  }
}
