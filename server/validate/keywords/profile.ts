/** `fhirProfile`, `fhirImposed`: profiles that a value meets, because its type or its profile asks for them. */
import { runSchema } from '../violation.ts'
import { keyword } from './keyword.ts'
import { withProfile } from './resource.ts'

/** It meets one of each set; of several, the nearest miss is told. */
export const fhirProfile = keyword<readonly (readonly string[])[]>(
  'fhirProfile',
  ['object', 'string', 'number', 'boolean'],
  (sets, engine) => (context, data: unknown, at) =>
    sets.flatMap((profiles) => {
      const results = profiles.flatMap((url) => {
        const compiled = engine.profileSchema(url)
        return compiled ? [withProfile([...runSchema(compiled, context, data, at)], url)] : []
      })
      // One that is not at hand may be the one that is met.
      if (results.length < profiles.length) return []
      // One profile's faults are told; of several it is enough to meet one, and the nearest miss is told.
      const sorted = results.sort((one, other) => one.length - other.length)
      return sorted[0] ?? []
    }),
)

/** Profiles that are being asked of a resource: two that impose each other are asked once. */
const inProgress = new WeakMap<object, Set<string>>()

/** https://hl7.org/fhir/extensions/StructureDefinition-structuredefinition-imposeProfile.html */
export const fhirImposed = keyword<readonly string[]>('fhirImposed', ['object'], (urls, engine) => {
  return (context, data: object, at) => {
    const urlsInProgress = inProgress.get(data) ?? new Set<string>()
    inProgress.set(data, urlsInProgress)
    return urls.flatMap((url) => {
      const compiled = urlsInProgress.has(url) ? undefined : engine.profileSchema(url)
      if (!compiled) return []
      urlsInProgress.add(url)
      try {
        return withProfile([...runSchema(compiled, context, data, at)], url)
      } finally {
        urlsInProgress.delete(url)
      }
    })
  }
})
