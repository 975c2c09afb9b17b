/** The search types in MongoDB: one row for each type of search/types/, and TypeScript says which is missing. */
import { isEntryOf } from '../../../search/types/index.ts'
import type { EntryByType, FilterByType, IndexEntry, SearchTypeName } from '../../../search/types/index.ts'
import { composite } from './composite.ts'
import { date } from './date.ts'
import { number } from './number.ts'
import { quantity } from './quantity.ts'
import { reference } from './reference.ts'
import { special } from './special.ts'
import { string } from './string.ts'
import { text } from './text.ts'
import { token } from './token.ts'
import type { KeyParts, KeySearch, MongoSearchType } from './type.ts'
import { uri } from './uri.ts'

type MongoTable = { readonly [name in SearchTypeName]: MongoSearchType<EntryByType[name], FilterByType[name]> }

export const MONGO_SEARCH_TYPES: MongoTable = {
  token,
  string,
  reference,
  date,
  uri,
  number,
  quantity,
  composite,
  special,
  text,
}

/** The keys of an entry of this type. */
export const keysOfEntry = <Name extends SearchTypeName>(name: Name, entry: IndexEntry): readonly KeyParts[] =>
  isEntryOf(name, entry) ? MONGO_SEARCH_TYPES[name].keys(entry) : []

/** The keys of the records that meet a filter of this type. */
export const searchOfEntry = <Name extends SearchTypeName>(name: Name, filter: FilterByType[Name]): KeySearch =>
  MONGO_SEARCH_TYPES[name].search(filter)
