/** One write of a Task under the lifecycle, and how its rules speak. */
import type { Caller, Resource } from '../../fhir/types.ts'
import type { ErrorCode, Issue } from '../../fhir/outcome.ts'
import type { Lifecycle, Party } from './lifecycle.ts'

/** One write of a Task: what it was (undefined: it is created), what it is to be, by whom, under which table. */
export type TaskStep = {
  readonly before?: Resource
  readonly after: Resource
  readonly actor: Caller
  readonly lifecycle: Lifecycle
  readonly parties: readonly Party[]
}

export const issue = (detail: ErrorCode, expression: string, text: string): Issue => ({
  severity: 'error',
  detail,
  expression,
  text,
})

export const shown = (code: string | undefined): string => (code === undefined ? 'none' : `\`${code}\``)

export const oneOf = (words: readonly string[], and = 'or'): string =>
  words.map((word) => `\`${word}\``).join(` ${and} `)
