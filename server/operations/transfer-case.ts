/**
 * $transfer-case-manager: hands the case of a participant to another member of staff of the agency of entry. The one who
 * led it stays in the team with an end date. A participant without a team gets one. Defined in capability/operations.
 */
import { idOf, textOf } from '../fhir/element.ts'
import { formatInstant } from '../fhir/dates.ts'
import { refuse } from '../fhir/outcome.ts'
import { readParameters, type Values } from '../fhir/parameters.ts'
import type { Resource } from '../fhir/types.ts'
import type { ReadDate } from '../domain/visibility/circle.ts'
import { caseManagerFault, newTeam, primaryRoleOf, transferred, type Transfer } from '../domain/staff/care-team.ts'
import type { Call } from '../interactions/call.ts'
import { replyOf } from '../interactions/read.ts'
import { keyOf, notFound } from '../interactions/target.ts'
import { currentResource, resourceOf } from '../records/resource.ts'
import { disclosing, insight, type View } from '../records/view.ts'
import type { Version } from '../store/store.ts'
import type { Change } from '../write/change.ts'
import { retryOnConflict } from '../write/conflict.ts'
import type { WriteNeeds } from '../write/needs.ts'
import { write } from '../write/pipeline.ts'
import { interagencyTeamsOf } from '../write/rules/care-team.ts'
import { operationDefinition } from './define.ts'
import type { Operation } from './operation.ts'
import { issuesAsSent } from './sent-expression.ts'

export type TransferNeeds = WriteNeeds & { readonly range: ReadDate; newId(): string }

export const transferCaseManager = (needs: TransferNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'transfer-case-manager')
  return {
    ...definition,
    levels: ['instance'],
    types: ['Patient'],
    affectsState: true,
    async run(call) {
      const given = readParameters(takes, call)
      return issuesAsSent(call, PARAMETERS, () =>
        retryOnConflict(async () => {
          const view = insight(needs.store, call.caller, call.now)
          await view.readMany([keyOf(call), { type: 'PractitionerRole', id: roleIn(given, 'to') }])
          const entry = await agencyOfEntry(view, call)
          const transfer = await transferOf(needs, { call, view }, { given, entry })
          const [listed] = await view.list('CareTeam', interagencyTeamsOf(keyOf(call).id))
          const team = listed && (await view.read({ type: 'CareTeam', id: listed.id }))
          // Sent again, the same transfer has the same answer.
          if (!isDone(team, transfer)) checkFrom(given, team)
          const version = isDone(team, transfer)
            ? team
            : await commitTransfer({ needs, call, view }, { entry, team, transfer })
          const answer = disclosing(needs.store, call.caller, call.now)
          answer.disclose(version)
          return { ...replyOf(version), disclosed: answer.disclosed() }
        }),
      )
    },
  }
}

/** @throws OutcomeError where the caller may not know of the participant, or is not the one to hand over the case */
async function agencyOfEntry(view: View, call: Call): Promise<string> {
  const key = keyOf(call)
  const patient = await view.resource(key)
  if (!patient) throw notFound(key)
  const entry = idOf(patient.managingOrganization, 'Organization') ?? ''
  if (call.caller.role !== 'agency' || call.caller.agency === entry) return entry
  throw refuse(
    'forbidden',
    `The case of this participant is led by the agency of entry, \`Organization/${entry}\`, which alone hands it over; \`${call.caller.agency}\` serves the participant.`,
  )
}

type Given = { readonly given: Values; readonly entry: string }

async function transferOf(
  { range }: TransferNeeds,
  { call, view }: Pick<Attempt, 'call' | 'view'>,
  { given, entry }: Given,
): Promise<Transfer> {
  const to = roleIn(given, 'to')
  const fault = caseManagerFault(await view.resource({ type: 'PractitionerRole', id: to }), {
    entry,
    now: call.now,
    range,
  })
  if (fault !== undefined)
    throw refuse('care-team-rule', `\`to\`: \`PractitionerRole/${to}\` ${fault}.`, { expression: parameterOf('to') })
  const reason = textOf(given.reason)
  return { to, now: formatInstant(call.now), by: call.caller.agency, ...(reason === undefined ? {} : { reason }) }
}

function roleIn(given: Values, name: string): string {
  const id = idOf(given[name], 'PractitionerRole')
  if (id !== undefined) return id
  throw refuse(
    'invalid-parameter',
    `\`${name}\` must refer to the role of a member of staff, as \`PractitionerRole/<id>\`.`,
    { expression: parameterOf(name) },
  )
}

const parameterOf = (name: string): string => `Parameters.parameter.where(name = '${name}')`
const PARAMETERS = Object.fromEntries(['to', 'from'].map((name) => [parameterOf(name), name]))

/** The caller may name who leads the case, as far as it knows. */
function checkFrom(given: Values, team: Version | undefined): void {
  if (given.from === undefined) return
  const [from, leads] = [roleIn(given, 'from'), leaderOf(team)]
  if (from === leads) return
  const who = leads === undefined ? 'nobody' : `\`PractitionerRole/${leads}\``
  throw refuse(
    'case-manager-changed',
    `\`from\` is \`PractitionerRole/${from}\`, but ${who} leads the case now. Read the CareTeam, and send the transfer again if it still holds.`,
    { expression: parameterOf('from') },
  )
}

function leaderOf(team: Version | undefined): string | undefined {
  const current = currentResource(team)
  return current && primaryRoleOf(current)
}

const isDone = (team: Version | undefined, { to }: Transfer): team is Version =>
  team !== undefined && leaderOf(team) === to

type Attempt = { readonly needs: TransferNeeds; readonly call: Call; readonly view: View }
type Step = { readonly entry: string; readonly team: Version | undefined; readonly transfer: Transfer }

/** @throws OutcomeError, and WriteConflict when another write changed the team meanwhile */
async function commitTransfer({ needs, call, view }: Attempt, { entry, team, transfer }: Step): Promise<Version> {
  const resource: Resource = team ? transferred(resourceOf(team), transfer) : newTeam(keyOf(call).id, entry, transfer)
  const change: Change = {
    kind: 'put',
    create: team === undefined,
    resource: { ...resource, id: team?.id ?? needs.newId() },
    ...(team ? { ifMatch: [team.version] } : {}),
    transfersCase: true,
    at: 'CareTeam',
  }
  const [result] = await write(needs, { ...call, view }, [change])
  return result!.version!
}
