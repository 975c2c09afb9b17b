/** `fhirResource`: a resource inside another one is checked against its type and the profiles that it claims. */
import type { JsonObject } from '../../fhir/types.ts'
import type { ErrorObject } from 'ajv'
import { suggestStructure } from '../did-you-mean.ts'
import { nearest } from '../../fhir/nearest.ts'
import { claimedProfiles, type ProfileClaim } from '../claimed-profiles.ts'
import { hasDuplicateId } from '../contained.ts'
import { toAjvError, runSchema, type Violation } from '../violation.ts'
import { suggestion } from '../did-you-mean.ts'
import { createInnerContext } from '../create-context.ts'
import type { DataPosition, CheckContext } from '../check-context.ts'
import { keyword } from './keyword.ts'
import { show } from './value.ts'

export const fhirResource = keyword<true>('fhirResource', ['object'], () => (context, data: JsonObject, at) => {
  const isContained = /\/contained\/\d+$/.test(at.instancePath)
  const violation = typeViolation(data, context) ?? (isContained ? idViolation(data, context) : undefined)
  if (violation) return [violation]
  const inner = createInnerContext(context, data, isContained ? context.container : data)
  const from: DataPosition = { ...at, rootData: data }
  const found: (ErrorObject | Violation)[] = [
    ...runSchema(context.engine.typeSchema(data.resourceType as string), inner, data, from),
  ]
  for (const claim of claimedProfiles(data)) {
    const { profile } = claim
    const compiled = context.engine.profileSchema(profile)
    if (compiled) found.push(...withProfile(runSchema(compiled, inner, data, from), profile))
    else found.push(toAjvError('fhirResource', unknownProfile(claim, inner), from))
  }
  return found
})

/** The id of a contained resource is unique in its container. */
export function idViolation(data: JsonObject, context: CheckContext): Violation | undefined {
  if (!hasDuplicateId(data, context)) return undefined
  const text = `{at} has the id ${show(data.id)}, which is that of another contained resource. Give each its own.`
  return { detail: 'contained-invalid', text }
}

/** The violation of a resource whose type is missing or not in R4. */
export function typeViolation(data: JsonObject, { engine }: Pick<CheckContext, 'engine'>): Violation | undefined {
  const { resourceType } = data
  if (resourceType === undefined) {
    return { detail: 'element-missing', below: '/resourceType', text: '{at} is missing. A resource has a type.' }
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
 * An error under the hub's rules. Otherwise a warning, since the profile cannot be checked; an error if the url is not
 * absolute. https://hl7.org/fhir/R4/references.html#canonical
 */
export const unknownProfile = ({ profile, index }: ProfileClaim, context: CheckContext): Violation => ({
  detail: 'profile-unknown',
  severity: context.engine.strict || !/^[A-Za-z][A-Za-z0-9+.-]*:/.test(profile) ? 'error' : 'warning',
  below: `/meta/profile/${index}`,
  text: `{at} claims the profile \`${profile}\`, which is not defined here. Leave the claim out, or correct the url.${suggestion(context, () => suggestStructure(profile, String(context.resource.resourceType), context.engine.definitions))}`,
})

/** Adds the profile to its errors, unless they have an inner profile already. */
export function withProfile(errors: readonly ErrorObject[], profile: string): readonly ErrorObject[] {
  for (const error of errors) (error as { profile?: string }).profile ??= profile
  return errors
}
