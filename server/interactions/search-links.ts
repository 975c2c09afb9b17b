/**
 * The links of a page of search results. A link has at most 4096 characters: where the parameters leave no room, and where
 * they were sent by POST, they are packed into `_cursor`. https://hl7.org/fhir/R4/http.html#paging
 */
import type { Links } from '../fhir/bundle.ts'
import { refuse } from '../fhir/outcome.ts'
import { invalidCursor, type Cursors } from '../search/page.ts'
import type { ParsedSearch } from '../search/parse.ts'
import { sealPosition, type SearchPosition } from '../search/position.ts'
import type { Found } from '../store/store.ts'
import type { Call } from './call.ts'
import { addressOf } from './links.ts'

export const MAX_LINK = 4096

/** `address`: of the search, without parameters. */
export function searchLinks(
  cursors: Cursors,
  call: Call,
  { address, parsed, found }: { readonly address: string; readonly parsed: ParsedSearch; readonly found: Found },
): Links {
  const { next, previous, sequence: asOf } = found
  const plainSelf = addressOf(address, isPacked(call.params) ? call.params : parsed.self)
  if (asOf === undefined) return { self: plainSelf }
  const unpaged = parsed.self.filter(([name]) => name !== '_cursor')
  const identity = parsed.identity()
  const linkTo = (position: SearchPosition): string => {
    const sealed = sealPosition(cursors, position, identity)
    const plain = addressOf(address, [...unpaged, ['_cursor', sealed]])
    return call.method !== 'POST' && !isPacked(call.params) && plain.length <= MAX_LINK ? plain : packed(sealed)
  }
  const packed = (sealed: string): string => {
    const link = addressOf(address, [['_cursor', `${sealed}${MARK}${cursors.pack(JSON.stringify(unpaged), PACKED)}`]])
    if (link.length <= MAX_LINK) return link
    throw refuse(
      'invalid-parameter',
      `The search is too long for the links of its pages, of at most ${MAX_LINK} characters each. Send fewer values, so that the result fits one page (\`_count\`) or the links do.`,
    )
  }
  const first = linkTo({ asOf })
  return {
    // Of a search by POST that is longer than a link: only its first page has its parameters in clear.
    self: plainSelf.length <= MAX_LINK ? plainSelf : first,
    first,
    ...(previous ? { previous: linkTo({ asOf, after: previous, backward: true }) } : {}),
    ...(next ? { next: linkTo({ asOf, after: next }) } : {}),
  }
}

/** Between the position and the packed parameters; no character of base64url. */
const MARK = '.'
const PACKED = 'parameters'

const cursorOf = (params: Call['params']): string | undefined => params.find(([name]) => name === '_cursor')?.[1]
const isPacked = (params: Call['params']): boolean => cursorOf(params)?.includes(MARK) === true

/** The parameters of a call: where a link has them packed, those that the search began with. */
export function unpackedParams(cursors: Cursors, params: Call['params']): Call['params'] {
  if (!isPacked(params)) return params
  const [position = '', text = '', ...rest] = cursorOf(params)!.split(MARK)
  if (params.length > 1 || rest.length > 0) throw invalidCursor()
  return [...(JSON.parse(cursors.unpack(text, PACKED)) as Call['params']), ['_cursor', position]]
}
