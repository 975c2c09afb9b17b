/** What the builders of valid records share: addresses of the hub's definitions, codings, references to agencies. */
import type { JsonObject } from '../../server/fhir/types.ts'

export const ROOT = 'https://no-wrong-door.example/fhir'
export const BACKPORT = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition'

/** A record to send: valid, and without an id unless a test gives it one. */
export type Body = JsonObject & { readonly resourceType: string }

/** A body with an id, as the hub stores it. */
export type StoredBody = Body & { readonly id: string }

/** The address of a code system of the hub. */
export const codeSystemAt = (name: string) => `${ROOT}/CodeSystem/${name}`
/** The address of a profile or an extension of the hub. */
export const profileAt = (name: string) => `${ROOT}/StructureDefinition/${name}`

export const agency = (id: string) => ({ reference: `Organization/${id}` })
/** A CodeableConcept with one coding. */
export const coded = (system: string, code: string) => ({ coding: [{ system, code }] })
