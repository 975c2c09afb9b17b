/**
 * Care teams: who leads the case of a participant, and who may change which entry of the team. The primary case manager is
 * of the agency of entry; whoever accepts a referral serves the participant and does not take over the case.
 * https://hl7.org/fhir/R4/careteam.html
 */
import type { Issue } from '../../fhir/outcome.ts'
import type { JsonObject, Resource } from '../../fhir/types.ts'
import { codeSystem } from '../../fhir/canonical.ts'
import { codesOf, idOf, items, sameJson } from '../../fhir/element.ts'

export const CATEGORY = codeSystem('care-team-category')
const ROLE = codeSystem('care-team-role')

/** The one team that all agencies of a participant share. */
export const isInteragency = (team: Resource): boolean => codesOf(team.category, CATEGORY).includes('interagency')

/** The entry of the case manager who leads the case now; former ones have an end. */
export const primaryOf = (team: Resource): JsonObject | undefined =>
  primariesOf(team).find((entry) => items(entry.period)[0]?.end === undefined)

/** The id of the PractitionerRole that leads the case now. */
export const primaryRoleOf = (team: Resource): string | undefined => idOf(primaryOf(team)?.member, 'PractitionerRole')

/** The PractitionerRole that leads the case now; undefined for any other record, and for a team that serves nobody now. */
export const leadingRoleOf = (resource: Resource): string | undefined =>
  resource.resourceType === 'CareTeam' && isServing(resource) && isInteragency(resource)
    ? primaryRoleOf(resource)
    : undefined

/** Does a team serve the participant, and not just did? */
export const isServing = (team: Resource): boolean => !ENDED.includes(String(team.status))

/** The states of a team that serves nobody any more. */
export const ENDED: readonly string[] = ['inactive', 'entered-in-error']

const primariesOf = (team: Resource): readonly JsonObject[] =>
  items(team.participant).filter((entry) => codesOf(entry.role, ROLE).includes('primary-case-manager'))

/** One write of the interagency team. */
export type CareTeamStep = {
  readonly before?: Resource
  readonly after: Resource
  /** Who writes: an agency. */
  readonly agency: string
  /** Is it the agency of entry, or the board? */
  readonly leads: boolean
  /** Is it `$transfer-case-manager`? */
  readonly transfers: boolean
  /** The agency that an entry belongs to; undefined for the participant and family, and where nobody can tell. */
  agencyOf(entry: JsonObject): string | undefined
}

/** The issues of one write: `care-team-rule` and `element-immutable`. */
export const checkCareTeam = (step: CareTeamStep): readonly Issue[] => [
  ...checkPrimary(step),
  ...(step.leads || !step.before ? [] : [...checkEntries(step), ...checkElements(step, step.before)]),
  ...checkNotes(step),
]

/** Who leads the case, and who led it, is changed by the operation alone. */
function checkPrimary({ before, after, transfers }: CareTeamStep): readonly Issue[] {
  if (!before || transfers || sameJson(primariesOf(before), primariesOf(after))) return []
  const text =
    'The primary case manager, and who was it before, change only by POST Patient/<id>/$transfer-case-manager; send these entries as they are.'
  return [issue('element-immutable', 'CareTeam.participant', text)]
}

/** An agency adds, changes and removes its own staff, and family; the staff of others is theirs. */
function checkEntries({ before, after, agency, agencyOf }: CareTeamStep): readonly Issue[] {
  const [old, now] = [items(before?.participant), items(after.participant)]
  const isOthers = (entry: JsonObject): boolean => !isFamily(entry) && agencyOf(entry) !== agency
  const added = now.flatMap((entry, index) => (!holds(old, entry) && isOthers(entry) ? [index] : []))
  const removed = old.filter((entry) => !holds(now, entry) && isOthers(entry))
  const advice = `\`${agency}\` adds, changes and removes its own staff and family; the agency of entry and the board also others.`
  return [
    ...added.map((index) => {
      const at = `CareTeam.participant[${index}]`
      return issue('care-team-rule', at, `\`${memberOf(now[index])}\` is no member of your staff. ${advice}`)
    }),
    ...removed.map((entry) => {
      const text = `The entry of \`${memberOf(entry)}\` is missing or changed. ${advice}`
      return issue('care-team-rule', 'CareTeam.participant', text)
    }),
  ]
}

const FREE = ['participant', 'note', 'identifier', 'meta', 'text']

