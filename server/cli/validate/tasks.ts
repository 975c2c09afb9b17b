/** Cuts the work into tasks of a convenient size: a few files, or a run of lines of an NDJSON file, read as a stream. */
import { createReadStream } from 'node:fs'
import { isStream, STDIN } from './sources.ts'

/** Files to read whole, or text that is already read. */
export type Task =
  | { readonly files: readonly string[] }
  | {
      readonly file: string
      readonly bytes: Uint8Array<ArrayBuffer>
      /** The line on which it begins; absent: it is one whole document. */
      readonly line?: number
    }

/** Bytes of lines that are checked as one task: enough to be worth sending to another thread. */
const RUN = 256 * 1024
const FILES = 16
/** A text can hardly be longer; a line never should be. */
const LONGEST = 256 * 1024 * 1024
const LINE_FEED = 10

/** Throws Error (one sentence) for a line that is too long, and what the file system throws. */
export async function* tasksOf(files: readonly string[], input: AsyncIterable<Uint8Array>): AsyncGenerator<Task> {
  let few: string[] = []
  for (const file of files) {
    const streamed = isStream(file)
    if (!streamed) few.push(file)
    if (few.length > 0 && (streamed || few.length === FILES)) {
      yield { files: few }
      few = []
    }
    if (file === STDIN) yield* inputTasks(input)
    else if (streamed) yield* lineTasks(file, createReadStream(file, { highWaterMark: RUN }))
  }
  if (few.length > 0) yield { files: few }
}

/** Whole lines, about RUN bytes at a time; the last may lack its line feed. */
async function* lineTasks(file: string, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Task> {
  let line = 1
  let kept: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    kept.push(chunk)
    size += chunk.length
    if (size > LONGEST) throw new Error(`Line ${line} of \`${file}\` is longer than ${LONGEST} bytes.`)
    const end = chunk.lastIndexOf(LINE_FEED) + 1
    if (end === 0 || size < RUN) continue
    const bytes = joined([...kept.slice(0, -1), chunk.subarray(0, end)])
    // Counted first: whoever takes the bytes may hand them on to another thread.
    const begin = line
    line += feedsIn(bytes)
    yield { file, bytes, line: begin }
    kept = [chunk.subarray(end)]
    size = chunk.length - end
  }
  if (size > 0) yield { file, bytes: joined(kept), line }
}

/** Standard input has no file name: it is NDJSON when its first line is an object by itself. */
async function* inputTasks(input: AsyncIterable<Uint8Array>): AsyncGenerator<Task> {
  const chunks = input[Symbol.asyncIterator]()
  const begin: Uint8Array[] = []
  let lines: boolean | undefined
  while (lines !== true) {
    const { value, done } = await chunks.next()
    if (done) break
    begin.push(Buffer.from(value))
    lines ??= beginsWithLines(joined(begin))
  }
  if (lines) yield* lineTasks(STDIN, continued(begin, chunks))
  else yield { file: STDIN, bytes: joined(begin) }
}

/** Undefined while the first line that is not blank has not ended. */
function beginsWithLines(bytes: Uint8Array): boolean | undefined {
  const line = /^\uFEFF?\s*(\S[^\n]*)\n/.exec(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes))?.[1]
  return line === undefined ? undefined : /^\{.*\}\s*$/.test(line)
}

async function* continued(begin: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* begin
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield Buffer.from(next.value)
}

/** A copy with a buffer of its own, which can be handed to another thread. */
function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function feedsIn(bytes: Uint8Array): number {
  let count = 0
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) count++
  return count
}
