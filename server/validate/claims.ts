/** The profiles that a resource claims. https://hl7.org/fhir/R4/resource-definitions.html#Meta.profile */

export type Claim = { readonly profile: string; readonly index: number }

export function claimed(resource: Readonly<Record<string, unknown>>): readonly Claim[] {
  const profiles = (resource.meta as { profile?: unknown } | null | undefined)?.profile
  if (!Array.isArray(profiles)) return NONE
  const claims: Claim[] = []
  for (const [index, profile] of (profiles as readonly unknown[]).entries())
    if (typeof profile === 'string' && profile !== '') claims.push({ profile, index })
  return claims
}

const NONE: readonly Claim[] = []
