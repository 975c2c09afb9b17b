/** $jobs: the jobs of the hub with their states, for its operators. For the board alone. */
import { buildParameters, parts, readParameters, value } from '../fhir/parameters.ts'
import { refuse } from '../fhir/outcome.ts'
import type { Json, JsonObject } from '../fhir/types.ts'
import { JOB_KINDS } from '../jobs/kinds.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { JOB_STATES } from '../store/job-state.ts'
import type { JobCursor, ListedJob, Store } from '../store/store.ts'
import { operationDefinition } from './define.ts'
import type { Operation } from './operation.ts'

const COUNT = 50
const MOST = 200

export const listJobs = ({ store, definitions }: { store: Store; definitions: Definitions }): Operation => {
  const { takes, ...named } = operationDefinition(definitions, 'jobs')
  return {
    ...named,
    levels: ['system'],
    types: [],
    affectsState: false,
    boardOnly: true,
    async run(call) {
      const given = readParameters(takes, call)
      const states = oneOf('state', given.state, JOB_STATES)
      const kinds = oneOf(
        'kind',
        given.kind,
        JOB_KINDS.map(({ kind }) => kind),
      )
      const { jobs, next } = await store.jobs.list({
        ...(states.length > 0 ? { states } : {}),
        ...(kinds.length > 0 ? { kinds } : {}),
        ...(given.cursor === undefined ? {} : { after: parseCursor(given.cursor) }),
        limit: countOf(given.count),
        withoutPayload: true,
      })
      return {
        status: 200,
        resource: buildParameters([
          ...jobs.map(jobParameter),
          ...(next ? [value('next', 'string', formatCursor(next))] : []),
        ]),
      }
    },
  }
}

function jobParameter({ kind, key, state, attempts, due, leasedUntil, error }: ListedJob): JsonObject {
  return parts('job', [
    value('kind', 'code', kind),
    value('key', 'string', key),
    value('state', 'code', state),
    value('attempts', 'unsignedInt', attempts),
    value('due', 'instant', new Date(due).toISOString()),
    ...(leasedUntil === undefined ? [] : [value('leasedUntil', 'instant', new Date(leasedUntil).toISOString())]),
    ...(error === undefined ? [] : [value('error', 'string', error)]),
  ])
}

/** Values of a parameter that repeats; in an address several may also be written with commas. */
function oneOf<T extends string>(name: string, given: Json | undefined, allowed: readonly T[]): readonly T[] {
  const values = Array.isArray(given) ? given.flatMap((one) => String(one).split(',')) : []
  return values.map((text) => {
    const found = allowed.find((one) => one === text)
    if (found !== undefined) return found
    throw refuse('invalid-parameter', `\`${name}\` is \`${text.slice(0, 100)}\`; it takes ${allowed.join(', ')}.`)
  })
}

function countOf(given: Json | undefined): number {
  if (given === undefined) return COUNT
  if (typeof given === 'number' && given >= 1 && given <= MOST) return given
  throw refuse('invalid-parameter', `\`count\` is \`${String(given)}\`; it takes 1 to ${MOST}.`)
}

const formatCursor = (cursor: JobCursor): string => Buffer.from(JSON.stringify(cursor)).toString('base64url')

function parseCursor(given: Json): JobCursor {
  try {
    const [due, kind, key] = JSON.parse(Buffer.from(String(given), 'base64url').toString()) as JobCursor
    if (typeof due === 'number' && typeof kind === 'string' && typeof key === 'string') return [due, kind, key]
  } catch {
    // No JSON: refused below.
  }
  throw refuse('invalid-parameter', '`cursor` is not one that the hub gave; send the value of `next` as it came.')
}
