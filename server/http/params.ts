/**
 * A query string or form to its parameters, in the order given. Flat: `a[b]=1` is a parameter named `a[b]`.
 * https://url.spec.whatwg.org/#urlencoded-parsing, but an encoding that is broken is refused, not guessed at.
 */
import { refuse } from '../fhir/outcome.ts'

export type Param = readonly [name: string, value: string]

/**
 * @param before how many parameters were read already, which count too
 * @throws OutcomeError `request-malformed`; `invalid-parameter` when there are more than the limit
 */
export function parseParams(text: string, limit: number, before = 0): Param[] {
  if (text === '') return []
  const pieces = text.split('&').filter((piece) => piece !== '')
  const count = before + pieces.length
  if (count > limit) {
    throw refuse(
      'invalid-parameter',
      `There are \`${count}\` parameters; at most \`${limit}\` are allowed. Send several requests.`,
    )
  }
  return pieces.map((piece) => {
    const equals = piece.indexOf('=')
    return equals === -1 ? [decode(piece), ''] : [decode(piece.slice(0, equals)), decode(piece.slice(equals + 1))]
  })
}

function decode(text: string): string {
  if (!text.includes('%') && !text.includes('+')) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    // Not the text itself: a parameter may hold what must not be repeated.
    throw refuse('request-malformed', 'A parameter has a `%` that begins no UTF-8 character. Write `%` as `%25`.')
  }
}
