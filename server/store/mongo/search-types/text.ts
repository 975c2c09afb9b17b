/** Words in MongoDB: the key is the word. */
import type { TextEntry, TextFilter } from '../../../search/types/text.ts'
import type { MongoSearchType } from './type.ts'

export const text: MongoSearchType<TextEntry, TextFilter> = {
  keys: ({ value }) => [['w', value]],
  search: ({ value, how }) => ({
    anyOf: [how === 'word' ? { is: ['w', value] } : { starts: ['w', value] }],
    exact: true,
  }),
}
