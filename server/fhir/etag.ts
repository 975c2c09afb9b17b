/**
 * Version tags: `W/"3"` is version 3 of a record.
 * https://hl7.org/fhir/R4/http.html#concurrency and https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3
 */
import { refuse } from './outcome.ts'

/**
 * What If-Match or If-None-Match asks for: any version, or one of these. If-Match takes no `*`: it names no version, so
 * that whoever sends it has reconciled none (write/preconditions.ts refuses it).
 */
export type Tags = '*' | readonly number[]

export const formatEtag = (version: number): string => `W/"${version}"`

/**
 * Reads a list of entity tags, weak or strong: the hub's comparison is by version number either way. A well-formed tag
 * that the hub never gave (`"abc"`) names no version, so it is left out: an empty list matches nothing.
 * @throws OutcomeError `invalid-header` when it is not such a list.
 */
export function parseEtags(text: string, header: 'If-Match' | 'If-None-Match' | 'ifMatch' | 'ifNoneMatch'): Tags {
  const list = text.trim()
  if (list === '*') return '*'
  // What nearly every client sends: one tag, as the hub gave it.
  const only = GIVEN.exec(list)?.[1]
  if (only !== undefined) return [Number(only)]
  const found = [...list.matchAll(TAG)]
  if (list === '' || found.map(([tag]) => tag).join('') !== list) {
    throw refuse(
      'invalid-header',
      `${header} \`${list.slice(0, 80)}\` cannot be read. Send it as \`W/"3"\`${TAKES_STAR.includes(header) ? ' or \`*\`' : ''}.`,
    )
  }
  return found
    .map(([, tag]) => tag!)
    .filter((tag) => VERSION.test(tag))
    .map(Number)
}

const TAKES_STAR = ['If-None-Match', 'ifNoneMatch']

/** Does the current version (0: there is none) satisfy the tags? */
export function matchesTags(tags: Tags, current: number): boolean {
  return tags === '*' ? current > 0 : tags.includes(current)
}

/** entity-tag = [ "W/" ] DQUOTE *etagc DQUOTE, and what separates it from the next one. Sticky, so linear. */
const TAG = /\s*(?:W\/)?"([^"\s\x00-\x1f\x7f]*)"\s*(?:,|$)/gy
const GIVEN = /^W\/"([1-9]\d{0,14})"$/
const VERSION = /^[1-9]\d{0,14}$/
