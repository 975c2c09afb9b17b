/**
 * FHIR delete: the history stays, reads answer 410. A conditional delete deletes the one record that matches, or with
 * `_count` all that match, if they are no more than that. https://hl7.org/fhir/R4/http.html#delete, #cdelete
 */
import { operationOutcome, refuse, type Issue } from '../fhir/outcome.ts'
import { keyText, type Key } from '../fhir/types.ts'
import { insight, type View } from '../records/view.ts'
import type { Guard, Version } from '../store/store.ts'
import type { Call, Handler, Reply } from './call.ts'
import { conditionOf, nothingMatches, without, type Condition } from './conditional.ts'
import type { CreateNeeds } from './create.ts'
import { preconditionsOf } from './if-match.ts'
import { keyOf, requireInteraction } from './target.ts'
import { retryOnConflict } from '../write/conflict.ts'
import { write, type WriteResult } from '../write/pipeline.ts'

export type RemoveNeeds = CreateNeeds & {
  /** How many records one commit may delete. */
  readonly limit: number
}

export const remove =
  (needs: RemoveNeeds): Handler =>
  async (call) => {
    requireInteraction(needs.definitions, call, 'delete')
    if (call.id === undefined) return removeMatching(needs, call)
    const key = keyOf(call)
    const preconditions = preconditionsOf(call)
    return retryOnConflict(async () => {
      const [written] = await write(needs, call, [{ kind: 'remove', key, ...preconditions, at: key.type }])
      return removed(written)
    })
  }

function removed(written: WriteResult | undefined): Reply {
  const version = written?.version
  return { status: 204, ...(version ? { version: version.version, lastModified: version.at } : {}) }
}

async function removeMatching(needs: RemoveNeeds, call: Call): Promise<Reply> {
  const condition = deletionOf(needs, call)
  const preconditions = preconditionsOf(call)
  const { type = '' } = call
  return retryOnConflict(async () => {
    const view = insight(needs.store, call.caller, call.now)
    const { versions, guards } = await matchesOf(view, condition)
    if (versions.length === 0) {
      if (call.ifMatch !== undefined) throw nothingMatches(condition)
      return { status: 204 }
    }
    const changes = versions.map(({ id }) => ({
      kind: 'remove' as const,
      key: { type, id },
      ...preconditions,
      at: type,
    }))
    const written = await write(needs, { ...call, view }, changes, { guards })
    return condition.count === undefined
      ? removed(written[0])
      : { status: 200, resource: operationOutcome(deletedIssues(versions)) }
  })
}

/** Which records a deletion of several deleted. */
export const deletedIssues = (keys: readonly Key[]): readonly Issue[] => [
  { ...DELETED, text: `Deleted: ${keys.map((one) => `\`${keyText(one)}\``).join(', ')}.` },
]

const DELETED = { severity: 'information', detail: 'deleted', code: 'informational' } as const satisfies Omit<
  Issue,
  'text'
>

/** A condition, and how many records it may match: one, or as many as `_count` says. */
export type Deletion = Condition & { readonly count?: number }

/** The condition of a deletion. @throws OutcomeError `invalid-parameter` */
export function deletionOf(needs: RemoveNeeds, call: Call): Deletion {
  const counts = call.params.filter(([name]) => name === '_count')
  const condition = conditionOf(
    needs,
    call,
    call.params.filter(([name]) => name !== '_count'),
  )
  const [count, another] = counts
  if (!count) return condition
  const most = Number(count[1])
  if (another || !/^[1-9]\d{0,8}$/.test(count[1]) || most > needs.limit)
    throw refuse(
      'invalid-parameter',
      `\`_count\` of a deletion is how many records it may delete, once, from 1 to ${needs.limit}.`,
    )
  return { ...condition, count: most }
}

/** All that match, and the guard by which no other comes to match. @throws OutcomeError `multiple-matches` */
export async function matchesOf(
  view: View,
  { query, text, count }: Deletion,
): Promise<{ readonly versions: readonly Version[]; readonly guards: readonly Guard[] }> {
  const most = count ?? 1
  const { versions } = await view.find({ ...query, limit: most + 1 })
  if (versions.length > most) throw tooMany(String(query.type), text, count)
  return { versions, guards: [{ none: { ...without(query, String(query.type), versions), limit: 1 } }] }
}

const tooMany = (type: string, text: string, count: number | undefined) =>
  count === undefined
    ? refuse(
        'multiple-matches',
        `The condition \`${type}?${text}\` matches several records. Make it name one, or send \`_count\` with the number of records that it may delete.`,
      )
    : refuse(
        'multiple-matches',
        `The condition \`${type}?${text}\` matches more than the ${count} records of \`_count\`.`,
      )
