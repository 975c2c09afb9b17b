/**
 * Compares the validator with another one on mutants of samples and examples:
 * `npm run differential -- [--cases FOLDER] [--work FOLDER] [--seed N] [--count N] [--fixture FILE] -- COMMAND ...`, or with
 * `--definitions FOLDER --seeds FOLDER` on the examples of an implementation guide.
 * Exit code 0, 1 when they agree on less than 98 of 100 faults, 2 when it could not run. See docs/conformance.md.
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
import { mutantsOf, type Wanted } from './differential/generate.ts'
import { verdictsOf, type Judging, type Said } from './differential/judge.ts'
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

/** Both validators: this one, and how the other is asked. */
type Two = { readonly validator: Validator; readonly judging: Judging }

try {
  await run()
} catch (fault) {
  console.error(fault instanceof Error ? fault.message : fault)
  process.exitCode = 2
}

async function run(): Promise<void> {
  const { values: options, positionals: command } = parseArgs({ allowPositionals: true, options: OPTIONS })
  const [number, count] = [options.seed, options.count].map(wholeNumber) as [number, number]
  const additional = (await Promise.all(options.definitions.map(readPackages))).flat()
  const definitions = await loadDefinitions(ROOT, { additional })
  const judging: Judging = { folder: path.resolve(options.work), command, progress }
  const two: Two = { validator: validatorOver(definitions), judging }
  const seeds = options.seeds === undefined ? seedsIn(ROOT, options.cases) : seedsOf(options.seeds)
  const wanted = { number, count, definitions, isOfGuide: options.seeds !== undefined }
  const compared = await compare(await soundSeeds(seeds, two), wanted, two)
  console.log(report(compared))
  if (options.fixture) writeFileSync(options.fixture, fixtureOf(compared, seedsIn(ROOT)))
  process.exitCode = agreement(compared.filter(isFault)) >= AGREED_ENOUGH ? 0 : 1
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text))
    throw new Error(`\`${text}\` is no whole number. Give \`--seed\` and \`--count\` one each.`)
  return Number(text)
}

function progress(done: number, all: number): void {
  if (done % 250 === 0 || done === all) console.error(`  asked ${done} of ${all}`)
}

/** A mutant of what is invalid to begin with says nothing: such seeds are told, and left out. */
async function soundSeeds(seeds: readonly Seed[], { validator, judging }: Two): Promise<readonly Seed[]> {
  const said = await verdictsOf(seeds.map(textOf), judging)
  const sound: Seed[] = []
  for (const seed of seeds) {
    const ours = (await issuesOf(textOf(seed), validator)).filter(isError)
    const theirs = said.get(textOf(seed))
    if (ours.length === 0 && theirs?.valid === true) sound.push(seed)
    else if (theirs) tellUnsound(seed, ours, theirs.issues.filter(refuses))
  }
  if (sound.length === 0) throw new Error('There is no seed that both take for valid. Name the command that judges.')
  console.log(`\n${sound.length} of ${seeds.length} seeds\n`)
  return sound
}

function tellUnsound({ name }: Seed, ours: readonly Issue[], theirs: readonly Said[]): void {
  const who =
    ours.length === 0 ? 'the other refuses it' : theirs.length === 0 ? 'only here is it refused' : 'each refuses it'
  console.log(`${name} is no seed; ${who}:`)
  for (const { expression, text } of ours.slice(0, 2)) console.log(`  here: ${expression ?? '-'}: ${text}`)
  for (const one of theirs.slice(0, 2)) console.log(`  other: ${one.path ?? '-'}: ${one.message}`)
}

async function compare(
  seeds: readonly Seed[],
  wanted: Wanted,
  { validator, judging }: Two,
): Promise<readonly Compared[]> {
  const mutants = mutantsOf(seeds, wanted)
  const said = await verdictsOf(mutants.map(textOf), judging)
  const compared: Compared[] = []
  for (const mutant of mutants) {
    const theirs = said.get(textOf(mutant))
    if (theirs) compared.push({ mutant, theirs, ours: await issuesOf(textOf(mutant), validator) })
  }
  console.log(`${mutants.length} mutants (seed ${wanted.number}), ${compared.length} of them judged by both\n`)
  return compared
}

/** What is right is found out in two ways, which must not differ. */
function validatorOver(definitions: Definitions): Validator {
  const [quick, slow] = [true, false].map((isQuick) => createValidator(definitions, { rules: 'open', isQuick })) as [
    Validator,
    Validator,
  ]
  return {
    async check(resource, ask) {
      const issues = await quick.check(resource, ask)
      if (!isDeepStrictEqual(issues, await slow.check(resource, ask)))
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
