/** Care teams: one interagency team for each participant, led by a case manager of the agency of entry. */
import { refuse } from '../../fhir/outcome.ts'
import { idOf, items } from '../../fhir/element.ts'
import { keyText, type JsonObject, type Resource } from '../../fhir/types.ts'
import {
  caseManagerFault,
  CATEGORY,
  checkCareTeam,
  ENDED,
  isInteragency,
  isServing,
  primaryOf,
  primaryRoleOf,
} from '../../domain/staff/care-team.ts'
import { aboutParticipant, type Filter } from '../../search/query.ts'
import type { PreparedChange } from '../change.ts'
import { LEADS } from '../index-entries.ts'
import type { PendingState } from '../pending-state.ts'
import type { RuleTables } from '../rule-tables.ts'
import type { Rule, RuleResult } from './rule.ts'

type CareTeamTables = Pick<RuleTables, 'range'>

export const careTeamRules = (tables: CareTeamTables): readonly Rule[] => [
  { types: ['CareTeam'], check: mayChange },
  { types: ['CareTeam'], check: changesOwnEntries },
  { types: ['CareTeam'], check: (change, state) => hasCaseManager(tables, change, state) },
  { types: ['CareTeam'], check: isOnlyTeam },
  { types: ['PractitionerRole'], check: leadsNoCase },
]

/** As a condition: the interagency teams that serve a participant. */
export const interagencyTeamsOf = (participant: string): Filter => ({
  op: 'and',
  of: [
    aboutParticipant(participant),
    { op: 'token', param: 'category', system: CATEGORY, code: 'interagency' },
    { op: 'not', of: { op: 'or', of: ENDED.map((code) => ({ op: 'token', param: 'status', code })) } },
  ],
})

/** The agency of entry of the participant whom a team serves; undefined where the caller may not know of the participant. */
async function agencyOfEntry(team: Resource, state: PendingState): Promise<string | undefined> {
  const id = idOf(team.subject, 'Patient')
  const patient = id === undefined ? undefined : await state.read({ type: 'Patient', id })
  return patient && idOf(patient.managingOrganization, 'Organization')
}

/** The interagency team is made by the agency of entry; the team of an agency is changed by that agency. */
async function mayChange({ key, before, after, stored }: PreparedChange, state: PendingState): Promise<RuleResult> {
  const team = after ?? before
  if (!team || state.caller.role !== 'agency') return {}
  const { agency } = state.caller
  if (isInteragency(before ?? team)) {
    const entry = await agencyOfEntry(team, state)
    if (before && !after)
      throw refuse(
        'forbidden',
        `\`${keyText(key)}\` says who led the case and is deleted by the board alone. Set its status to \`entered-in-error\` instead.`,
      )
    if (before || entry === undefined || entry === agency) return {}
    throw refuse(
      'forbidden',
      `The interagency team of a participant is made by the agency of entry, \`Organization/${entry}\`. Make a team of your own agency (category \`agency\`), or ask the agency of entry to make it.`,
    )
  }
  if (!stored || !before || stored.owner === agency) return {}
  throw refuse(
    'forbidden',
    `\`${keyText(key)}\` is the team of another agency, which alone may change it; \`${agency}\` may read it.`,
  )
}

async function changesOwnEntries({ change, before, after }: PreparedChange, state: PendingState): Promise<RuleResult> {
  const { caller } = state
  if (!after || caller.role === 'hub' || !isInteragency(after)) return {}
  const leads = caller.role === 'board' || (await agencyOfEntry(after, state)) === caller.agency
  const entries = leads ? [] : [...items(before?.participant), ...items(after.participant)]
  const agencies = new Map(
    await Promise.all(entries.map(async (entry) => [entry, await agencyOf(entry, state)] as const)),
  )
  return {
    issues: checkCareTeam({
      ...(before ? { before } : {}),
      after,
      agency: caller.agency,
      leads,
      transfers: change.kind === 'put' && change.transfersCase === true,
      agencyOf: (entry) => agencies.get(entry),
    }),
  }
}

