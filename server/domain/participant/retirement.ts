/**
 * Retired participants (`active` false) and the links between records of one person.
 * https://hl7.org/fhir/R4/patient-definitions.html#Patient.link
 */
import { idsAt } from '../../fhir/element-path.ts'
import { items, textOf } from '../../fhir/element.ts'
import type { Resource } from '../../fhir/types.ts'

export const isRetired = (patient: Resource | undefined): boolean => patient?.active === false

/** One `Patient.link`: its type, the participant of the hub that it names (if it is one), its position. */
export type PatientLink = { readonly type: string; readonly id?: string; readonly index: number }

export const linksOf = (patient: Resource | undefined): readonly PatientLink[] =>
  items(patient?.link).map((link, index) => {
    const [id] = idsAt(link, 'other', 'Patient')
    return { type: textOf(link.type) ?? '', index, ...(id === undefined ? {} : { id }) }
  })

/** The record that replaces a retired one. */
export const replacementOf = (patient: Resource | undefined): string | undefined =>
  linksOf(patient).find(({ type }) => type === 'replaced-by')?.id

/** Links that lead on to the record that is to be used: the ones that must not come back to where they began. */
export const LEADS_ON: readonly string[] = ['replaced-by', 'refer']

export const leadsOn = (patient: Resource | undefined): boolean =>
  linksOf(patient).some(({ type }) => LEADS_ON.includes(type))

/** Links of `after` that `before` does not have. */
export function newLinks(before: Resource | undefined, after: Resource): readonly PatientLink[] {
  const old = linksOf(before).map(({ type, id }) => `${type} ${String(id)}`)
  return linksOf(after).filter(({ type, id }) => !old.includes(`${type} ${String(id)}`))
}

/** Does a change retire the participant, bring it back, or say otherwise what replaces it? */
export function changesRetirement(before: Resource, after: Resource): boolean {
  return isRetired(before) !== isRetired(after) || replacementOf(before) !== replacementOf(after)
}
