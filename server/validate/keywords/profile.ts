/** `fhirProfile`, `fhirImposed`: profiles that a value must meet, by its type or by its profile. */
import { runSchema } from '../violation.ts'
import { keyword } from './keyword.ts'
import { withProfile } from './resource.ts'

/** The value must meet one profile of each set; else the profile with the fewest errors is reported. */
export const fhirProfile = keyword<readonly (readonly string[])[]>(
  'fhirProfile',
  ['object', 'string', 'number', 'boolean'],
  (sets, engine) => (context, data: unknown, at) =>
    sets.flatMap((profiles) => {
      const results = profiles.flatMap((url) => {
        const compiled = engine.profileSchema(url)
        return compiled ? [withProfile([...runSchema(compiled, context, data, at)], url)] : []
      })
      // A profile that is not defined here may be met.
      if (results.length < profiles.length) return []
      const sorted = results.sort((one, other) => one.length - other.length)
      return sorted[0] ?? []
    }),
)

/** Profiles under check, by resource: two profiles that impose each other are checked once. */
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
