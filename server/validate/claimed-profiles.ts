/** The profiles that a resource claims, and the profile that R4 requires for a vital sign. https://hl7.org/fhir/R4/resource-definitions.html#Meta.profile */
import type { JsonObject } from '../fhir/types.ts'
import { vitalSignProfile } from './vital-signs.ts'

/** `index`: its position in `meta.profile`. */
export type ProfileClaim = { readonly profile: string; readonly index: number }

export function claimedProfiles(resource: JsonObject): readonly ProfileClaim[] {
  const profiles = (resource.meta as { profile?: unknown } | null | undefined)?.profile
  const required = vitalSignProfile(resource)
  if (!Array.isArray(profiles) && required === undefined) return NONE
  const claims: ProfileClaim[] = []
  for (const [index, profile] of (Array.isArray(profiles) ? (profiles as readonly unknown[]) : []).entries())
    if (typeof profile === 'string' && profile !== '') claims.push({ profile, index })
  if (required !== undefined && claims.every(({ profile }) => profile !== required))
    claims.push({ profile: required, index: claims.length })
  return claims
}

const NONE: readonly ProfileClaim[] = []
