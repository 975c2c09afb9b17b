/**
 * Microseconds of processor time per check on one thread, compared with two other validators in the same run. Each check
 * gets an object that was parsed for it, outside the measured time; the rounds alternate, and the median counts.
 */
import { readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import type { Definitions } from '../server/definitions/definitions.ts'
import { loadDefinitions } from '../server/definitions/load.ts'
import { profileUrl } from '../server/fhir/canonical.ts'
import { createValidator, type RuleSet } from '../server/validate/create-validator.ts'
import { medplum } from './medplum.ts'
import { contendersFor, NAMES, type Contender, type Name } from './validators.ts'

const ROOT = path.join(import.meta.dirname, '..')
const ROUNDS = 21
const CHECKS: Readonly<Record<Name, number>> = { ours: 360, Medplum: 18, 'plain ajv': 720 }
/** Calls before the measurement, as in a process that has been running for some time. */
const WARMING: Readonly<Record<Name, number>> = { ours: 7200, Medplum: 360, 'plain ajv': 14400 }

/** The targets: times the speed of Medplum, share of the speed of plain ajv. */
const TARGETS = { Medplum: 10, 'plain ajv': 0.25 }

const CASES = [
  { type: 'Patient', samples: 'participant', profile: 'hub-participant' },
  { type: 'ServiceRequest', samples: 'referral', profile: 'hub-referral' },
  { type: 'Task', samples: 'referral-task', profile: 'hub-referral-task' },
  { type: 'QuestionnaireResponse', samples: 'assessment-response', profile: 'hub-assessment-response' },
] as const

/** A sample of every folder that all three refuse. */
const REFUSED = 'invalid-element-unknown.json'

type JsonObject = Record<string, unknown>
type Run = { readonly name: string; readonly texts: readonly string[]; readonly refused: number; readonly url?: string }

export async function benchValidate(): Promise<void> {
  const definitions = await loadDefinitions(ROOT)
  const other = await medplum(definitions)
  console.log(
    `validate: one thread, µs of processor time per check, median of ${ROUNDS} rounds; the ratios compare speeds`,
  )
  let all = true
  for (const one of CASES) {
    for (const run of await runsOf(one, definitions)) {
      const contenders = contendersFor({ type: one.type, profile: run.url }, definitions, other)
      const times = await compare(contenders, run)
      const held = report(run.name, times, run.refused === 0)
      all &&= held
    }
  }
  console.log(
    `  ${all ? 'every target is met' : 'NOT every target is met'}: ${targets()}; the mixed rounds have no target`,
  )
}

const targets = (): string => `${TARGETS.Medplum} times Medplum, ${TARGETS['plain ajv']} of plain ajv`

async function runsOf(
  { type, samples, profile }: (typeof CASES)[number],
  definitions: Definitions,
): Promise<readonly Run[]> {
  const folder = path.join(ROOT, 'samples', samples)
  const read = (file: string): string => readFileSync(path.join(folder, file), 'utf8')
  const valid = readdirSync(folder)
    .filter((file) => /^valid-.*\.json$/.test(file))
    .map(read)
  const bare = valid.map(withoutClaims)
  const url = profileUrl(profile)
  return [
    { name: `${type}, R4`, texts: await silent(bare, 'open', definitions), refused: 0 },
    { name: `${type}, ${profile}`, texts: await silent(valid, 'hub', definitions), refused: 0, url },
    { name: `${type}, warnings and a refusal`, texts: [...valid, read(REFUSED)], refused: 1, url },
  ]
}

/** Those without issues: the two other validators do not report warnings. */
async function silent(texts: readonly string[], rules: RuleSet, definitions: Definitions): Promise<readonly string[]> {
  const { check } = createValidator(definitions, { rules })
  const found = await Promise.all(texts.map((text) => check(JSON.parse(text))))
  return texts.filter((_, index) => found[index]?.length === 0)
}

// For the base definition only: a claim would require its profile.
function withoutClaims(text: string): string {
  const resource = JSON.parse(text) as JsonObject
  const { profile: _, ...meta } = (resource.meta ?? {}) as JsonObject
  const { meta: __, ...rest } = resource
  return JSON.stringify(Object.keys(meta).length > 0 ? { ...rest, meta } : rest)
}

type Times = Readonly<Record<Name, number>>

async function compare(contenders: Readonly<Record<Name, Contender>>, run: Run): Promise<Times> {
  const times: Record<Name, number[]> = { ours: [], Medplum: [], 'plain ajv': [] }
  for (const name of NAMES) await measure(contenders[name], run, { name, checks: WARMING[name] })
  for (let round = 0; round < ROUNDS; round += 1)
    for (const name of NAMES) times[name].push(await measure(contenders[name], run, { name, checks: CHECKS[name] }))
  return { ours: median(times.ours), Medplum: median(times.Medplum), 'plain ajv': median(times['plain ajv']) }
}

/** A wrong result ends the benchmark: skipping checks is fast. */
async function measure(contender: Contender, run: Run, { name, checks }: { name: Name; checks: number }) {
  const copies = Math.ceil(checks / run.texts.length)
  const pool = Array.from({ length: copies }, () => run.texts.map((text) => JSON.parse(text) as unknown)).flat()
  // Processor time, because elapsed time includes the load of other processes.
  const begun = process.cpuUsage()
  const refused = await contender(pool)
  const { user, system } = process.cpuUsage(begun)
  if (refused !== run.refused * copies)
    throw new Error(`${run.name}: ${name} refuses ${refused} of ${pool.length}, not ${run.refused * copies}.`)
  return (user + system) / pool.length
}

const median = (values: readonly number[]): number =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN

/** Returns whether the targets are met, if there are any. */
function report(name: string, times: Times, hasTargets: boolean): boolean {
  const shown = NAMES.map((one) => `${one} ${times[one].toFixed(1).padStart(6)}`).join('  ')
  const speedup = { Medplum: times.Medplum / times.ours, 'plain ajv': times['plain ajv'] / times.ours }
  const held = !hasTargets || (speedup.Medplum >= TARGETS.Medplum && speedup['plain ajv'] >= TARGETS['plain ajv'])
  const ratios = `${speedup.Medplum.toFixed(0).padStart(4)} x Medplum  ${speedup['plain ajv'].toFixed(2)} of plain ajv`
  console.log(`  ${name.padEnd(48)}${shown}  ${ratios}${held ? '' : '  (below the target)'}`)
  return held
}
