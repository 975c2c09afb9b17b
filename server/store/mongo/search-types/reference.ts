/** References in MongoDB: one key, the id with its type behind it. An id of any type is a beginning of keys. */
import type { ReferenceEntry, ReferenceFilter } from '../../../search/types/reference.ts'
import type { KeyCondition, MongoSearchType } from './type.ts'

export const reference: MongoSearchType<ReferenceEntry, ReferenceFilter> = {
  keys: ({ type, id }) => [['r', id, type]],

  search({ type, id }) {
    const keysOfId = (one: string): KeyCondition =>
      type === undefined ? { starts: ['r', one, ''] } : { is: ['r', one, type] }
    return { anyOf: typeof id === 'string' ? [keysOfId(id)] : id.map(keysOfId), exact: true }
  },
}
