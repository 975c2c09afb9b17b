/** A write without its commit, for `$validate`. https://hl7.org/fhir/R4/resource-operation-validate.html */
import { OutcomeError, type Issue } from '../fhir/outcome.ts'
import type { Change } from './change.ts'
import { contextOf, type Author } from './context.ts'
import type { WriteNeeds } from './needs.ts'
import { prepare } from './pipeline.ts'

/** The issues that a write of this change would get now, errors and warnings; nothing is written. */
export async function dryRun(needs: WriteNeeds, author: Author, change: Change): Promise<readonly Issue[]> {
  try {
    return (await prepare(needs, { ...contextOf(needs, author), dryRun: true }, [change])).issues
  } catch (error) {
    if (error instanceof OutcomeError) return error.issues
    throw error
  }
}
