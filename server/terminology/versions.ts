/** Versions of code systems and value sets. https://hl7.org/fhir/R4/references.html#canonical */

/**
 * Does the available version satisfy the requested one? It does where either is missing. Patch versions differ in no code
 * (4.0.1 satisfies 4.0.0).
 */
export function matchesVersion(requested: string | undefined, available: string | undefined): boolean {
  if (requested === undefined || available === undefined || requested === available) return true
  return (
    MAJOR_MINOR.exec(requested)?.[1] !== undefined &&
    MAJOR_MINOR.exec(requested)?.[1] === MAJOR_MINOR.exec(available)?.[1]
  )
}

const MAJOR_MINOR = /^(\d+\.\d+)\.\d+$/

/** Splits `url|version`. */
export function splitCanonical(canonical: string): { readonly url: string; readonly version?: string } {
  const bar = canonical.indexOf('|')
  return bar < 0 ? { url: canonical } : { url: canonical.slice(0, bar), version: canonical.slice(bar + 1) }
}
