/** The records as a transaction leaves them, as far as its author may know of them: what its conditions are decided by. */
import type { Key, Resource } from '../fhir/types.ts'
import type { View } from '../records/view.ts'
import { match, type IndexedRecord } from '../search/match.ts'
import type { Query } from '../search/query.ts'
import type { Guard } from '../store/store.ts'
import type { Call } from './call.ts'
import { multipleMatches, without } from './conditional.ts'
import type { CreateNeeds } from './create.ts'

export type TransactionState = {
  /** Would the resource, as it was sent, match? */
  meets(query: Query, resource: Resource & { readonly id: string }): boolean
  /**
   * The one record that matches after the transaction, and the guard by which no other comes to match until the commit;
   * undefined where none does. `found`: the condition as it was sent, for the error. @throws OutcomeError `multiple-matches`
   */
  single(query: Query, found: SentCondition): Promise<{ readonly key: Key; readonly guard: Guard } | undefined>
}

type SentCondition = { readonly type: string; readonly query: string }

type TransactionWrites = {
  readonly deleted: readonly Key[]
  /** What is created or updated, with its id. */
  readonly written: readonly (Resource & { readonly id: string })[]
}

export function transactionState(
  { needs, outer, view }: { readonly needs: CreateNeeds; readonly outer: Call; readonly view: View },
  { deleted, written }: TransactionWrites,
): TransactionState {
  const changed = [...deleted, ...written.map(({ resourceType: type, id }) => ({ type, id }))]
  // Each condition is compared with every resource: their index entries are made once.
  const indexed = new Map<Resource, IndexedRecord>()
  const recordOf = (resource: Resource & { readonly id: string }): IndexedRecord => {
    const record = indexed.get(resource) ?? {
      type: resource.resourceType,
      id: resource.id,
      at: outer.now,
      entries: needs.index.extract(resource),
    }
    indexed.set(resource, record)
    return record
  }
  const meets: TransactionState['meets'] = (query, resource) =>
    resource.resourceType === query.type && match(query.where, recordOf(resource))
  return {
    meets,
    async single(query, { type, query: text }) {
      const stored = without(query, type, changed)
      const { versions } = await view.find({ ...stored, limit: 2 })
      const keys = [
        ...versions.map(({ id }) => ({ type, id })),
        ...written.filter((one) => meets(query, one)).map(({ id }) => ({ type, id })),
      ]
      const [key, another] = keys
      if (another) throw multipleMatches(type, text)
      return key && { key, guard: { none: view.query({ ...without(stored, type, [key]), limit: 1 }) } }
    },
  }
}
