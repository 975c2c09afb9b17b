/** Whose fault it is: what one entry of a Bundle is refused for is said of that entry. */
import { inEntry } from '../fhir/located.ts'
import { OutcomeError } from '../fhir/outcome.ts'

/** Where the work's subject stands (`Bundle.entry[2].resource`), and the type of the resource it may speak of by name. */
type EntrySubject = { readonly at: string; readonly type?: string }

/** Does the work; an error of it that names no place gets that of its subject, when that is part of a Bundle. */
export async function issuesAtEntry<T>({ at, type }: EntrySubject, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof OutcomeError) || !at.startsWith('Bundle.entry[')) throw error
    const place = (said = at): string => (said.startsWith(`${at}.`) ? said : inEntry(said, at, type))
    const issues = error.issues.map((issue) => ({ ...issue, expression: place(issue.expression) }))
    throw new OutcomeError(issues, { status: error.status, headers: error.headers })
  }
}
