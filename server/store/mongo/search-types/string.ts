/**
 * Strings in MongoDB: one key, the normalised text and whether it is a whole one. An exact text is looked for by its
 * normalised form; the rare entry that has another one has a key by its exact text, too.
 */
import { readings } from '../../../search/types/string.ts'
import type { StringEntry, StringFilter } from '../../../search/types/string.ts'
import type { KeyCondition, MongoSearchType } from './type.ts'

const WHOLE = 'w'
const PART = 'p'

export const string: MongoSearchType<StringEntry, StringFilter> = {
  keys({ value, exact, part }) {
    if (part) return [['s', value, PART]]
    return normalised(exact) === value
      ? [['s', value, WHOLE]]
      : [
          ['s', value, WHOLE],
          ['x', exact],
        ]
  },

  search({ how, value }) {
    if (how === 'starts') return { anyOf: [{ starts: ['s', value] }], exact: true }
    if (how === 'equals') return { anyOf: [{ is: ['s', value, WHOLE] }], exact: true }
    if (how === 'exact') return { anyOf: withExactly(value), exact: false }
    return { anyOf: [{ starts: ['s'] }], exact: false }
  },
}

/** As string.entries makes it; undefined for nothing but punctuation. */
const normalised = (exact: string): string | undefined => readings(exact)[0]

function withExactly(exact: string): readonly KeyCondition[] {
  const value = normalised(exact)
  const unusual: KeyCondition = { is: ['x', exact] }
  return value === undefined ? [unusual] : [{ is: ['s', value, WHOLE] }, unusual]
}
