/**
 * The definitions that the hub works with: the R4 base (trimmed copy under definitions/r4) and what the hub publishes (the folders
 * profiles, valuesets, capability), and what was added to them. Nothing here depends on where they came from.
 */
import type { JsonObject } from '../fhir/types.ts'
import type { CanonicalResource } from './canonical-resource.ts'
import type { Source } from './folders.ts'
import type { Structures } from './structures/structure-definition.ts'

/** One search parameter as a type declares it. https://hl7.org/fhir/R4/searchparameter.html */
export type SearchParameter = {
  readonly code: string
  readonly url: string
  readonly type: 'token' | 'string' | 'reference' | 'date' | 'uri' | 'number' | 'quantity' | 'composite' | 'special'
  /** FHIRPath over the resource, already cut to the parts for this type. */
  readonly expression: string
  /** Allowed target types of a reference. */
  readonly target: readonly string[]
  readonly documentation: string
  /** Of a composite. https://hl7.org/fhir/R4/searchparameter-definitions.html#SearchParameter.component */
  readonly component?: readonly SearchComponent[]
}

/** A component of a composite: the parameter that it is searched as, and its FHIRPath over the element. */
export type SearchComponent = Pick<SearchParameter, 'code' | 'url' | 'type' | 'target'> & {
  readonly expression: string
}

/** A search parameter whose index is being built: `done` of `total` records, where that is known. */
export type IncompleteParameter = { readonly code: string; readonly done?: number; readonly total?: number }

/** What the hub offers for one resource type, from capability/statement.json. */
export type ResourceCapability = {
  readonly type: string
  readonly profiles: readonly string[]
  readonly searchParameters: readonly SearchParameter[]
  /** Of those in a running hub: the ones that cannot be used yet (write/index-state.ts). Records are indexed by them. */
  readonly incomplete?: readonly IncompleteParameter[]
  readonly interactions: readonly string[]
  /** `versioned-update`: updates need If-Match. https://hl7.org/fhir/R4/valueset-versioning-policy.html */
  readonly versioning: 'versioned' | 'versioned-update'
  /** Its reference parameters as _include takes them (`Task:focus`). */
  readonly includes: readonly string[]
  /** Who writes it: agencies, or only the board (lookups). */
  readonly writer: 'agency' | 'board'
}

export type Definitions = {
  /** A definition by canonical url (with or without |version): hub's own first, then R4's. */
  find(canonical: string): CanonicalResource | undefined
  /** Every hub definition of a resource type, e.g. all PlanDefinitions of capability/rules. */
  published(resourceType: string): readonly CanonicalResource[]
  /** The offer for a type; undefined when the hub does not hold it. */
  capability(type: string): ResourceCapability | undefined
  readonly capabilities: readonly ResourceCapability[]
  /** Is it a resource type of R4 at all? */
  isResourceType(name: string): boolean
  readonly resourceTypes: ReadonlySet<string>
  /** Every hub definition, in the order of their files. */
  readonly all: readonly CanonicalResource[]
  /** The element trees of all StructureDefinitions, the hub's and R4's. */
  readonly structures: Structures
  /** The hand-written part of the CapabilityStatement (capability/statement.json). */
  readonly statement: JsonObject
  /**
   * Definitions in addition to the hub's own and R4's: those of a folder, then those that the board posted. Plain JSON, so
   * that `loadDefinitions(root, { additional })` makes the same definitions in another thread.
   */
  readonly additional: readonly Source[]
  /** Was the definition of this url posted while the hub ran, rather than loaded at the start? */
  isPosted(url: string): boolean
  /**
   * A snapshot of the definitions at this instant. It never changes; after every change `current` returns another object.
   * The definitions of a running hub (live.ts) change when the board posts one; all others are their own snapshot.
   */
  current(): Definitions
}
