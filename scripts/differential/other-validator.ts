/**
 * The other validator: a command that reads a line of JSON for each resource, `{"file": path, "profiles": []}`, and
 * writes one for each, `{"file": path, "valid": true, "issues": [{"severity", "path", "id", "message"}]}` or
 * `{"file": path, "failed": reason}`. Its results are stored by the text of the resource, so that no resource is sent twice.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'

export type OtherIssue = {
  readonly severity: string
  readonly path?: string | null
  readonly id?: string | null
  readonly message: string
}

/** A resource that could not be read is not valid. */
export type OtherResult = { readonly valid: boolean; readonly issues: readonly OtherIssue[] }

export type OtherValidator = {
  /** Where the resources and the results are stored. */
  readonly folder: string
  /** Program and arguments; none: only the stored results. */
  readonly command: readonly string[]
  readonly progress?: (done: number, all: number) => void
}

/** Results by text; none for a resource that the command did not answer. Throws Error when it ends with a code other than 0. */
export async function resultsOf(
  texts: readonly string[],
  other: OtherValidator,
): Promise<ReadonlyMap<string, OtherResult>> {
  const { folder, command, progress } = other
  mkdirSync(path.join(folder, 'resources'), { recursive: true })
  const file = path.join(folder, 'verdicts.jsonl')
  const stored = existsSync(file) ? readStored(readFileSync(file, 'utf8')) : new Map<string, OtherResult>()
  const missing = [...new Set(texts)].filter((text) => !stored.has(keyOf(text)))
  if (missing.length > 0 && command.length > 0) {
    let done = 0
    await run(missing, other, (key, result) => {
      stored.set(key, result)
      appendFileSync(file, `${JSON.stringify({ key, ...result })}\n`)
      progress?.(++done, missing.length)
    })
  }
  return new Map(
    texts.flatMap((text) => {
      const result = stored.get(keyOf(text))
      return result ? [[text, result] as const] : []
    }),
  )
}

const keyOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 24)

function readStored(text: string): Map<string, OtherResult> {
  const lines = text.split('\n').filter((line) => line.endsWith('}'))
  return new Map(
    lines.map((line) => {
      const { key, valid, issues } = JSON.parse(line) as OtherResult & { key: string }
      return [key, { valid, issues }]
    }),
  )
}

type Answer = { readonly file: string; readonly failed?: string } & Partial<OtherResult>

async function run(
  texts: readonly string[],
  { folder, command }: OtherValidator,
  onResult: (key: string, found: OtherResult) => void,
) {
  const [program = '', ...args] = command
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] })
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  ended.catch(() => undefined)
  // A command that ends early is reported by its exit code, not by the broken pipe.
  child.stdin.on('error', () => undefined)
  for (const text of texts) {
    const file = path.join(folder, 'resources', `${keyOf(text)}.json`)
    writeFileSync(file, text)
    child.stdin.write(`${JSON.stringify({ file, profiles: [] })}\n`)
  }
  child.stdin.end()
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('{')) continue
    const { file, failed, valid = false, issues = [] } = JSON.parse(line) as Answer
    const found = failed === undefined ? issues : [{ severity: 'fatal', id: 'failed', message: failed }]
    onResult(path.basename(file, '.json'), { valid: failed === undefined && valid, issues: found })
  }
  const code = await ended
  if (code !== 0) throw new Error(`\`${program}\` ended with exit code ${String(code)}.`)
}
