/** Prefixes the expression of an issue with the Bundle entry that caused it. */
import { inEntry } from '../fhir/located.ts'
import { OutcomeError } from '../fhir/outcome.ts'

/** The expression of the resource in the request (`Bundle.entry[2].resource`), and its type. */
type EntrySubject = { readonly at: string; readonly type?: string }

/** Does the work; its errors without an expression into the Bundle get that of the entry, where there is one. */
export async function issuesAtEntry<T>({ at, type }: EntrySubject, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof OutcomeError) || !at.startsWith('Bundle.entry[')) throw error
    const located = (expression = at): string =>
      expression.startsWith(`${at}.`) ? expression : inEntry(expression, at, type)
    const issues = error.issues.map((issue) => ({ ...issue, expression: located(issue.expression) }))
    throw new OutcomeError(issues, { status: error.status, headers: error.headers })
  }
}
