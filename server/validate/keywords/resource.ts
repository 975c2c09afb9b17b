/** `fhirResource`: a resource inside another, by its own type and the profiles that it claims. */
import type { ErrorObject } from 'ajv'
import { guessedStructure } from '../guess.ts'
import { nearest } from '../../fhir/nearest.ts'
import { claimed, type Claim } from '../claims.ts'
import { isRepeated } from '../contained.ts'
import { errorOf, errorsOf, guessed, innerRun, type DataAt, type Violation, type Run } from '../run.ts'
import { keyword } from './keyword.ts'
import { show } from './value.ts'

type Resource = Record<string, unknown>

export const fhirResource = keyword<true>('fhirResource', ['object'], () => (run, data: Resource, at) => {
  const isContained = /\/contained\/\d+$/.test(at.instancePath)
  const violation = typeViolation(data, run) ?? (isContained ? idViolation(data, run) : undefined)
  if (violation) return [violation]
  const inner = innerRun(run, data, isContained ? run.container : data)
  const from: DataAt = { ...at, rootData: data }
  const found: (ErrorObject | Violation)[] = [
    ...errorsOf(run.engine.shape(data.resourceType as string), inner, data, from),
  ]
  for (const claim of claimed(data)) {
    const { profile } = claim
    const compiled = run.engine.profile(profile)
    if (compiled) found.push(...tagged(errorsOf(compiled, inner, data, from), profile))
    else found.push(errorOf('fhirResource', unknownProfile(claim, inner), from))
  }
  return found
})

/** Contained resources are told apart by their ids. */
export function idViolation(data: Resource, run: Run): Violation | undefined {
  if (!isRepeated(data, run)) return undefined
  const text = `{at} has the id ${show(data.id)}, which is that of another contained resource. Give each its own.`
  return { detail: 'contained-invalid', text }
}

/** Is it a resource of a type that R4 has? */
export function typeViolation(data: Resource, { engine }: Pick<Run, 'engine'>): Violation | undefined {
  const { resourceType } = data
  if (resourceType === undefined) {
    return { detail: 'element-missing', below: '/resourceType', text: '{at} is missing. A resource says its type.' }
  }
  if (typeof resourceType === 'string' && engine.definitions.isResourceType(resourceType)) return undefined
  const guess = typeof resourceType === 'string' ? nearest(resourceType, engine.definitions.resourceTypes) : undefined
  return {
    detail: 'unknown-type',
    below: '/resourceType',
    text: `{at} is ${show(resourceType)}, which is not a resource type of FHIR R4.${guess ? ` Did you mean \`${guess}\`?` : ''}`,
  }
}

/**
 * An error where the hub's own rules hold; elsewhere the claim could only not be checked, if it is the url of a profile,
 * which is absolute. https://hl7.org/fhir/R4/references.html#canonical
 */
export const unknownProfile = ({ profile, index }: Claim, run: Run): Violation => ({
  detail: 'profile-unknown',
  severity: run.engine.strict || !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(profile) ? 'error' : 'warning',
  below: `/meta/profile/${index}`,
  text: `{at} claims the profile \`${profile}\`, which is not known here. Leave the claim out, or correct the url.${guessed(run, () => guessedStructure(profile, String(run.resource.resourceType), run.engine.definitions))}`,
})

/** Errors with the profile that asked for what they miss, unless a narrower one is named already. */
export function tagged(errors: readonly ErrorObject[], profile: string): readonly ErrorObject[] {
  for (const error of errors) (error as { profile?: string }).profile ??= profile
  return errors
}
