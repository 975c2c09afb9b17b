/**
 * Compares the validator with another one on mutants of samples and examples:
 * `npm run differential -- [--cases FOLDER] [--work FOLDER] [--seed N] [--count N] [--fixture FILE] -- COMMAND ...`, or with
 * `--definitions FOLDER --seeds FOLDER` on the examples of an implementation guide.
 * Exit code 0, 1 if they agree on less than 98 of 100 faults, 2 if it could not run. See docs/conformance.md.
 */
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { isDeepStrictEqual, parseArgs } from 'node:util'
import { readPackages } from '../server/definitions/packages.ts'
import { loadDefinitions } from '../server/definitions/load.ts'
import type { Definitions } from '../server/definitions/definitions.ts'
import { parseJson } from '../server/fhir/json.ts'
import { isError, OutcomeError, type Issue } from '../server/fhir/outcome.ts'
import { createValidator } from '../server/validate/create-validator.ts'
import type { Validator } from '../server/validate/validator.ts'
import { fixtureOf } from './differential/fixture.ts'
import { mutantsOf, type MutantOptions } from './differential/generate.ts'
import { resultsOf, type OtherValidator, type OtherIssue } from './differential/other-validator.ts'
import { agreement, AGREED_ENOUGH, isFault, refuses, report, type Compared } from './differential/report.ts'
import { seedsIn, seedsOf, type Seed } from './differential/seeds.ts'

const ROOT = path.join(import.meta.dirname, '..')

const OPTIONS = {
  cases: { type: 'string' },
  work: { type: 'string', default: path.join(tmpdir(), 'nwd-differential') },
  seed: { type: 'string', default: '1' },
  count: { type: 'string', default: '7200' },
  fixture: { type: 'string' },
  definitions: { type: 'string', multiple: true, default: [] as string[] },
  seeds: { type: 'string' },
} as const

/** Both validators: this one, and the other with its command. */
type Validators = { readonly validator: Validator; readonly other: OtherValidator }

try {
  await run()
} catch (fault) {
  console.error(fault instanceof Error ? fault.message : fault)
  process.exitCode = 2
}

async function run(): Promise<void> {
  const { values: args, positionals: command } = parseArgs({ allowPositionals: true, options: OPTIONS })
  const [number, count] = [args.seed, args.count].map(wholeNumber) as [number, number]
  const additional = (await Promise.all(args.definitions.map(readPackages))).flat()
  const definitions = await loadDefinitions(ROOT, { additional })
  const other: OtherValidator = { folder: path.resolve(args.work), command, progress }
  const validators: Validators = { validator: validatorOver(definitions), other }
  const seeds = args.seeds === undefined ? seedsIn(ROOT, args.cases) : seedsOf(args.seeds)
  const options = { number, count, definitions, isOfGuide: args.seeds !== undefined }
  const compared = await compare(await soundSeeds(seeds, validators), options, validators)
  console.log(report(compared))
  if (args.fixture) writeFileSync(args.fixture, fixtureOf(compared, seedsIn(ROOT)))
  process.exitCode = agreement(compared.filter(isFault)) >= AGREED_ENOUGH ? 0 : 1
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text))
    throw new Error(`\`${text}\` is not a whole number. Give \`--seed\` and \`--count\` one each.`)
  return Number(text)
}

function progress(done: number, all: number): void {
  if (done % 250 === 0 || done === all) console.error(`  validated ${done} of ${all} with the other validator`)
}

/** A mutant of an invalid resource proves nothing: such seeds are printed, and left out. */
async function soundSeeds(seeds: readonly Seed[], { validator, other }: Validators): Promise<readonly Seed[]> {
  const results = await resultsOf(seeds.map(textOf), other)
  const sound: Seed[] = []
  for (const seed of seeds) {
    const ours = (await issuesOf(textOf(seed), validator)).filter(isError)
    const theirs = results.get(textOf(seed))
    if (ours.length === 0 && theirs?.valid === true) sound.push(seed)
    else if (theirs) printUnsound(seed, ours, theirs.issues.filter(refuses))
  }
  if (sound.length === 0)
    throw new Error('There is no seed that both validators accept. Name the command of the other validator.')
  console.log(`\n${sound.length} of ${seeds.length} seeds\n`)
  return sound
}

function printUnsound({ name }: Seed, ours: readonly Issue[], theirs: readonly OtherIssue[]): void {
  const who =
    ours.length === 0 ? 'the other refuses it' : theirs.length === 0 ? 'only this one refuses it' : 'both refuse it'
  console.log(`${name} is not a seed; ${who}:`)
  for (const { expression, text } of ours.slice(0, 2)) console.log(`  here: ${expression ?? '-'}: ${text}`)
  for (const one of theirs.slice(0, 2)) console.log(`  other: ${one.path ?? '-'}: ${one.message}`)
}

async function compare(
  seeds: readonly Seed[],
  options: MutantOptions,
  { validator, other }: Validators,
): Promise<readonly Compared[]> {
  const mutants = mutantsOf(seeds, options)
  const results = await resultsOf(mutants.map(textOf), other)
  const compared: Compared[] = []
  for (const mutant of mutants) {
    const theirs = results.get(textOf(mutant))
    if (theirs) compared.push({ mutant, theirs, ours: await issuesOf(textOf(mutant), validator) })
  }
  console.log(`${mutants.length} mutants (seed ${options.number}), ${compared.length} of them validated by both\n`)
  return compared
}

/** Validates with and without the quick pass, which must not differ. */
function validatorOver(definitions: Definitions): Validator {
  const [quick, slow] = [true, false].map((isQuick) => createValidator(definitions, { rules: 'open', isQuick })) as [
    Validator,
    Validator,
  ]
  return {
    async check(resource, options) {
      const issues = await quick.check(resource, options)
      if (!isDeepStrictEqual(issues, await slow.check(resource, options)))
        console.error(`The quick pass and the schemas differ: ${JSON.stringify(resource)}`)
      return issues
    },
  }
}

function textOf({ resource }: Pick<Seed, 'resource'>): string {
  return JSON.stringify(resource)
}

async function issuesOf(text: string, validator: Validator): Promise<readonly Issue[]> {
  try {
    return await validator.check(parseJson(text).value)
  } catch (fault) {
    if (fault instanceof OutcomeError) return fault.issues
    throw fault
  }
}
