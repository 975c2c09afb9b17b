/**
 * Rules that the specification states in words, by the shape that they are about; no FHIRPath says them. Each looks at
 * one value of its shape and answers what is wrong.
 */
import type { Fault, Run } from '../run.ts'
import { attachmentSize } from './attachment.ts'
import { bundleLinks, documentReferences, entryAddresses, searchEntries } from './bundle.ts'
import { absoluteSystem, derivedParameter, searchParamType } from './conformance.ts'
import { structureFits } from './structure.ts'

export type Rule = (data: Readonly<Record<string, unknown>>, run: Run) => readonly Fault[]

export const RULES: Readonly<Record<string, readonly Rule[]>> = {
  Attachment: [attachmentSize],
  Bundle: [bundleLinks, entryAddresses, searchEntries, documentReferences],
  'CapabilityStatement.rest.resource.searchParam': [searchParamType],
  SearchParameter: [derivedParameter],
  StructureDefinition: [structureFits],
  'ValueSet.compose.include': [absoluteSystem],
}
