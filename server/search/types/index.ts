/** The search parameter types that the hub evaluates. https://hl7.org/fhir/R4/search.html#ptypes */
import type { SearchParameter } from '../../definitions/definitions.ts'
import type { SearchType } from '../type.ts'
import { date } from './date.ts'
import { reference } from './reference.ts'
import { string } from './string.ts'
import { token } from './token.ts'
import { uri } from './uri.ts'

export const TYPES = { token, string, reference, date, uri } as const satisfies { readonly [type: string]: SearchType }

/** The type of a parameter. @throws Error for a type that the hub does not evaluate; the definitions offer none. */
export function typeOf({ type, url, code }: Pick<SearchParameter, 'type' | 'url' | 'code'>): SearchType {
  const found: SearchType | undefined = (TYPES as { readonly [type: string]: SearchType })[type]
  if (found) return found
  throw new Error(
    `SearchParameter \`${url}\` (\`${code}\`) is of type \`${type}\`; the hub evaluates ${Object.keys(TYPES).join(', ')}.`,
  )
}
