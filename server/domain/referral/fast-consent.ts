/**
 * A consent of HL7's FAST Consent Management as one of the hub: elements that FAST leaves open are filled in, references by
 * an identifier become literal. What the hub cannot carry out stays in it, for the profile to refuse at its place.
 * http://hl7.org/fhir/us/consent-management (StructureDefinition FASTConsent); docs/consents.md has the table.
 */
import { codeSystem, profileUrl } from '../../fhir/canonical.ts'
import { carry } from '../../fhir/decimals.ts'
import { codesOf, items, textOf } from '../../fhir/element.ts'
import type { Json, JsonObject, Resource } from '../../fhir/types.ts'

const ACT_CODE = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
const ACT_REASON = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'
const PURPOSE = codeSystem('consent-purpose')
const SHARING = codeSystem('consent-category')

/** Of a purpose of use (v3 ActReason), the hub's own purposes. */
const PURPOSES: Readonly<Record<string, readonly string[]>> = {
  TREAT: ['referral', 'case-management'],
  CAREMGT: ['case-management'],
  COC: ['referral', 'case-management'],
  HOPERAT: ['reporting'],
  HRESCH: ['research'],
}
/** Where no purpose is named, the consent is for any; those that let an agency serve the participant are among them. */
const ANY = ['referral', 'case-management']

/** The literal references behind those that were sent, in their order; `organization`: who files it. */
export type ResolvedConsent = {
  readonly patient: string
  readonly performers: readonly (string | undefined)[]
  readonly actors: readonly (string | undefined)[]
  readonly organization: string
  /** The document that shows it. */
  readonly source: JsonObject
}

export function fromFast(sent: Resource, resolved: ResolvedConsent): Resource {
  const { id: _, sourceReference: __, sourceAttachment: ___, ...rest } = sent as Resource & JsonObject
  const [provision] = items(sent.provision)
  const actor = items(provision?.actor).map((one, index) => ({
    ...one,
    ...(resolved.actors[index] === undefined ? {} : { reference: { reference: resolved.actors[index] } }),
  }))
  const performer = items(sent.performer).map((one, index) => {
    const reference = resolved.performers[index]
    return reference === undefined ? one : { reference }
  })
  const consent = {
    ...rest,
    meta: withoutClaim(sent),
    category: withCategories(sent.category),
    patient: { reference: resolved.patient },
    ...(performer.length > 0 ? { performer } : {}),
    organization: [{ reference: `Organization/${resolved.organization}` }],
    sourceAttachment: resolved.source,
    ...(provision
      ? {
          provision: carry(provision, {
            ...provision,
            ...(actor.length > 0 ? { actor } : {}),
            purpose: purposesOf(provision.purpose),
          }),
        }
      : {}),
  }
  return carry(sent, consent as unknown as Resource)
}

/** The hub validates by its own profile; a claim of FAST's, which it does not publish, would be refused. */
function withoutClaim(sent: Resource): JsonObject {
  const { profile: _, ...meta } = (sent.meta ?? {}) as JsonObject
  return { ...meta, profile: [profileUrl('hub-consent')] }
}

function withCategories(sent: unknown): Json {
  const given = items(sent)
  const missing = [
    [ACT_CODE, 'IDSCL'],
    [SHARING, 'referral-share'],
  ].filter(([system = '', code = '']) => !codesOf(given, system).includes(code))
  return [...given, ...missing.map(([system = '', code = '']) => ({ coding: [{ system, code }] }))]
}

/** One that the hub has no word for stays, so that it is refused where it was sent. */
function purposesOf(sent: unknown): Json {
  const given = items(sent)
  if (given.length === 0) return ANY.map(purpose)
  const codes = given.flatMap((one): JsonObject[] => {
    const mapped = one.system === ACT_REASON ? PURPOSES[textOf(one.code) ?? ''] : undefined
    return mapped ? mapped.map(purpose) : [one]
  })
  return [...new Map(codes.map((one) => [JSON.stringify([one.system, one.code]), one])).values()]
}

const purpose = (code: string): JsonObject => ({ system: PURPOSE, code })
