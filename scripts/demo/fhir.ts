/** The part of FHIR R4 (https://hl7.org/fhir/R4/) that an agency system of the demo uses; none of it is the hub's code. */

export type DemoResource = {
  readonly resourceType: string
  readonly id?: string
  readonly meta?: { readonly versionId?: string }
  readonly [element: string]: unknown
}

export type DemoEntry = {
  readonly fullUrl?: string
  readonly resource?: DemoResource
  readonly request?: { readonly method: string; readonly url: string; readonly ifMatch?: string }
  readonly response?: { readonly status: string; readonly location?: string; readonly etag?: string }
}

/** One parameter of a Parameters resource, with the value types that the demo reads. */
export type Part = {
  readonly name: string
  readonly valueString?: string
  readonly valueCode?: string
  readonly valueInteger?: number
  readonly valueBoolean?: boolean
  readonly valueCanonical?: string
  readonly valueReference?: { readonly reference: string }
  readonly resource?: DemoResource
  readonly part?: readonly Part[]
}

export const ROOT = 'https://no-wrong-door.example/fhir'

export const system = (name: string): string => `${ROOT}/CodeSystem/${name}`

/** A CodeableConcept with one code of the hub's code system of that name. */
export const coded = (name: string, code: string) => ({ coding: [{ system: system(name), code }] })

/** A CodeableConcept of a code system of HL7. */
export const hl7 = (name: string, code: string) => ({
  coding: [{ system: `http://terminology.hl7.org/CodeSystem/${name}`, code }],
})

/** An extension of the hub's, e.g. extension('pathway', { valueCode: 'training' }). */
export const extension = (name: string, value: Readonly<Record<string, unknown>>) => ({
  url: `${ROOT}/StructureDefinition/ext-${name}`,
  ...value,
})

export const to = (reference: string) => ({ reference })

/** `Type/id` of a resource that the hub has stored. */
export const keyOf = (resource: DemoResource): string => `${resource.resourceType}/${resource.id ?? ''}`

export const entriesOf = (bundle: unknown): readonly DemoEntry[] =>
  (bundle as { entry?: readonly DemoEntry[] })?.entry ?? []

export const resourcesOf = (bundle: unknown): readonly DemoResource[] =>
  entriesOf(bundle).flatMap(({ resource }) => resource ?? [])

export const partsOf = (parameters: unknown, name: string): readonly Part[] =>
  ((parameters as { parameter?: readonly Part[] })?.parameter ?? []).filter((part) => part.name === name)

/** A transaction entry that creates a resource; others of the Bundle refer to it by `urn`. */
export const creating = (resource: DemoResource, urn?: string): DemoEntry => ({
  ...(urn ? { fullUrl: urn } : {}),
  resource,
  request: { method: 'POST', url: resource.resourceType },
})

/** A transaction entry that updates a resource, with the version of the local copy in ifMatch. */
export const updating = (resource: DemoResource): DemoEntry => ({
  resource,
  request: { method: 'PUT', url: keyOf(resource), ifMatch: `W/"${resource.meta?.versionId ?? ''}"` },
})
