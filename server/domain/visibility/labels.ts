/** The restricted classes that a record carries: by labels of its own (meta.security), or because it names them. */
import { codeSystem } from '../../fhir/canonical.ts'
import { carry } from '../../fhir/decimals.ts'
import { idsAt, valuesAt } from '../../fhir/element-path.ts'
import type { Coding, Json, Resource } from '../../fhir/types.ts'
import type { VisibilityRule } from './rule.ts'

export const RESTRICTED_CLASS = codeSystem('restricted-class')

/** Of a record that is restricted and names no class: a class that nobody can be given. */
export const UNNAMED = 'unnamed'

/**
 * The restricted classes that a record is labelled with (meta.security). A restricted record that names no class is
 * of a class that nobody can be given: only its writer knows of it.
 */
export function classesOf(resource: Resource): readonly string[] {
  const labels = resource.meta?.security
  if (!labels) return []
  const named = labels.filter((label) => label.system === RESTRICTED_CLASS).map((label) => String(label.code))
  if (named.length > 0) return [...new Set(named)].sort()
  return labels.some((label) => label.system === CONFIDENTIALITY && RESTRICTED.includes(String(label.code)))
    ? [UNNAMED]
    : []
}

/** The classes that a record names in an element (`names` of the rule): a consent to a class tells of the class. */
export function classesNamedIn(rule: Pick<VisibilityRule, 'names'>, resource: Resource): readonly string[] {
  const path = rule.names[resource.resourceType]
  return path === undefined ? [] : [...new Set(classCodes(valuesAt(resource, path)))].sort()
}

/** The agency whose class a restricted record carries: its creator, or where the rule says so the one that it names. */
export const holderOf = (
  rule: Pick<VisibilityRule, 'labelled'>,
  { resource, owner }: { readonly resource: Resource; readonly owner: string },
): string => {
  const path = rule.labelled[resource.resourceType]?.holder
  return (path === undefined ? undefined : idsAt(resource, path, 'Organization')[0]) ?? owner
}

/** The agencies that know of a restricted record as parties of it, while they are in the circle. */
export const labelledParties = (rule: Pick<VisibilityRule, 'labelled'>, resource: Resource): readonly string[] =>
  (rule.labelled[resource.resourceType]?.parties ?? []).flatMap((path) => idsAt(resource, path, 'Organization'))

/** The labels that restrict a record, as `system|code`. */
export const restrictionsOf = (resource: Resource): readonly string[] =>
  (resource.meta?.security ?? [])
    .filter(
      ({ system, code }) =>
        system === RESTRICTED_CLASS || (system === CONFIDENTIALITY && RESTRICTED.includes(String(code))),
    )
    .map(({ system, code }) => `${String(system)}|${String(code)}`)

/** Codings of restricted-class, as codes. */
export const classCodes = (codings: readonly Json[]): readonly string[] =>
  codings.flatMap((coding) => {
    const { system, code } = coding as Coding
    return system === RESTRICTED_CLASS && code ? [code] : []
  })

/** A record with the labels of these classes added: confidentiality `R`, and each class. */
export function withClasses<T extends Resource>(resource: T, classes: readonly string[]): T {
  const labels = [
    { system: CONFIDENTIALITY, code: 'R' },
    ...classes.map((code) => ({ system: RESTRICTED_CLASS, code })),
  ]
  const security = resource.meta?.security ?? []
  const isThere = ({ system, code }: Coding): boolean =>
    security.some((one) => one.system === system && (one.code === code || (code === 'R' && one.code === 'V')))
  const missing = labels.filter((label) => !isThere(label))
  if (missing.length === 0) return resource
  return carry(resource, { ...resource, meta: { ...resource.meta, security: [...security, ...missing] } })
}

/**
 * Labels after some were taken off: with the last class the confidentiality `R` goes as well, which says only that there
 * is one (hub-label-1).
 */
export function withoutIdleConfidentiality(before: readonly Coding[], after: readonly Coding[]): readonly Coding[] {
  const namesClass = (labels: readonly Coding[]): boolean => labels.some(({ system }) => system === RESTRICTED_CLASS)
  if (!namesClass(before) || namesClass(after)) return after
  return after.filter(({ system, code }) => system !== CONFIDENTIALITY || code !== 'R')
}

const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
const RESTRICTED = ['R', 'V']
