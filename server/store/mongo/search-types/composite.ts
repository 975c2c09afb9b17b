/**
 * Composites in MongoDB: a key says no more than that there is one. The parameters of the components find the records
 * (search/condition.ts).
 */
import type { CompositeEntry, CompositeFilter } from '../../../search/types/composite.ts'
import type { MongoSearchType } from './type.ts'

export const composite: MongoSearchType<CompositeEntry, CompositeFilter> = {
  keys: () => [['k']],
  search: () => ({ anyOf: [{ is: ['k'] }], exact: false }),
}
