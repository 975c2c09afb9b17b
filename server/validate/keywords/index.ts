/** The hub's keywords of JSON Schema, each made for one engine. A new one is also added to quick/, else it compiles to NEVER there. */
import type { KeywordDefinition } from 'ajv'
import type { ValidationEngine } from '../check-context.ts'
import { fhirBinding } from './binding.ts'
import { fhirCoded } from './required-code.ts'
import { fhirCoding } from './coding.ts'
import { fhirElementId } from './element-id.ts'
import { fhirExtensions } from './extensions.ts'
import { fhirFormat } from './format.ts'
import { fhirInvariants } from './invariants.ts'
import { fhirChoice, fhirElement, fhirLists, fhirRequired, fhirSiblings } from './properties.ts'
import { fhirImposed, fhirProfile } from './profile.ts'
import { fhirReference } from './reference.ts'
import { fhirAggregation, fhirTarget } from './reference-target.ts'
import { fhirResource } from './resource.ts'
import { fhirRules } from './rules.ts'
import { fhirSlices } from './slices.ts'
import { fhirType } from './type.ts'
import { fhirFixed, fhirMax, fhirMin, fhirPattern } from './value.ts'

export const KEYWORDS: readonly ((engine: ValidationEngine) => KeywordDefinition)[] = [
  // properties of an object
  fhirRequired,
  fhirChoice,
  fhirElement,
  fhirLists,
  fhirCoded,
  fhirSiblings,
  // values
  fhirFormat,
  fhirElementId,
  fhirFixed,
  fhirPattern,
  fhirMin,
  fhirMax,
  fhirBinding,
  fhirCoding,
  fhirReference,
  fhirAggregation,
  fhirTarget,
  // nested types, profiles and slices
  fhirType,
  fhirResource,
  fhirProfile,
  fhirImposed,
  fhirSlices,
  fhirExtensions,
  // rules
  fhirInvariants,
  fhirRules,
]