function checkElements({ after }: CareTeamStep, before: Resource): readonly Issue[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => !FREE.includes(name))
  return names
    .filter((name) => !sameJson(before[name], after[name]))
    .map((name) => {
      const text = `\`CareTeam.${name}\` is changed by the agency of entry and the board; send it as it is.`
      return issue('care-team-rule', `CareTeam.${name}`, text)
    })
}

/** What one agency noted, only that agency changes. */
function checkNotes({ before, after, agency }: CareTeamStep): readonly Issue[] {
  const [old, now] = [items(before?.note), items(after.note)]
  const changed = [
    ...now.flatMap((note, index) => (holds(old, note) ? [] : [{ note, at: `CareTeam.note[${index}]` }])),
    ...old.filter((note) => !holds(now, note)).map((note) => ({ note, at: 'CareTeam.note' })),
  ]
  return changed
    .filter(({ note }) => idOf(note.authorReference, 'Organization') !== agency)
    .map(({ at }) => {
      const text = `A note is written, changed and removed by its author alone: \`authorReference\` is \`Organization/${agency}\`.`
      return issue('care-team-rule', at, text)
    })
}

export type CaseManagerNeeds = {
  /** The agency of entry. */
  readonly entry: string | undefined
  /** Instant (ms). */
  readonly now: number
  /** A FHIR date as instants in the hub's time zone. */
  range(text: string): { readonly start: number; readonly end: number }
}

/**
 * What keeps a PractitionerRole from leading the case of a participant of this agency of entry, as the rest of a sentence;
 * undefined where nothing does. `role` undefined: there is none.
 */
export function caseManagerFault(
  role: Resource | undefined,
  { entry, now, range }: CaseManagerNeeds,
): string | undefined {
  if (!role) return 'is no member of staff that the hub holds'
  const agency = idOf(role.organization, 'Organization')
  if (agency !== entry)
    return `works for \`Organization/${String(agency)}\`; the primary case manager is of the agency of entry, \`Organization/${String(entry)}\``
  if (role.active === false) return 'is not active'
  const { start, end } = items(role.period)[0] ?? {}
  if (typeof end === 'string' && range(end).end <= now) return 'has ended'
  return typeof start === 'string' && range(start).start > now ? 'has not begun' : undefined
}

/** A new primary case manager. `now`: instant, as text. */
export type Transfer = {
  /** Id of the PractitionerRole. */
  readonly to: string
  readonly now: string
  /** Who hands the case over, and why. */
  readonly by: string
  readonly reason?: string
}

/** The team after the transfer: the one who led the case has an end, the new one begins. */
export function transferred<T extends Resource>(team: T, transfer: Transfer): T {
  const former = primaryOf(team)
  const participant = items(team.participant).map((entry) =>
    entry === former ? { ...entry, period: { ...items(entry.period)[0], end: transfer.now } } : entry,
  )
  return { ...team, participant: [...participant, primaryEntry(transfer)], ...notesAfter(team, transfer) }
}

/** The interagency team of a participant who has none yet. */
export const newTeam = (participant: string, entry: string, transfer: Transfer): Resource => ({
  resourceType: 'CareTeam',
  status: 'active',
  category: [{ coding: [{ system: CATEGORY, code: 'interagency' }] }],
  subject: { reference: `Patient/${participant}` },
  participant: [primaryEntry(transfer)],
  managingOrganization: [{ reference: `Organization/${entry}` }],
  ...notesAfter(undefined, transfer),
})

function notesAfter(
  team: Resource | undefined,
  { now, by, reason }: Transfer,
): { readonly note?: readonly JsonObject[] } {
  if (reason === undefined) return {}
  const note = { authorReference: { reference: `Organization/${by}` }, time: now, text: reason }
  return { note: [...items(team?.note), note] }
}

const primaryEntry = ({ to, now }: Transfer): JsonObject => ({
  role: [{ coding: [{ system: ROLE, code: 'primary-case-manager' }] }],
  member: { reference: `PractitionerRole/${to}` },
  period: { start: now },
})

const holds = (list: readonly JsonObject[], one: JsonObject): boolean => list.some((other) => sameJson(other, one))

const isFamily = (entry: JsonObject): boolean => /^(RelatedPerson|Patient)\//.test(memberOf(entry))

const memberOf = (entry: JsonObject | undefined): string => String(items(entry?.member)[0]?.reference)

const issue = (detail: Issue['detail'], expression: string, text: string): Issue => ({
  severity: 'error',
  detail,
  expression,
  text,
})
