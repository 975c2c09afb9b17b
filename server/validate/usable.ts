/**
 * Definitions of somebody else's, checked like any resource before they are used: one with a misspelt element would
 * silently say less than its author meant. https://hl7.org/fhir/R4/validation.html
 */
import type { Definitions } from '../definitions/definitions.ts'
import { DefinitionFault } from '../definitions/fault.ts'
import type { Source } from '../definitions/folders.ts'
import { isError, type ErrorCode } from '../fhir/outcome.ts'
import { createValidator } from './create.ts'

/** What makes a definition mean something else than it seems to; that it lacks a name or a status does no harm. */
const HARMFUL: ReadonlySet<ErrorCode> = new Set([
  'element-type',
  'element-unknown',
  'choice-multiple',
  'definition-invalid',
])

/** Throws DefinitionFault for the first that cannot be used as it is. */
export async function refuseUnusable(sources: readonly Source[], definitions: Definitions): Promise<void> {
  const { check } = createValidator(definitions, { rules: 'open' })
  for (const { file, content } of sources) {
    const harm = (await check(content)).find((issue) => isError(issue) && HARMFUL.has(issue.code))
    if (harm) throw new DefinitionFault(file, `${harm.text} Correct the file.`)
  }
}
