/**
 * Quantities in MongoDB: as numbers. The unit is in no key: a quantity has an entry for each way to name its unit, and one
 * key serves them all and the search in any unit.
 */
import type { QuantityEntry, QuantityFilter } from '../../../search/types/quantity.ts'
import { NUMBER_SEARCH } from './number.ts'
import { spanKeys, spanSearch } from './spans.ts'
import type { MongoSearchType } from './type.ts'

export const quantity: MongoSearchType<QuantityEntry, QuantityFilter> = {
  keys: ({ low, high }) => spanKeys('q', low, high),

  search({ prefix, low, high, unit }) {
    const { anyOf, exact } = spanSearch('q', NUMBER_SEARCH[prefix](low, high))
    return { anyOf, exact: exact && unit === undefined }
  },
}
