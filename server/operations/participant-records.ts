/** Which records are about a participant: by the visibility rule of the hub, or by the compartment of R4. */
import { compartments } from '../interactions/compartment.ts'
import type { Definitions } from '../definitions/definitions.ts'
import type { VisibilityRule } from '../domain/visibility/rule.ts'
import { inCompartment } from '../search/compartment.ts'
import { aboutParticipant, type Filter } from '../search/query.ts'

export type ParticipantRecords = {
  readonly types: readonly string[]
  /** Types of records that these refer to and are shown with them. */
  readonly referred: readonly string[]
  /** Those of these types that are about the participant. */
  about(id: string, types: readonly string[]): Filter
}

type RecordsNeeds = { readonly definitions: Definitions; readonly visibility: VisibilityRule }

const itself = (id: string): Filter => ({
  op: 'and',
  of: [
    { op: 'type', types: ['Patient'] },
    { op: 'id', ids: [id] },
  ],
})

/** With the rules between agencies. */
export const recordsByVisibility = ({ visibility }: RecordsNeeds): ParticipantRecords => ({
  types: Object.keys(visibility.participant),
  referred: visibility.everyone,
  about: aboutParticipant,
})

/**
 * With open rules: "all the information related to one or more patients", the compartment of the Patient and "any resources
 * referenced from those". https://hl7.org/fhir/R4/patient-operation-everything.html
 */
export function recordsByCompartment({ definitions }: RecordsNeeds): ParticipantRecords {
  const compartment = compartments(definitions).find(({ code }) => code === 'Patient')
  if (compartment === undefined) return { types: ['Patient'], referred: [], about: itself }
  const { members } = compartment
  return {
    types: [...new Set(['Patient', ...members.keys()])],
    referred: definitions.capabilities.map(({ type }) => type).filter((type) => !members.has(type)),
    about: (id, types) => ({ op: 'or', of: [itself(id), inCompartment(compartment, { type: 'Patient', id }, types)] }),
  }
}
