/** `nwd validate FILE...`: the verdict of the hub on resources in files, folders or standard input. */
import { availableParallelism } from 'node:os'
import type { RuleSet } from '../validate/create-validator.ts'
import { createWorkerPool } from './validate/worker-pool.ts'
import type { Totals } from './validate/formats/format.ts'
import { FORMATS } from './validate/formats/index.ts'
import { createProgress } from './validate/progress.ts'
import { loadChecker, type CheckOptions } from './validate/options.ts'
import { findFiles, isStream } from './validate/sources.ts'
import { tasksOf } from './validate/tasks.ts'
import { verdictsInOrder } from './validate/in-order.ts'

export type ValidateCommandOptions = {
  /** Canonical urls of further profiles to check against. */
  readonly profile?: readonly string[]
  /** `hub` or `open`; default `hub`. */
  readonly rules?: string
  /** Folders of definitions in addition to the hub's own. */
  readonly definitions?: readonly string[]
  /** One of FORMATS; default `text`. */
  readonly format?: string
  /** Threads at most; default: one for each core, and one when there is a stream. */
  readonly threads?: number
}

/** The streams of the process, or of a test. */
export type Streams = {
  readonly input: AsyncIterable<Uint8Array>
  readonly out: { write(text: string): unknown }
  readonly err: { readonly isTTY?: boolean; write(text: string): unknown }
}

/**
 * Checks every resource of the files, folders (their .json and .ndjson files), patterns and standard input (`-`).
 * Issues go to `out`; the reason why it could not run goes to `err`. Returns the exit code: 0 all valid, 1 some invalid,
 * 2 could not run.
 */
export async function validateFiles(
  names: readonly string[],
  options: ValidateCommandOptions,
  streams: Streams,
): Promise<0 | 1 | 2> {
  try {
    const { invalid } = await validateAll(names, options, streams)
    return invalid > 0 ? 1 : 0
  } catch (fault) {
    streams.err.write(`${fault instanceof Error ? fault.message : String(fault)}\n`)
    return 2
  }
}

async function validateAll(
  names: readonly string[],
  options: ValidateCommandOptions,
  { input, out, err }: Streams,
): Promise<Totals> {
  const checkOptions: CheckOptions = {
    rules: rulesOf(options.rules),
    profiles: options.profile ?? [],
    definitions: options.definitions ?? [],
  }
  const format = formatOf(options.format)
  const files = await findFiles(names)
  const check = await loadChecker(checkOptions)
  const threads = options.threads ?? threadsFor(files)
  // With an explicit number of threads the pool starts at once.
  const due = options.threads === undefined ? performance.now() + ALONE : 0
  const startPool = () =>
    threads > 1 && performance.now() >= due ? createWorkerPool(checkOptions, threads) : undefined
  const progress = createProgress(err, () => performance.now())
  const totals = { valid: 0, invalid: 0 }
  out.write(format.begin())
  for await (const verdicts of verdictsInOrder(tasksOf(files, input), check, startPool)) {
    const text = verdicts.map((verdict) => format.verdict(verdict)).join('')
    for (const { valid } of verdicts) totals[valid ? 'valid' : 'invalid']++
    if (text !== '') {
      progress.clear()
      out.write(text)
    }
    progress.update(
      `${totals.valid + totals.invalid} checked, ${totals.invalid} invalid: ${verdicts.at(-1)?.file ?? ''}`,
    )
  }
  progress.clear()
  out.write(format.end(totals))
  return totals
}

/** How long this thread works alone (ms): starting a pool takes seconds. */
const ALONE = 2000

/** Each thread compiles the profiles in memory of its own, so a stream, which promises to need little, gets one thread. */
const threadsFor = (files: readonly string[]): number => (files.some(isStream) ? 1 : availableParallelism())

function rulesOf(text = 'hub'): RuleSet {
  if (text === 'hub' || text === 'open') return text
  throw new Error(`\`--rules\` is \`${text}\`; it must be \`hub\` or \`open\`.`)
}

function formatOf(name = 'text') {
  const format = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined
  if (format) return format()
  throw new Error(`\`--format\` is \`${name}\`; it must be one of ${Object.keys(FORMATS).join(', ')}.`)
}
