/**
 * When are two participants the same person for certain? When they share the hub id, an agency's own identifier, or
 * the hash of their social security number. (Likeness by name and birth date is another matter.)
 */
import type { Resource } from '../../fhir/types.ts'
import { namingSystem } from '../../fhir/canonical.ts'
import { items, textOf } from '../../fhir/element.ts'
import { HUB_ID } from './hub-id.ts'

/** A search token of the parameter `identifier`. */
export type IdentityToken = { readonly system: string; readonly code: string }

const AGENCY = namingSystem('agency/')

/**
 * The identifiers that are one person's alone: the hub's and the agencies' (systems `NamingSystem/agency/<agency>`).
 * A driver's licence or an identifier without a system proves nothing here.
 */
export function identityTokens(patient: Resource): readonly IdentityToken[] {
  const tokens = items(patient.identifier).flatMap((identifier): IdentityToken[] => {
    const [system, code] = [textOf(identifier.system), textOf(identifier.value)]
    const personal = system !== undefined && (system === HUB_ID || system.startsWith(AGENCY))
    return personal && code !== undefined ? [{ system, code }] : []
  })
  return [...new Map(tokens.map((token) => [keyOf(token), token])).values()]
}

/** The same as text, with the hash of the social security number where there is one. */
export const identityKeys = (patient: Resource, ssnHash?: string): readonly string[] => [
  ...identityTokens(patient).map(keyOf),
  ...(ssnHash ? [`ssn|${ssnHash}`] : []),
]

/** Do two lists of identity keys name one person? */
export const sameParticipant = (one: readonly string[], other: readonly string[]): boolean =>
  one.some((key) => other.includes(key))

const keyOf = ({ system, code }: IdentityToken): string => `${system}|${code}`
