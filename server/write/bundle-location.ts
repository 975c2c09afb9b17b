/** Prefixes the expression of an issue with the Bundle entry that caused it. */
import { inEntry } from '../fhir/located.ts'
import { OutcomeError } from '../fhir/outcome.ts'

/** The expression of the resource in the request (`Bundle.entry[2].resource`), and its type. */
type EntrySubject = { readonly at: string; readonly type?: string }

/**
 * Does the work, at once where it is no promise; its errors without an expression into the Bundle get that of the entry,
 * where there is one.
 */
export function issuesAtEntry<T>(subject: EntrySubject, work: () => T): T {
  if (!subject.at.startsWith('Bundle.entry[')) return work()
  const rethrow = (error: unknown): never => {
    throw atEntry(subject, error)
  }
  try {
    const done = work()
    return done instanceof Promise ? (done.catch(rethrow) as T) : done
  } catch (error) {
    return rethrow(error)
  }
}

function atEntry({ at, type }: EntrySubject, error: unknown): unknown {
  if (!(error instanceof OutcomeError)) return error
  const located = (expression = at): string =>
    expression.startsWith(`${at}.`) ? expression : inEntry(expression, at, type)
  const issues = error.issues.map((issue) => ({ ...issue, expression: located(issue.expression) }))
  return new OutcomeError(issues, { status: error.status, headers: error.headers })
}
