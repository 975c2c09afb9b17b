/** Checks the texts of a task: parses, validates and locates the issues. The same on every thread. */
import { isUtf8 } from 'node:buffer'
import { readFile } from 'node:fs/promises'
import { createLocator, parseJson } from '../../fhir/json.ts'
import { isError, OutcomeError, type Issue } from '../../fhir/outcome.ts'
import type { Position } from '../../fhir/position.ts'
import type { Json } from '../../fhir/types.ts'
import type { Validator } from '../../validate/validator.ts'
import type { Task } from './tasks.ts'

/** An issue with its position in the file. */
export type LocatedIssue = Issue & { readonly position: Position }

export type FileVerdict = {
  readonly file: string
  /** Of NDJSON: the line of the resource. */
  readonly line?: number
  /** What it is, where that can be read: `Patient/abc`, `Patient`. */
  readonly resource?: string
  readonly valid: boolean
  readonly issues: readonly LocatedIssue[]
}

export type Checker = (task: Task) => Promise<readonly FileVerdict[]>

/** Each file is a resource, and so is each line of NDJSON that is not blank. Syntax errors are issues like any other. */
export function createChecker(validator: Validator, profiles: readonly string[]): Checker {
  const checkText = async (file: string, bytes: Uint8Array, line?: number): Promise<FileVerdict> => {
    const begin = line ?? 1
    let value: Json | undefined
    let issues: readonly Issue[]
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
    try {
      if (!isUtf8(bytes)) throw notUtf8(begin)
      value = parseJson(text, { line: begin }).value
      issues = await validator.check(value, { profiles })
    } catch (fault) {
      if (!(fault instanceof OutcomeError)) throw fault
      issues = fault.issues
    }
    return {
      file,
      ...(line === undefined ? {} : { line }),
      resource: nameOf(value),
      valid: !issues.some(isError),
      issues: locatedIssues(issues, text, begin),
    }
  }
  return async (task) => {
    const verdicts: FileVerdict[] = []
    if ('files' in task) for (const file of task.files) verdicts.push(await checkText(file, await readFile(file)))
    else if (task.line === undefined) verdicts.push(await checkText(task.file, task.bytes))
    else {
      for (const { bytes, line } of linesOf(task.bytes, task.line))
        verdicts.push(await checkText(task.file, bytes, line))
    }
    return verdicts
  }
}

const notUtf8 = (line: number) =>
  new OutcomeError([
    { severity: 'error', detail: 'json-malformed', text: 'The text is not UTF-8.', position: { line, column: 1 } },
  ])

function locatedIssues(issues: readonly Issue[], text: string, begin: number): readonly LocatedIssue[] {
  if (issues.length === 0) return []
  const locate = createLocator(text)
  return issues.map((issue) => {
    if (issue.position) return { ...issue, position: issue.position }
    const { line, column } = locate(issue.expression ?? '')
    return { ...issue, position: { line: line + begin - 1, column } }
  })
}

function nameOf(value: Json | undefined): string | undefined {
  const { resourceType, id } = (value ?? {}) as { resourceType?: unknown; id?: unknown }
  if (typeof resourceType !== 'string') return undefined
  return typeof id === 'string' ? `${resourceType}/${id}` : resourceType
}

function* linesOf(bytes: Uint8Array, first: number): Generator<{ bytes: Uint8Array; line: number }> {
  let line = first
  for (let at = 0; at < bytes.length; line++) {
    const feed = bytes.indexOf(10, at)
    const end = feed < 0 ? bytes.length : feed
    const one = bytes.subarray(at, end)
    if (one.some((byte) => byte > 32)) yield { bytes: one, line }
    at = end + 1
  }
}
