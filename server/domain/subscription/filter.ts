/**
 * The text of a filter, in both grammars that the backport guide uses: `Task?owner=Organization/abe&status=requested`
 * and `[Task.]owner[:modifier]=Organization/abe`.
 * https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/components.html#subscription-filters
 */

/** A filter cut into parameters, decoded; `type` where the text names one. */
export type Criteria = {
  readonly type?: string
  /** The name with its modifier (`status:not`), and the value still escaped. */
  readonly params: readonly (readonly [string, string])[]
}

const TYPED = /^([A-Z][A-Za-z]+)(?:\?|(?=\.))/

/** Reads a filter or a topic's search expression; undefined when it has not the form of one. */
export function parseCriteria(text: string): Criteria | undefined {
  const type = TYPED.exec(text)?.[1]
  const query = text.replace(/^[A-Z][A-Za-z]+\?/, '')
  const parts = query.split('&').map((part) => parseParam(part, type))
  if (parts.some((part) => part === undefined)) return undefined
  const params = parts as readonly (readonly [string, string])[]
  return type === undefined ? { params } : { type, params }
}

/** The name of a parameter without its modifier. */
export const bareName = (name: string): string => name.split(':')[0] ?? ''

function parseParam(part: string, type: string | undefined): readonly [string, string] | undefined {
  const sign = part.indexOf('=')
  if (sign < 1 || sign === part.length - 1) return undefined
  const [name, value] = [decoded(part.slice(0, sign)), decoded(part.slice(sign + 1))]
  if (name === undefined || value === undefined) return undefined
  return [type !== undefined && name.startsWith(`${type}.`) ? name.slice(type.length + 1) : name, value]
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
