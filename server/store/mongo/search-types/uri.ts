/** Addresses in MongoDB: the key is the whole of one. */
import type { UriEntry, UriFilter } from '../../../search/types/uri.ts'
import type { MongoSearchType } from './type.ts'

export const uri: MongoSearchType<UriEntry, UriFilter> = {
  keys: ({ value }) => [['u', value]],
  search: ({ value, starts }) => ({ anyOf: [starts ? { starts: ['u', value] } : { is: ['u', value] }], exact: true }),
}
