/** `nwd validate FILE...`: the verdict of the hub on resources in files, folders or standard input. */
import { readFile, readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { text as readStream } from 'node:stream/consumers'
import { loadDefinitions } from '../definitions/load.ts'
import { parseJson } from '../fhir/json.ts'
import { isError, OutcomeError, type Issue } from '../fhir/outcome.ts'
import { createValidator, type Rules } from '../validate/create.ts'
import type { Validator } from '../validate/validator.ts'

export type Options = {
  /** Canonical urls of further profiles to check against. */
  readonly profile?: readonly string[]
  /** `hub` or `open`; default `hub`. */
  readonly rules?: string
  /** The folder that holds profiles, valuesets and capability. Default: the hub's own. */
  readonly definitions?: string
}

/** Where the answer goes. */
export type Output = { write(text: string): unknown }

const OWN = path.join(import.meta.dirname, '..', '..')

/**
 * Checks every file (every `.json` file of a folder; `-` is standard input) and prints `file: severity code
 * expression: text` for each issue, and a summary. Answers the exit code: 0 all valid, 1 some invalid, 2 could not run.
 */
export async function validateFiles(paths: readonly string[], options: Options, out: Output): Promise<0 | 1 | 2> {
  try {
    const rules = rulesOf(options.rules)
    const validator = createValidator(await loadDefinitions(options.definitions ?? OWN), { rules })
    const files = (await Promise.all(paths.map(filesOf))).flat()
    let invalid = 0
    for (const file of files) if (!(await isValid(file, validator, options, out))) invalid++
    out.write(`${files.length - invalid} valid, ${invalid} invalid\n`)
    return invalid > 0 ? 1 : 0
  } catch (fault) {
    out.write(`${fault instanceof Error ? fault.message : String(fault)}\n`)
    return 2
  }
}

function rulesOf(text = 'hub'): Rules {
  if (text === 'hub' || text === 'open') return text
  throw new Error(`\`--rules\` is \`${text}\`; it must be \`hub\` or \`open\`.`)
}

async function filesOf(name: string): Promise<readonly string[]> {
  if (name === '-') return [name]
  const found = await stat(name).catch(() => {
    throw new Error(`There is no file or folder \`${name}\`.`)
  })
  if (!found.isDirectory()) return [name]
  const entries = await readdir(name, { recursive: true })
  const files = entries.filter((entry) => entry.endsWith('.json')).sort()
  if (files.length === 0) throw new Error(`The folder \`${name}\` holds no .json file.`)
  return files.map((entry) => path.join(name, entry))
}

async function isValid(file: string, validator: Validator, options: Options, out: Output): Promise<boolean> {
  const text = file === '-' ? await readStream(process.stdin) : await readFile(file, 'utf8')
  const issues = await issuesIn(text, validator, options)
  for (const { severity, code, expression, text: said } of issues)
    out.write(`${file}: ${severity} ${code} ${expression ?? '-'}: ${said}\n`)
  return !issues.some(isError)
}

async function issuesIn(text: string, validator: Validator, options: Options): Promise<readonly Issue[]> {
  try {
    return await validator.check(parseJson(text).value, { profiles: options.profile })
  } catch (fault) {
    if (fault instanceof OutcomeError) return fault.issues
    throw fault
  }
}
