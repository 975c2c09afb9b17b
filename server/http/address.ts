/** The request target as an address below the base. https://www.rfc-editor.org/rfc/rfc9112#section-3.2 */

/**
 * The target in the one form that the rest reads: path and query. A proxy may send the address whole, and anything else
 * may come too (Node lets only visible ASCII through): Express's own parser throws at some of that.
 */
export function normalTarget(target: string): string {
  const local = target.startsWith('/') ? target : `/${target.replace(/^https?:\/\/[^/?]*\/?/i, '')}`
  return local.includes('#') ? local.replaceAll('#', '%23') : local
}

export const pathOf = (target: string): string => {
  const mark = target.indexOf('?')
  return mark === -1 ? target : target.slice(0, mark)
}

export const queryOf = (target: string): string => {
  const mark = target.indexOf('?')
  return mark === -1 ? '' : target.slice(mark + 1)
}

/** A URL has an IPv6 address in brackets (RFC 3986 section 3.2.2). */
export const inUrl = (host: string): string => (host.includes(':') ? `[${host}]` : host)
