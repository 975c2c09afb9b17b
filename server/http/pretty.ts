/**
 * JSON text laid out for people, its numbers and strings as they are. https://hl7.org/fhir/R4/http.html#parameters
 */
import type { Reply } from '../interactions/call.ts'
import { serialize } from '../fhir/json.ts'

export const wantsPretty = (target: string): boolean => /[?&]_pretty=true(?:&|$)/.test(target)

export function pretty(reply: Reply): Reply {
  const text = reply.text ?? (reply.resource && serialize(reply.resource))
  return text ? { ...reply, text: indented(text) } : reply
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
