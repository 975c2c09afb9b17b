/** Addresses with parameters, for the links of a page. */
import type { Call } from './call.ts'

export function addressOf(path: string, params: Call['params']): string {
  const text = new URLSearchParams(params.map(([name, value]): [string, string] => [name, value])).toString()
  return text ? `${path}?${text}` : path
}
