/** $why and $consent-check: by which records an agency may know. Both look only at what the caller may know. */
import { consentCovers } from '../domain/referral/consent.ts'
import { participantOf } from '../domain/visibility/audience.ts'
import { circleTypes, type OwnedRecord } from '../domain/visibility/circle.ts'
import { reasonsFor, type Reason } from '../domain/visibility/reasons.ts'
import type { VisibilityRule } from '../domain/visibility/rule.ts'
import { idOf } from '../fhir/element.ts'
import { refuse } from '../fhir/outcome.ts'
import { buildParameters, parts, readParameters, value } from '../fhir/parameters.ts'
import { formatInstant } from '../fhir/dates.ts'
import type { Json, JsonObject, Key } from '../fhir/types.ts'
import type { Call, Reply } from '../interactions/call.ts'
import { keyOf, notFound } from '../interactions/target.ts'
import { isDeleted, resourceOf } from '../records/resource.ts'
import { disclosing, insight, unrestricted, type DisclosingView } from '../records/view.ts'
import type { Version } from '../store/store.ts'
import { consentsInForce } from '../write/consents-in-force.ts'
import { aboutParticipant } from '../search/query.ts'
import { parameterAt } from './sent-expression.ts'
import { BOARD } from '../write/reserved-agencies.ts'
import { operationDefinition } from './define.ts'
import type { Operation } from './operation.ts'
import type { ReferralNeeds } from './referrals.ts'

/** For the board and the agency of entry: by which records an agency may know of a record, and since when. */
export const why = (needs: ReferralNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'why')
  return {
    ...definition,
    levels: ['instance'],
    types: typesOf(needs, definition.definition),
    affectsState: false,
    async run(call) {
      const { agency } = readParameters(takes, call)
      const view = disclosing(needs.store, call.caller, call.now)
      const { record, id } = await recordOf(needs, keyOf(call), view)
      const { role, agency: caller } = call.caller
      const participant = await view.resource({ type: 'Patient', id })
      if (!participant) throw notFound(keyOf(call))
      if (role !== 'board' && idOf(participant.managingOrganization, 'Organization') !== caller)
        throw refuse(
          'forbidden',
          `Why an agency may know of a participant is answered to the board and to the agency of entry; \`${caller}\` is neither. \`$consent-check\` answers about yourself.`,
        )
      if (!(await view.read({ type: 'Organization', id: String(agency) })))
        throw refuse(
          'invalid-parameter',
          `\`${String(agency)}\` is no agency of this hub; send its id, such as \`es\`.`,
          {
            expression: parameterAt(call.body, 'agency'),
          },
        )
      return answer(needs, call, view, { record, participant: id, agency: String(agency) })
    },
  }
}

/** For whoever may know of a participant: why the caller itself may. */
export const consentCheck = (needs: ReferralNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'consent-check')
  return {
    ...definition,
    levels: ['system', 'instance'],
    types: typesOf(needs, definition.definition),
    affectsState: false,
    async run(call) {
      const { patient, purpose } = readParameters(takes, call)
      const view = disclosing(needs.store, call.caller, call.now)
      const { record, id } = await recordOf(needs, keyOfCheck(call, patient), view)
      const isPermitted = purpose === undefined || (await isConsented(needs, call, id, String(purpose)))
      const decision = isPermitted ? 'permit' : 'deny'
      return answer(needs, call, view, { record, participant: id, agency: call.caller.agency, decision })
    },
  }
}

/** What is checked: the record of the address, or at the system address the participant that is named. */
function keyOfCheck(call: Call, patient: Json | undefined): Key {
  if (call.id !== undefined && patient === undefined) return keyOf(call)
  const id = idOf(patient, 'Patient')
  if (call.id === undefined && id !== undefined) return { type: 'Patient', id }
  throw refuse(
    'invalid-parameter',
    'Name the participant as `patient` (`Patient/<id>`) in a POST at the system address; at the address of a record leave it out.',
    { expression: parameterAt(call.body, 'patient') },
  )
}

/** Does a consent that holds now permit the caller this purpose? */
async function isConsented(needs: ReferralNeeds, { caller, now }: Call, id: string, purpose: string): Promise<boolean> {
  const { index, range } = needs
  const all = unrestricted(needs.store)
  const reading = { visibility: index.visibility, range, now, read: (key: Key) => all.resource(key) }
  const consents = await insight(needs.store, caller, now).list('Consent', aboutParticipant(id))
  const holding = await consentsInForce(reading, consents)
  return consentCovers(holding, { recipient: caller.agency, now, range, purpose })
}

const typesOf = ({ definitions }: ReferralNeeds, canonical: string): readonly string[] =>
  definitions.find(canonical)?.resource as readonly string[]

const owned = (version: Version): OwnedRecord => ({ resource: resourceOf(version), owner: version.owner })

/** @throws OutcomeError `not-found` where the caller may not know of the record, or it is about no participant */
async function recordOf({ index }: ReferralNeeds, key: Key, view: DisclosingView) {
  const version = await view.read(key)
  if (!version || isDeleted(version)) throw notFound(key)
  const id = participantOf(index.visibility, resourceOf(version))
  if (id === undefined) throw notFound(key)
  return { record: owned(version), id }
}

type RecordAccess = {
  readonly record: OwnedRecord
  readonly participant: string
  readonly agency: string
  /** Of `$consent-check`. */
  readonly decision?: 'permit' | 'deny'
}

async function answer(
  { index, range }: ReferralNeeds,
  call: Call,
  view: DisclosingView,
  { record, participant, agency, decision }: RecordAccess,
): Promise<Reply> {
  const rule: VisibilityRule = index.visibility
  const sources: OwnedRecord[] = []
  for await (const version of view.all({ type: circleTypes(rule), where: aboutParticipant(participant) }))
    sources.push(owned(version))
  const question = { agency, now: call.now, board: BOARD, range }
  const reasons = reasonsFor(rule, record, sources, question)
  const wrote = record.owner === agency ? [parts('reason', [value('because', 'string', 'wrote the record')])] : []
  const resource = buildParameters([
    value('agency', 'Reference', { reference: `Organization/${agency}` }),
    ...(decision === undefined ? [] : [value('decision', 'code', decision)]),
    ...wrote,
    ...reasons.map((one) => parts(one.because === 'denial' ? 'denial' : 'reason', reasonParts(one))),
  ])
  return { status: 200, resource, disclosed: view.disclosed() }
}

const keyIn = ({ resource }: OwnedRecord): Key => ({ type: resource.resourceType, id: String(resource.id) })

function reasonParts({ because, source, membership, classes }: Reason): readonly JsonObject[] {
  const { type, id } = keyIn(source)
  const since = membership.from === undefined ? source.resource.meta?.lastUpdated : formatInstant(membership.from)
  return [
    value('because', 'string', because),
    value('record', 'Reference', { reference: `${type}/${id}` }),
    ...(since === undefined ? [] : [value('since', 'instant', since)]),
    ...(membership.until === undefined ? [] : [value('until', 'instant', formatInstant(membership.until))]),
    ...classes.map((name) => value('class', 'code', name)),
  ]
}
