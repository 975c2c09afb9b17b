/**
 * Free text that comes with the outcome of a referral: a sentence says more about a person than a code, and every agency
 * that may know of the Task reads it. Where the program of the owner is restricted, the Task takes the label of its class.
 */
import type { Json, JsonObject, Resource } from '../../fhir/types.ts'
import { idOf, items, sameJson, textOf } from '../../fhir/element.ts'
import { programsOf } from './area.ts'
import { servicesOf } from './offer.ts'
import { outcomesOf, outputsBeyond, ownerOf } from './task.ts'

/** Where a write of a Task with an outcome has text that the stored one has not: `Task.statusReason.text`, ... */
export function textsWithOutcome(before: Resource | undefined, after: Resource): readonly string[] {
  if (outcomesOf(after).length === 0) return []
  const reason = sameJson(before?.statusReason, after.statusReason) ? [] : items(after.statusReason)
  const notes = items(before?.note)
  const outputs = outputsBeyond(after, before)
  return [
    ...reason.filter(({ text }) => isWritten(text)).map(() => 'Task.statusReason.text'),
    ...items(after.note).flatMap((note, index) =>
      isWritten(note.text) && !notes.some((one) => sameJson(one, note)) ? [`Task.note[${index}].text`] : [],
    ),
    ...items(after.output).flatMap((output, index) =>
      outputs.includes(output) ? textsOf(output).map((name) => `Task.output[${index}].${name}`) : [],
    ),
  ]
}

const isWritten = (value: Json | undefined): boolean => (textOf(value) ?? '').trim() !== ''

const textsOf = ({
  valueString,
  valueMarkdown,
  valueAnnotation,
  valueCodeableConcept,
}: JsonObject): readonly string[] =>
  Object.entries({
    valueString,
    valueMarkdown,
    'valueAnnotation.text': items(valueAnnotation)[0]?.text,
    'valueCodeableConcept.text': items(valueCodeableConcept)[0]?.text,
  }).flatMap(([name, value]) => (isWritten(value) ? [name] : []))

/** The code systems of the service catalogue and of the programs, and every HealthcareService. */
export type ProgramCatalogue = {
  readonly services: JsonObject | undefined
  readonly programs: JsonObject | undefined
  readonly offered: readonly Resource[]
}

/**
 * The restricted classes of the programs in which the owner of a referral offers its service; where it offers it in none,
 * of all programs that the owner provides.
 */
export function classesOfPrograms(task: Resource, request: Resource, catalogue: ProgramCatalogue): readonly string[] {
  const provided = items(catalogue.programs?.concept).flatMap(({ code }) => {
    const own = programsOf(catalogue.offered, textOf(code) ?? '').some(
      (one) => idOf(one.providedBy, 'Organization') === ownerOf(task),
    )
    return own ? (textOf(code) ?? []) : []
  })
  const offering = servicesOf(request).flatMap((service) => propertyOf(catalogue.services, service, 'program'))
  const serving = provided.filter((code) => offering.includes(code))
  const programs = serving.length > 0 ? serving : provided
  return [...new Set(programs.flatMap((code) => propertyOf(catalogue.programs, code, 'restrictedClass')))].sort()
}

const propertyOf = (system: JsonObject | undefined, concept: string, name: string): readonly string[] =>
  items(items(system?.concept).find(({ code }) => code === concept)?.property).flatMap(({ code, valueCode }) =>
    code === name ? (textOf(valueCode) ?? []) : [],
  )
