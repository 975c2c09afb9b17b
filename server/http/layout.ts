/**
 * How the text of a response is laid out: JSON or XML, for programs or for people (`_pretty`), its numbers and strings as
 * they are. https://hl7.org/fhir/R4/http.html#parameters
 */
import type { XmlFormat } from '../definitions/xml/format.ts'
import { nextTurn, TURN } from '../fhir/turns.ts'
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

/** A long text in turns of the event loop. */
async function indented(text: string): Promise<string> {
  const whole: string[] = []
  let pieces: string[] = []
  let depth = 0
  let taken = 0
  let turn = TURN.characters
  const line = () => `\n${'  '.repeat(depth)}`
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    pieces.push(text.slice(taken, index))
    taken = index + token.length
    if (token === '{' || token === '[') pieces.push(token, (depth++, line()))
    else if (token === '}' || token === ']') pieces.push((depth--, line()), token)
    else if (token === ',') pieces.push(token, line())
    else pieces.push(token === ':' ? ': ' : token.trim())
    if (taken < turn) continue
    whole.push(pieces.join(''))
    pieces = []
    await nextTurn()
    turn = taken + TURN.characters
  }
  return whole.join('') + pieces.join('') + text.slice(taken)
}

/** Strings and empty containers come whole, so that what looks like structure in them is left alone. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|\{\s*\}|\[\s*\]|[{}[\],:]|\s+/g
