/**
 * Who may know of one record: the single place where DESIGN's rule becomes an audience. The audience is kept with the
 * record and is part of every query; nothing else decides who sees what.
 */
import { idsAt, valuesAt } from '../../fhir/element-path.ts'
import type { Coding, Resource } from '../../fhir/types.ts'
import type { Circle } from './circle.ts'
import { classesNamedIn, classesOf, holderOf, labelledParties, UNNAMED } from './labels.ts'
import { common, joined, without, type Membership } from './membership.ts'
import { mergedIntoOf } from './merged-into.ts'
import type { VisibilityRule } from './rule.ts'

export type WrittenRecord = {
  readonly resource: Resource
  /** Who created the record, and who wrote its current version. */
  readonly owner: string
  readonly author: string
}

export type Roles = {
  readonly board: string
  /** The hub itself, as the author of what it changes. */
  readonly hub: string
  readonly wageAgencies: readonly string[]
}

type AudienceContext = { readonly rule: VisibilityRule; readonly circle: Circle; readonly roles: Roles }

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
  const wrote = writersOf(rule, written, circle, roles)
  const labels = classesOf(resource)
  const named = classesNamedIn(rule, resource)
  if (labels.length + named.length === 0) return joined([...wrote, ...always([roles.board]), ...circle.members])
  const context = { rule, circle, roles }
  const holder = holderOf(rule, written)
  const open = [
    ...labels.map((name) => opened(name, holder, context)),
    ...named.map((name) => informed(name, written.owner, context)),
  ]
  // The work of several agencies: its parties go on with it, and the board accounts for it.
  const isShared = rule.labelled[resource.resourceType] !== undefined && !labels.includes(UNNAMED)
  const board = labels.length === 0 || isShared ? always([roles.board]) : []
  const sharing = isShared ? common([always(labelledParties(rule, resource)), circle.members]) : []
  return joined([...wrote, ...board, ...sharing, ...common(open)])
}

/**
 * Who may know of a record because it wrote it. An agency that is denied keeps what it created as long as no other
 * agency changes it: what others write from then on is not for it.
 */
function writersOf(
  rule: VisibilityRule,
  { resource, owner, author }: WrittenRecord,
  { denied }: Circle,
  { hub }: Roles,
): readonly Membership[] {
  const own = always([owner])
  const changed = author === owner || author === hub ? own : without(own, denied)
  return rule.author.includes(resource.resourceType) ? [...changed, ...without(always([author]), denied)] : changed
}

/** The id of the participant that a record is about; undefined for a record of no participant. */
export function participantOf(rule: VisibilityRule, resource: Resource): string | undefined {
  const path = rule.participant[resource.resourceType]
  if (path === undefined) return undefined
  return path === 'self' ? (mergedIntoOf(resource) ?? resource.id) : idsAt(resource, path, 'Patient')[0]
}

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

/** Who may know of the records of a class that an agency has written. */
function opened(name: string, owner: string, { rule, circle, roles }: AudienceContext): readonly Membership[] {
  const byRole = (rule.classes[name]?.always ?? []).flatMap((role) =>
    role === 'board' ? [roles.board] : roles.wageAgencies,
  )
  const releases = circle.classes[name] ?? {}
  return joined([...(releases[owner] ?? []), ...(releases[roles.board] ?? []), ...always(byRole)])
}

/** Who may know that a record names a class: those to whom it is open, and the members whose records carry it. */
function informed(name: string, owner: string, context: AudienceContext): readonly Membership[] {
  const { circle, roles } = context
  const holding = common([circle.holders[name] ?? [], circle.members])
  return joined([...opened(name, owner, context), ...(owner === roles.board ? holding : [])])
}

const always = (agencies: readonly string[]): readonly Membership[] => agencies.map((agency) => ({ agency }))
