/** $retry-job: makes a failed job ready again. For the board alone. */
import type { Definitions } from '../definitions/definitions.ts'
import { refuse } from '../fhir/outcome.ts'
import { buildParameters, readParameters } from '../fhir/parameters.ts'
import type { Store } from '../store/store.ts'
import { operationDefinition } from './define.ts'
import type { Operation } from './operation.ts'

export const retryJob = ({ store, definitions }: { store: Store; definitions: Definitions }): Operation => {
  const { takes, ...named } = operationDefinition(definitions, 'retry-job')
  return {
    ...named,
    levels: ['system'],
    types: [],
    affectsState: true,
    boardOnly: true,
    async run(call) {
      const given = readParameters(takes, call)
      const [kind, key] = [String(given.kind), String(given.key)]
      if (await store.jobs.retry(kind, key, call.now)) return { status: 200, resource: buildParameters([]) }
      throw refuse(
        'not-found',
        `There is no failed job of kind \`${kind.slice(0, 100)}\` with the key \`${key.slice(0, 100)}\`. See \`$jobs?state=failed\` for those that there are.`,
      )
    },
  }
}
