/**
 * Tokens in MongoDB: one key, the code with its system behind it. A code of any system is a beginning of keys, a code of one
 * system is one key. A system without a code has no key of its own, which most tokens would have for few searches: all
 * tokens of the parameter are candidates.
 */
import { foldCase } from '../../../search/types/token.ts'
import type { SearchedCode, TokenEntry, TokenFilter } from '../../../search/types/token.ts'
import type { KeyCondition, MongoSearchType } from './type.ts'

/** Stands before the system. */
const AS_WRITTEN = 'w'
const ANY_CASE = 'a'

export const token: MongoSearchType<TokenEntry, TokenFilter> = {
  keys: ({ code, system = '', ignoreCase }) => [['c', code, (ignoreCase ? ANY_CASE : AS_WRITTEN) + system]],

  search({ system, code, codes }) {
    if (codes !== undefined) {
      // A code of a list is in a system; the key of one without has the same place as that of the system ''.
      const exact = codes.every((one) => one.system !== '')
      return { anyOf: codes.flatMap(codeOfSystem), exact }
    }
    if (code === undefined) return { anyOf: [{ starts: ['c'] }], exact: system === undefined }
    return { anyOf: system === undefined ? codeOfAnySystem(code) : codeOfSystem({ system, code }), exact: true }
  },
}

const codeOfSystem = ({ system, code }: SearchedCode): readonly KeyCondition[] => [
  { is: ['c', code, AS_WRITTEN + system] },
  { is: ['c', foldCase(code), ANY_CASE + system] },
]

/** One that is in lower case has one text, whether or not the case counts. */
function codeOfAnySystem(code: string): readonly KeyCondition[] {
  const folded = foldCase(code)
  if (folded === code) return [{ starts: ['c', code, ''] }]
  return [{ starts: ['c', code, AS_WRITTEN] }, { starts: ['c', folded, ANY_CASE] }]
}
