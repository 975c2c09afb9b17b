/**
 * How the text of a response is laid out: JSON or XML, for programs or for people (`_pretty`), its numbers and strings as
 * they are. https://hl7.org/fhir/R4/http.html#parameters
 */
import type { XmlFormat } from '../definitions/xml/format.ts'
import type { Written } from './media.ts'

export type Layout = {
  readonly contentType: string
  /** JSON text to the text of the response; absent: it is sent as it is. */
  readonly write?: (json: string) => Promise<string> | string
}

export function layoutOf(target: string, { format, contentType }: Written, xml: XmlFormat): Layout {
  const pretty = /[?&]_pretty=true(?:&|$)/.test(target)
  if (format === 'xml') return { contentType, write: (json) => xml.write(json, { pretty }) }
  return pretty ? { contentType, write: indented } : { contentType }
}

function indented(text: string): string {
  let depth = 0
  const line = () => `\n${'  '.repeat(depth)}`
  return text.replace(TOKEN, (token) => {
    if (token === '{' || token === '[') return token + (depth++, line())
    if (token === '}' || token === ']') return (depth--, line()) + token
    if (token === ',') return token + line()
    return token === ':' ? ': ' : token.trim()
  })
}

/** Strings and empty containers come whole, so that what looks like structure in them is left alone. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|\{\s*\}|\[\s*\]|[{}[\],:]|\s+/g
