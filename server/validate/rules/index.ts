/**
 * Rules that the specification states in words, without an invariant in FHIRPath, by the type or backbone element that
 * they check.
 */
import { responseViolations } from '../questionnaire/response.ts'
import type { SpecificationRule } from './specification-rule.ts'
import { attachmentSize } from './attachment.ts'
import {
  uniqueLinkRelations,
  compositionReferencesResolve,
  fullUrlMatchesResource,
  fullUrlRequired,
  searchsetEntries,
} from './bundle.ts'
import { mappedCodes } from './concept-map.ts'
import {
  absoluteSystem,
  absoluteUrl,
  derivedSearchParameter,
  searchExpressionParses,
  searchParameterTypeMatches,
} from './conformance.ts'
import { documentEntriesLinked, messageFocusPresent } from './document.ts'
import { identifierSystemAbsolute, identifierValueIsUri } from './identifier.ts'
import { uniqueSecurityLabels } from './meta.ts'
import { narrativeLinksResolve } from './narrative.ts'
import { enableWhenQuestionExists } from './questionnaire.ts'
import { referenceHasNoWhitespace } from './reference-text.ts'
import { referenceTypeMatches } from './reference.ts'
import { searchExpressionFitsBase } from './search-expression.ts'
import { constraintsParse, bindingsAndProfilesDefined, profileFitsBase } from './structure.ts'
import {
  conceptCount,
  contentMatches,
  includeSystemIsCodeSystem,
  filterValuesFit,
  includedSetsAvailable,
  supplementConcepts,
} from './terminology.ts'
import { unitIsValidUcum } from './units.ts'

export const fitsQuestionnaire: SpecificationRule = (_data, context) => responseViolations(context)

/** Quantity and its specializations. */
const QUANTITY: readonly SpecificationRule[] = [unitIsValidUcum]

/** Types with a canonical url. */
const CANONICAL_TYPES = [
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
  ...Object.fromEntries(CANONICAL_TYPES.map((type) => [type, [absoluteUrl]])),
  Age: QUANTITY,
  Attachment: [attachmentSize],
  Bundle: [
    uniqueLinkRelations,
    fullUrlMatchesResource,
    fullUrlRequired,
    searchsetEntries,
    compositionReferencesResolve,
    documentEntriesLinked,
    messageFocusPresent,
  ],
  'CapabilityStatement.rest.resource.searchParam': [searchParameterTypeMatches],
  CodeSystem: [absoluteUrl, conceptCount, contentMatches, supplementConcepts],
  ConceptMap: [absoluteUrl, mappedCodes],
  Count: QUANTITY,
  Distance: QUANTITY,
  Duration: QUANTITY,
  Identifier: [identifierSystemAbsolute, identifierValueIsUri],
  Meta: [uniqueSecurityLabels],
  Narrative: [narrativeLinksResolve],
  Quantity: QUANTITY,
  Questionnaire: [absoluteUrl, enableWhenQuestionExists],
  QuestionnaireResponse: [fitsQuestionnaire],
  Reference: [referenceTypeMatches, referenceHasNoWhitespace],
  SearchParameter: [absoluteUrl, derivedSearchParameter, searchExpressionParses, searchExpressionFitsBase],
  StructureDefinition: [absoluteUrl, profileFitsBase, constraintsParse, bindingsAndProfilesDefined],
  'ValueSet.compose.include': [absoluteSystem, includeSystemIsCodeSystem, filterValuesFit, includedSetsAvailable],
}
