/** The restricted classes that a record carries: by labels of its own (meta.security), or because it names them. */
import { codeSystem } from '../../fhir/canonical.ts'
import { valuesAt } from '../../fhir/element-path.ts'
import type { Coding, Json, Resource } from '../../fhir/types.ts'
import type { VisibilityRule } from './rule.ts'

export const RESTRICTED_CLASS = codeSystem('restricted-class')

/**
 * The restricted classes that a record is labelled with (meta.security). A restricted record that names no class is
 * of a class that nobody can be given: only its writer knows of it.
 */
export function classesOf(resource: Resource): readonly string[] {
  const labels = resource.meta?.security ?? []
  const named = labels.filter((label) => label.system === RESTRICTED_CLASS).map((label) => String(label.code))
  if (named.length > 0) return [...new Set(named)].sort()
  return labels.some((label) => label.system === CONFIDENTIALITY && RESTRICTED.includes(String(label.code)))
    ? ['unnamed']
    : []
}

/** The classes that a record names in an element (`names` of the rule): a consent to a class tells of the class. */
export function classesNamedIn(rule: Pick<VisibilityRule, 'names'>, resource: Resource): readonly string[] {
  const path = rule.names[resource.resourceType]
  return path === undefined ? [] : [...new Set(classCodes(valuesAt(resource, path)))].sort()
}

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

const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
const RESTRICTED = ['R', 'V']
