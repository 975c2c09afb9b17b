/**
 * Compares the validator with another one on mutants of samples and examples:
 * `npm run differential -- [--cases FOLDER] [--work FOLDER] [--seed N] [--count N] [--any-extensions] [--fixture FILE] -- COMMAND ...`.
 * Exit code 0, 1 when they agree on less than 98 of 100, 2 when it could not run. See docs/conformance.md.
 */
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { loadDefinitions } from '../server/definitions/load.ts'
import { parseJson } from '../server/fhir/json.ts'
import { isError, OutcomeError, type Issue } from '../server/fhir/outcome.ts'
import { createValidator } from '../server/validate/create.ts'
import { fixtureOf } from './differential/fixture.ts'
import { mutantsOf, type Mutant } from './differential/generate.ts'
import { verdictsOf, type Judging } from './differential/judge.ts'
import { agreement, AGREED_ENOUGH, refuses, report, withAnyExtension, type Compared } from './differential/report.ts'
import { seedsIn, type Seed } from './differential/seeds.ts'

const ROOT = path.join(import.meta.dirname, '..')

const { values: options, positionals: command } = parseArgs({
  allowPositionals: true,
  options: {
    cases: { type: 'string' },
    work: { type: 'string', default: path.join(tmpdir(), 'nwd-differential') },
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '7200' },
    fixture: { type: 'string' },
    // The other lets extensions pass that it does not know, so the exit code does not count them.
    'any-extensions': { type: 'boolean', default: false },
  },
})
const definitions = await loadDefinitions(ROOT)
const validator = createValidator(definitions, { rules: 'open' })
const judging: Judging = {
  folder: path.resolve(options.work),
  command,
  progress: (done, all) => {
    if (done % 250 === 0 || done === all) console.error(`  asked ${done} of ${all}`)
  },
}

try {
  const compared = await compare(await soundSeeds(seedsIn(ROOT, options.cases)))
  console.log(report(compared))
  if (options.fixture) writeFileSync(options.fixture, fixtureOf(compared, seedsIn(ROOT)))
  const same = options['any-extensions'] ? compared.map(withAnyExtension) : compared
  process.exitCode = agreement(same) >= AGREED_ENOUGH ? 0 : 1
} catch (fault) {
  console.error(fault instanceof Error ? fault.message : fault)
  process.exitCode = 2
}

/** A mutant of what is invalid to begin with says nothing: such seeds are told, and left out. */
async function soundSeeds(seeds: readonly Seed[]): Promise<readonly Seed[]> {
  const said = await verdictsOf(seeds.map(textOf), judging)
  const sound: Seed[] = []
  for (const seed of seeds) {
    const theirs = said.get(textOf(seed))
    const ours = (await issuesOf(textOf(seed))).filter(isError)
    if (ours.length === 0 && theirs?.valid === true) sound.push(seed)
    else {
      console.log(
        `${seed.name} is no seed; ${ours.length === 0 ? 'the other' : theirs?.valid ? 'this' : 'each'} refuses it:`,
      )
      for (const { expression, text } of ours.slice(0, 2)) console.log(`  here: ${expression ?? '-'}: ${text}`)
      for (const one of (theirs?.issues ?? []).filter(refuses).slice(0, 2))
        console.log(`  other: ${one.path ?? '-'}: ${one.message}`)
    }
  }
  console.log(`\n${sound.length} of ${seeds.length} seeds\n`)
  return sound
}

async function compare(seeds: readonly Seed[]): Promise<readonly Compared[]> {
  const wanted = { number: Number(options.seed), count: Number(options.count), definitions }
  const mutants: readonly Mutant[] = mutantsOf(seeds, wanted)
  const said = await verdictsOf(mutants.map(textOf), judging)
  const compared: Compared[] = []
  for (const mutant of mutants) {
    const theirs = said.get(textOf(mutant))
    if (theirs) compared.push({ mutant, theirs, ours: await issuesOf(textOf(mutant)) })
  }
  console.log(`${mutants.length} mutants (seed ${options.seed}), ${compared.length} of them judged by both\n`)
  return compared
}

function textOf({ resource }: Pick<Seed, 'resource'>): string {
  return JSON.stringify(resource)
}

async function issuesOf(text: string): Promise<readonly Issue[]> {
  try {
    return await validator.check(parseJson(text).value)
  } catch (fault) {
    if (fault instanceof OutcomeError) return fault.issues
    throw fault
  }
}
