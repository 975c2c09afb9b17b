/**
 * The condition by which an update, a patch or a deletion names its record: `PUT Patient?identifier=x`. It is decided
 * in the commit: what is written is the version that matched, and the commit holds only if no other record matches.
 * https://hl7.org/fhir/R4/http.html#cond-update, #cdelete
 */
import { refuse } from '../fhir/outcome.ts'
import type { Key } from '../fhir/types.ts'
import type { View } from '../records/view.ts'
import type { Filter, Query } from '../search/query.ts'
import type { Guard, Version } from '../store/store.ts'
import type { Call } from './call.ts'
import { criteriaOf, type SearchNeeds } from './criteria.ts'

/** What a record must meet, as the caller searches. `text`: as it was sent, for errors. */
export type Condition = { readonly query: Query; readonly text: string }

/** The record that matches, if there is one, and the guard by which no other comes to match until the commit. */
export type Match = { readonly version?: Version; readonly guards: readonly Guard[] }

/** The condition in the address of a call. @throws OutcomeError `invalid-parameter` where there is none */
export function conditionOf(needs: SearchNeeds, call: Call, params: Call['params'] = call.params): Condition {
  const { type = '', method } = call
  const text = conditionText(params)
  if (params.length === 0)
    throw refuse(
      'invalid-parameter',
      `${method} \`${type}\` needs the id of a record (\`${type}/abc\`) or a condition (\`${type}?identifier=system|value\`).`,
    )
  return { query: criteriaOf(needs, call, type, params), text }
}

export const conditionText = (params: Call['params']): string =>
  params.map(([name, value]) => `${name}=${value}`).join('&')

/** @throws OutcomeError `multiple-matches` (412) */
export async function matchOf(view: View, { query, text }: Condition): Promise<Match> {
  const { versions } = await view.find({ ...query, limit: 2 })
  const [version, another] = versions
  if (another) throw multipleMatches(String(query.type), text)
  if (!version) return { guards: [{ none: { ...query, limit: 1 } }] }
  return { version, guards: [{ none: { ...without(query, version.type, [version]), limit: 1 } }] }
}

export const multipleMatches = (type: string, text: string) =>
  refuse('multiple-matches', `The condition \`${type}?${text}\` matches several records; make it name one.`)

export const nothingMatches = ({ query, text }: Condition) =>
  refuse(
    'version-conflict',
    `\`${String(query.type)}?${text}\` matches no record that you may know of, so If-Match cannot hold.`,
  )

/** The query without these records of its type. */
export function without(query: Query, type: string, keys: readonly Key[]): Query {
  const ids = keys.filter((key) => key.type === type).map(({ id }) => id)
  if (ids.length === 0) return query
  const where: Filter = { op: 'and', of: [query.where, { op: 'not', of: { op: 'id', ids } }] }
  return { ...query, where }
}
