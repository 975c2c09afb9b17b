/**
 * The other validator: a command that reads a line of JSON for each resource, `{"file": path, "profiles": []}`, and
 * writes one for each, `{"file": path, "valid": true, "issues": [{"severity", "path", "id", "message"}]}` or
 * `{"file": path, "failed": reason}`. What it said is kept, by the text that it was asked about, and not asked again.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'

export type Said = {
  readonly severity: string
  readonly path?: string | null
  readonly id?: string | null
  readonly message: string
}

/** What could not be read is not valid. */
export type Verdict = { readonly valid: boolean; readonly issues: readonly Said[] }

export type Judging = {
  /** Where the resources and the verdicts are kept. */
  readonly folder: string
  /** Program and arguments; none: only what was said before. */
  readonly command: readonly string[]
  readonly progress?: (done: number, all: number) => void
}

/** Verdicts by text; none for what the command did not answer. Throws Error when it ends with another code than 0. */
export async function verdictsOf(texts: readonly string[], judging: Judging): Promise<ReadonlyMap<string, Verdict>> {
  const { folder, command, progress } = judging
  mkdirSync(path.join(folder, 'resources'), { recursive: true })
  const kept = path.join(folder, 'verdicts.jsonl')
  const known = existsSync(kept) ? readKept(readFileSync(kept, 'utf8')) : new Map<string, Verdict>()
  const asked = [...new Set(texts)].filter((text) => !known.has(keyOf(text)))
  if (asked.length > 0 && command.length > 0) {
    let done = 0
    await ask(asked, judging, (key, verdict) => {
      known.set(key, verdict)
      appendFileSync(kept, `${JSON.stringify({ key, ...verdict })}\n`)
      progress?.(++done, asked.length)
    })
  }
  return new Map(
    texts.flatMap((text) => {
      const verdict = known.get(keyOf(text))
      return verdict ? [[text, verdict] as const] : []
    }),
  )
}

const keyOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 24)

function readKept(text: string): Map<string, Verdict> {
  const lines = text.split('\n').filter((line) => line.endsWith('}'))
  return new Map(
    lines.map((line) => {
      const { key, valid, issues } = JSON.parse(line) as Verdict & { key: string }
      return [key, { valid, issues }]
    }),
  )
}

type Answer = { readonly file: string; readonly failed?: string } & Partial<Verdict>

async function ask(texts: readonly string[], { folder, command }: Judging, hear: (key: string, said: Verdict) => void) {
  const [program = '', ...args] = command
  const judge = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] })
  const ended = new Promise<number | null>((resolve, reject) => judge.on('error', reject).on('close', resolve))
  ended.catch(() => undefined)
  // A command that ends early is told by its code, not by the broken pipe.
  judge.stdin.on('error', () => undefined)
  for (const text of texts) {
    const file = path.join(folder, 'resources', `${keyOf(text)}.json`)
    writeFileSync(file, text)
    judge.stdin.write(`${JSON.stringify({ file, profiles: [] })}\n`)
  }
  judge.stdin.end()
  for await (const line of createInterface({ input: judge.stdout })) {
    if (!line.startsWith('{')) continue
    const { file, failed, valid = false, issues = [] } = JSON.parse(line) as Answer
    const said = failed === undefined ? issues : [{ severity: 'fatal', id: 'failed', message: failed }]
    hear(path.basename(file, '.json'), { valid: failed === undefined && valid, issues: said })
  }
  const code = await ended
  if (code !== 0) throw new Error(`\`${program}\` ended with exit code ${String(code)}.`)
}
