/**
 * Who may know of one record: the single place where DESIGN's rule becomes an audience. The audience is kept with the
 * record and is part of every query; nothing else decides who sees what.
 */
import { profileUrl } from '../../fhir/canonical.ts'
import { extensionOf, idOf } from '../../fhir/element.ts'
import { idsAt, valuesAt } from '../../fhir/element-path.ts'
import type { Coding, Resource } from '../../fhir/types.ts'
import { RESTRICTED_CLASS, type Circle } from './circle.ts'
import { common, joined, type Membership } from './membership.ts'
import type { VisibilityRule } from './rule.ts'

export type WrittenRecord = {
  readonly resource: Resource
  /** Who created the record, and who wrote its current version. */
  readonly owner: string
  readonly author: string
}

export type Roles = { readonly board: string; readonly wageAgencies: readonly string[] }

/** Every agency. */
const EVERYONE: readonly Membership[] = [{ agency: '*' }]

/**
 * The audience of a record. `circle` is the participant's; records of no participant ignore it. What the rule does not
 * name is closed: its owner and the board know of it.
 */
export function audienceOf(
  rule: VisibilityRule,
  written: WrittenRecord,
  circle: Circle,
  roles: Roles,
): readonly Membership[] {
  const { resource } = written
  const parties = rule.parties[resource.resourceType]
  if (parties)
    return joined(
      always([written.owner, roles.board, ...parties.flatMap((path) => idsAt(resource, path, 'Organization'))]),
    )
  if (rule.everyone.includes(resource.resourceType)) return EVERYONE
  if (participantOf(rule, resource) === undefined)
    return isLookup(rule, written, roles) ? EVERYONE : joined(always([written.owner, roles.board]))
  const wrote = rule.author.includes(resource.resourceType) ? [written.owner, written.author] : [written.owner]
  const classes = classesOf(resource)
  if (classes.length === 0) return joined([...always([...wrote, roles.board]), ...circle.members])
  return joined([...always(wrote), ...common(classes.map((name) => opened(rule, name, circle, roles)))])
}

/** The extension of a merged participant: the record that it was merged into. Only the hub writes it (`$merge`). */
export const MERGED_INTO = profileUrl('ext-merged-into')

/** The participant that this one was merged into: it is a record of that participant since. */
export const mergedIntoOf = (patient: Resource | undefined): string | undefined =>
  idOf(extensionOf(patient, MERGED_INTO)?.valueReference, 'Patient')

/** The id of the participant that a record is about; undefined for a record of no participant. */
export function participantOf(rule: VisibilityRule, resource: Resource): string | undefined {
  const path = rule.participant[resource.resourceType]
  if (path === undefined) return undefined
  return path === 'self' ? (mergedIntoOf(resource) ?? resource.id) : idsAt(resource, path, 'Patient')[0]
}

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

/** The labels that restrict a record, as `system|code`. */
export const restrictionsOf = (resource: Resource): readonly string[] =>
  (resource.meta?.security ?? [])
    .filter(
      ({ system, code }) =>
        system === RESTRICTED_CLASS || (system === CONFIDENTIALITY && RESTRICTED.includes(String(code))),
    )
    .map(({ system, code }) => `${String(system)}|${String(code)}`)

/** Does the rule declare the record a lookup? Only the board writes lookups, and they are about no participant. */
function isLookup(rule: VisibilityRule, { resource, owner }: WrittenRecord, { board }: Roles): boolean {
  const about = rule.participant[resource.resourceType]
  if (owner !== board || about === undefined || valuesAt(resource, about).length > 0) return false
  return rule.lookups.some(
    ({ type, coding, system, code }) =>
      type === resource.resourceType &&
      valuesAt(resource, coding).some((one) => {
        const found = one as Coding
        return found.system === system && found.code === code
      }),
  )
}

const CONFIDENTIALITY = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
const RESTRICTED = ['R', 'V']

function opened(rule: VisibilityRule, name: string, circle: Circle, roles: Roles): readonly Membership[] {
  const byRole = (rule.classes[name]?.always ?? []).flatMap((role) =>
    role === 'board' ? [roles.board] : roles.wageAgencies,
  )
  return joined([...(circle.classes[name] ?? []), ...always(byRole)])
}

const always = (agencies: readonly string[]): readonly Membership[] => agencies.map((agency) => ({ agency }))
