/**
 * Rules that the specification states in words, by the shape that they are about; no FHIRPath says them. Each looks at
 * one value of its shape and answers what is wrong.
 */
import { responseViolations } from '../questionnaire/response.ts'
import type { SpecificationRule } from './specification-rule.ts'
import { attachmentSize } from './attachment.ts'
import { bundleLinks, documentReferences, entryAddresses, entryNames, searchEntries } from './bundle.ts'
import { mappedCodes } from './concept-map.ts'
import { absoluteSystem, absoluteUrl, derivedParameter, searchExpression, searchParamType } from './conformance.ts'
import { entriesLinked, focusInMessage } from './document.ts'
import { identifierSystem, identifierUri } from './identifier.ts'
import { distinctLabels } from './meta.ts'
import { narrativeLinks } from './narrative.ts'
import { enabledByQuestions } from './questionnaire.ts'
import { referenceText } from './reference-text.ts'
import { referenceType } from './reference.ts'
import { expressionOfBase } from './search-expression.ts'
import { expressionsParse, namedAtHand, structureFits } from './structure.ts'
import { conceptCount, contentIsSo, drawsOnSystem, filtersFit, partsAtHand, supplementConcepts } from './terminology.ts'
import { unitIsUcum } from './units.ts'

export const fitsQuestionnaire: SpecificationRule = (_data, context) => responseViolations(context)

/** Quantity and its kinds. */
const QUANTITY: readonly SpecificationRule[] = [unitIsUcum]

/** Resources that are found by their canonical url. */
const CANONICAL = [
  'ActivityDefinition',
  'CapabilityStatement',
  'ChargeItemDefinition',
  'CodeSystem',
  'CompartmentDefinition',
  'ConceptMap',
  'EventDefinition',
  'Evidence',
  'EvidenceVariable',
  'ExampleScenario',
  'GraphDefinition',
  'ImplementationGuide',
  'Library',
  'Measure',
  'MessageDefinition',
  'NamingSystem',
  'OperationDefinition',
  'PlanDefinition',
  'Questionnaire',
  'ResearchDefinition',
  'ResearchElementDefinition',
  'SearchParameter',
  'StructureDefinition',
  'StructureMap',
  'TerminologyCapabilities',
  'TestScript',
  'ValueSet',
]

export const SPECIFICATION_RULES: Readonly<Record<string, readonly SpecificationRule[]>> = {
  ...Object.fromEntries(CANONICAL.map((type) => [type, [absoluteUrl]])),
  Age: QUANTITY,
  Attachment: [attachmentSize],
  Bundle: [bundleLinks, entryAddresses, entryNames, searchEntries, documentReferences, entriesLinked, focusInMessage],
  'CapabilityStatement.rest.resource.searchParam': [searchParamType],
  CodeSystem: [absoluteUrl, conceptCount, contentIsSo, supplementConcepts],
  ConceptMap: [absoluteUrl, mappedCodes],
  Count: QUANTITY,
  Distance: QUANTITY,
  Duration: QUANTITY,
  Identifier: [identifierSystem, identifierUri],
  Meta: [distinctLabels],
  Narrative: [narrativeLinks],
  Quantity: QUANTITY,
  Questionnaire: [absoluteUrl, enabledByQuestions],
  QuestionnaireResponse: [fitsQuestionnaire],
  Reference: [referenceType, referenceText],
  SearchParameter: [absoluteUrl, derivedParameter, searchExpression, expressionOfBase],
  StructureDefinition: [absoluteUrl, structureFits, expressionsParse, namedAtHand],
  'ValueSet.compose.include': [absoluteSystem, drawsOnSystem, filtersFit, partsAtHand],
}
