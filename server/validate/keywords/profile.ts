/** `fhirProfile`: a value meets one of the profiles named on its type. */
import { errorsOf } from '../run.ts'
import { keyword } from './keyword.ts'
import { tagged } from './resource.ts'

export const fhirProfile = keyword<readonly (readonly string[])[]>(
  'fhirProfile',
  ['object', 'string', 'number', 'boolean'],
  (sets, engine) => (run, data: unknown, at) =>
    sets.flatMap((profiles) => {
      const results = profiles.flatMap((url) => {
        const compiled = engine.profile(url)
        return compiled ? [tagged([...errorsOf(compiled, run, data, at)], url)] : []
      })
      // One that is not at hand may be the one that is met.
      if (results.length < profiles.length) return []
      // One profile's faults are told; of several it is enough to meet one, and the nearest miss is told.
      const sorted = results.sort((one, other) => one.length - other.length)
      return sorted[0] ?? []
    }),
)
