/**
 * AuditEvents that the hub writes about look-ups of persons and duplicates: known to the board alone (capability/rules/visibility.json).
 * https://hl7.org/fhir/R4/auditevent.html
 */
import { codeSystem, profileUrl } from '../fhir/canonical.ts'
import { formatInstant } from '../fhir/dates.ts'
import type { Caller, Json, JsonObject, Resource } from '../fhir/types.ts'
import type { Write } from '../store/store.ts'
import type { RecordIndex } from './record-index.ts'
import { BOARD, HUB } from './reserved-agencies.ts'

/** What was done: a code of CodeSystem/audit-event-subtype. */
export type AuditSubtype = 'match' | 'request-access' | 'ssn-attempt' | 'duplicate-service' | 'withdrawal'

export type AuditedAct = {
  readonly subtype: AuditSubtype
  /** https://hl7.org/fhir/R4/valueset-audit-event-outcome.html: success, or not. */
  readonly outcome: '0' | '4'
  /** A sentence for the board. */
  readonly text: string
  /** The participants concerned, by id. */
  readonly participants?: readonly string[]
  /** The signed consent by which the caller acted; kept in the event. */
  readonly consent?: Resource
}

/** The AuditEvent of an act, under a new id. */
export function auditEvent(
  id: string,
  caller: Caller,
  now: number,
  act: AuditedAct,
): Resource & { readonly id: string } {
  const { subtype, outcome, text, participants = [], consent } = act
  const contained = consent ? { ...consent, id: 'consent' } : undefined
  const entity: Json[] = [
    ...participants.map((one): JsonObject => ({ what: { reference: `Patient/${one}` }, type: PERSON })),
    ...(contained ? [{ what: { reference: '#consent' } }] : []),
  ]
  return {
    resourceType: 'AuditEvent',
    id,
    meta: { profile: [profileUrl('hub-audit-event')] },
    ...(contained ? { contained: [contained as unknown as Json] } : {}),
    type: { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' },
    subtype: [{ system: codeSystem('audit-event-subtype'), code: subtype }],
    action: 'E',
    recorded: formatInstant(now),
    outcome,
    outcomeDesc: text,
    agent: [{ who: { reference: `Organization/${caller.agency}` }, requestor: true }],
    source: { observer: { display: 'No Wrong Door' } },
    ...(entity.length > 0 ? { entity } : {}),
  }
}

const PERSON: JsonObject = { system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type', code: '1' }

/**
 * The write of an AuditEvent. It has no entries for its references (see index-entries.ts): that somebody was looked up
 * keeps nobody from deleting a record.
 */
export const auditWrite = (
  { extract }: Pick<RecordIndex, 'extract'>,
  resource: Resource & { readonly id: string },
): Write => ({
  kind: 'put',
  method: 'POST',
  resource,
  entries: extract(resource),
  audience: [{ agency: BOARD }],
  author: HUB,
  expect: 'absent',
})
