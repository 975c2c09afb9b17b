/** `nwd validate FILE...`: the verdict of the hub on resources in files, folders or standard input. */
import { availableParallelism } from 'node:os'
import type { Rules } from '../validate/create.ts'
import { createCrew } from './validate/crew.ts'
import type { Totals } from './validate/formats/format.ts'
import { FORMATS } from './validate/formats/index.ts'
import { createProgress } from './validate/progress.ts'
import { judgeFor, type Setting } from './validate/setting.ts'
import { findFiles, isStream } from './validate/sources.ts'
import { tasksOf } from './validate/tasks.ts'
import { verdictsOf } from './validate/verdicts.ts'

export type Options = {
  /** Canonical urls of further profiles to check against. */
  readonly profile?: readonly string[]
  /** `hub` or `open`; default `hub`. */
  readonly rules?: string
  /** Folders of definitions besides the hub's own. */
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
 * What is found goes to `out`, why it could not run to `err`. Answers the exit code: 0 all valid, 1 some invalid,
 * 2 could not run.
 */
export async function validateFiles(names: readonly string[], options: Options, streams: Streams): Promise<0 | 1 | 2> {
  try {
    const { invalid } = await validateAll(names, options, streams)
    return invalid > 0 ? 1 : 0
  } catch (fault) {
    streams.err.write(`${fault instanceof Error ? fault.message : String(fault)}\n`)
    return 2
  }
}

async function validateAll(names: readonly string[], options: Options, { input, out, err }: Streams): Promise<Totals> {
  const setting: Setting = {
    rules: rulesOf(options.rules),
    profiles: options.profile ?? [],
    definitions: options.definitions ?? [],
  }
  const format = formatOf(options.format)
  const files = await findFiles(names)
  const judge = await judgeFor(setting)
  const threads = options.threads ?? threadsFor(files)
  // Whoever names a number of threads gets them at once.
  const due = options.threads === undefined ? performance.now() + ALONE : 0
  const startCrew = () => (threads > 1 && performance.now() >= due ? createCrew(setting, threads) : undefined)
  const progress = createProgress(err, () => performance.now())
  const totals = { valid: 0, invalid: 0 }
  out.write(format.begin())
  for await (const verdicts of verdictsOf(tasksOf(files, input), judge, startCrew)) {
    const said = verdicts.map((verdict) => format.verdict(verdict)).join('')
    for (const { valid } of verdicts) totals[valid ? 'valid' : 'invalid']++
    if (said !== '') {
      progress.clear()
      out.write(said)
    }
    progress.tell(`${totals.valid + totals.invalid} checked, ${totals.invalid} invalid: ${verdicts.at(-1)?.file ?? ''}`)
  }
  progress.clear()
  out.write(format.end(totals))
  return totals
}

/** How long this thread does it alone (ms): other threads need seconds to be of use. */
const ALONE = 2000

/** Each thread compiles the profiles for itself, in memory of its own: streams are promised to need little. */
const threadsFor = (files: readonly string[]): number => (files.some(isStream) ? 1 : availableParallelism())

function rulesOf(text = 'hub'): Rules {
  if (text === 'hub' || text === 'open') return text
  throw new Error(`\`--rules\` is \`${text}\`; it must be \`hub\` or \`open\`.`)
}

function formatOf(name = 'text') {
  const format = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined
  if (format) return format()
  throw new Error(`\`--format\` is \`${name}\`; it must be one of ${Object.keys(FORMATS).join(', ')}.`)
}
