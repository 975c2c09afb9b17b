/**
 * The few shapes of FHIR that the hub's own code names. Everything else in a resource is data.
 * https://hl7.org/fhir/R4/resource.html
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }
export type JsonObject = { readonly [key: string]: Json | undefined }

/** https://hl7.org/fhir/R4/datatypes.html#id */
export const FHIR_ID = /^[A-Za-z0-9\-.]{1,64}$/

/** A coded value; `system` names the code system. https://hl7.org/fhir/R4/datatypes.html#Coding */
export type Coding = { readonly system?: string; readonly code?: string; readonly display?: string }

export type Meta = {
  readonly versionId?: string
  readonly lastUpdated?: string
  /** Set by the hub: who wrote this version. */
  readonly source?: string
  readonly profile?: readonly string[]
  readonly security?: readonly Coding[]
  readonly tag?: readonly Coding[]
  readonly extension?: readonly JsonObject[]
}

/** A resource as parsed JSON. Treat it as frozen: a change makes a new object. */
export type Resource = {
  readonly resourceType: string
  readonly id?: string
  readonly meta?: Meta
  readonly [element: string]: Json | Meta | undefined
}

/** The address of a record: `Patient/abc`. */
export type Key = { readonly type: string; readonly id: string }

export const keyText = (key: Key): string => `${key.type}/${key.id}`

/** The key of such a text. */
export function keyFrom(text: string): Key {
  const [type = '', id = ''] = text.split('/')
  return { type, id }
}

/**
 * Who is asking. `agency` is the id of an Organization; the board is the curator of lookups, `hub` is the server
 * itself (it writes Subscription status and the like, and is never the caller of a request).
 */
export type Caller = { readonly agency: string; readonly role: 'agency' | 'board' | 'hub' }
