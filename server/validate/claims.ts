/** The profiles that a resource claims, and those that R4 demands of it. https://hl7.org/fhir/R4/resource-definitions.html#Meta.profile */
import type { JsonObject } from '../fhir/types.ts'
import { vitalSign } from './vital-signs.ts'

/** `index`: its place in `meta.profile`. */
export type Claim = { readonly profile: string; readonly index: number }

export function claimed(resource: JsonObject): readonly Claim[] {
  const profiles = (resource.meta as { profile?: unknown } | null | undefined)?.profile
  const demanded = vitalSign(resource)
  if (!Array.isArray(profiles) && demanded === undefined) return NONE
  const claims: Claim[] = []
  for (const [index, profile] of (Array.isArray(profiles) ? (profiles as readonly unknown[]) : []).entries())
    if (typeof profile === 'string' && profile !== '') claims.push({ profile, index })
  if (demanded !== undefined && claims.every(({ profile }) => profile !== demanded))
    claims.push({ profile: demanded, index: claims.length })
  return claims
}

const NONE: readonly Claim[] = []
