/** Versions of code systems and value sets. https://hl7.org/fhir/R4/references.html#canonical */

/**
 * Is the version that is at hand the one that is asked for? Where either says none it is. The last number of three is
 * for corrections, which change no code (4.0.1 is 4.0.0).
 */
export function isVersion(asked: string | undefined, atHand: string | undefined): boolean {
  if (asked === undefined || atHand === undefined || asked === atHand) return true
  return MINOR.exec(asked)?.[1] !== undefined && MINOR.exec(asked)?.[1] === MINOR.exec(atHand)?.[1]
}

const MINOR = /^(\d+\.\d+)\.\d+$/

/** `url|version` apart. */
export function canonicalParts(canonical: string): { readonly url: string; readonly version?: string } {
  const bar = canonical.indexOf('|')
  return bar < 0 ? { url: canonical } : { url: canonical.slice(0, bar), version: canonical.slice(bar + 1) }
}