/** The agency that an entry names: itself, in its PractitionerRole, or as `onBehalfOf`. */
async function agencyOf(entry: JsonObject, state: PendingState): Promise<string | undefined> {
  const named = idOf(entry.member, 'Organization') ?? idOf(entry.onBehalfOf, 'Organization')
  if (named !== undefined) return named
  const id = idOf(entry.member, 'PractitionerRole')
  const role = id === undefined ? undefined : await state.read({ type: 'PractitionerRole', id })
  return role && idOf(role.organization, 'Organization')
}

/** A new primary case manager is an active member of staff of the agency of entry, and is so still in the commit. */
async function hasCaseManager(
  { range }: CareTeamTables,
  { before, after, at }: PreparedChange,
  state: PendingState,
): Promise<RuleResult> {
  const id = after && primaryRoleOf(after)
  if (!after || id === undefined || (before && primaryRoleOf(before) === id)) return {}
  const entry = await agencyOfEntry(after, state)
  if (entry === undefined) return {}
  const key = { type: 'PractitionerRole', id }
  const fault = caseManagerFault(await state.read(key), { entry, now: state.now, range })
  if (fault !== undefined) {
    const index = items(after.participant).indexOf(primaryOf(after)!)
    const text = `\`${keyText(key)}\` ${fault}.`
    return {
      issues: [{ severity: 'error', detail: 'care-team-rule', text, expression: `${at}.participant[${index}].member` }],
    }
  }
  if (state.changes.some((one) => keyText(one.key) === keyText(key))) return {}
  const version = await state.view.read(key)
  return version ? { guards: [{ key, expect: { version: [version.version] } }] } : {}
}

/** One interagency team serves each participant; the guard holds that no other comes up meanwhile. */
async function isOnlyTeam({ key, after, at }: PreparedChange, state: PendingState): Promise<RuleResult> {
  const participant = after && idOf(after.subject, 'Patient')
  if (!after || participant === undefined || !isInteragency(after) || !isServing(after)) return {}
  const where = interagencyTeamsOf(participant)
  const other = (await state.find('CareTeam', where)).find((one) => one.id !== key.id)
  if (other) {
    const text = `\`CareTeam/${String(other.id)}\` is already the interagency team of the participant; update that one.`
    return { issues: [{ severity: 'error', detail: 'care-team-rule', text, expression: `${at}.category` }] }
  }
  const ids = state.changes.filter((one) => one.key.type === 'CareTeam').map((one) => one.key.id)
  const others: Filter = { op: 'and', of: [where, { op: 'not', of: { op: 'id', ids } }] }
  return { guards: [{ none: state.view.query({ type: 'CareTeam', where: others, limit: 1 }) }] }
}

/** How many of the teams the refusal names. */
const NAMED = 5

/** Who leads a case does not leave before the case is handed over; the guard holds that no case comes up meanwhile. */
async function leadsNoCase({ key, before, after, at }: PreparedChange, state: PendingState): Promise<RuleResult> {
  if (!before || !after || before.active === false || after.active !== false) return {}
  const where: Filter = {
    op: 'and',
    of: [
      { op: 'reference', param: LEADS, ...key },
      { op: 'not', of: { op: 'id', ids: state.changes.map((one) => one.key.id) } },
    ],
  }
  const { versions } = await state.view.find({ type: 'CareTeam', where, limit: NAMED })
  if (versions.length === 0) return { guards: [{ none: state.view.query({ type: 'CareTeam', where, limit: 1 }) }] }
  const names = versions.map((one) => `\`${keyText(one)}\``).join(', ')
  const text = `\`${keyText(key)}\` leads cases: ${names}. Hand each over by POST Patient/<id>/$transfer-case-manager before the role ends.`
  return { issues: [{ severity: 'error', detail: 'care-team-rule', text, expression: `${at}.active` }] }
}
