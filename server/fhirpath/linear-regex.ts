/**
 * Regular expressions of filters and of FHIRPath, matched in time linear in the text: a client may send one for which JavaScript takes
 * exponential time. Thompson's construction follows all states at once (https://swtch.com/~rsc/regexp/regexp1.html).
 * Supported are literals, `.`, classes, groups, alternatives and repetitions; the whole text must match. https://hl7.org/fhir/R4/valueset-filter-operator.html
 */

/** A state of the automaton: a test for one character, or transitions without one. */
type NfaState = { test?: (character: string) => boolean; next: NfaState[] }
type NfaFragment = { readonly from: NfaState; readonly to: NfaState }

const MAX_STATES = 2000
const MAX_TEXT_LENGTH = 1000

/** A test for whole texts; undefined for an invalid expression, and for one with look-around or back references. */
export function compileLinearRegex(expression: string): ((text: string) => boolean) | undefined {
  try {
    const { from, to } = new RegexParser(expression).whole()
    return (text) => text.length <= MAX_TEXT_LENGTH && matchesWhole(from, to, text)
  } catch (error) {
    if (error instanceof UnsupportedRegex || error instanceof SyntaxError) return undefined
    throw error
  }
}

/** Finds a match anywhere in a text; `spend` is called with the states that are followed at each character. */
export type LinearSearch = (text: string, spend: (states: number) => void) => boolean

/** As JavaScript's `test` does; undefined for an expression that is not supported. */
export function compileLinearSearch(expression: string): LinearSearch | undefined {
  const [, begin = '', pattern = '', end = ''] = /^(\^?)(.*?)((?<=(?:^|[^\\])(?:\\\\)*)\$)?$/su.exec(expression) ?? []
  // An anchor belongs to the alternative in which it is.
  if ((begin || end) && hasAlternatives(pattern)) return undefined
  const whole = `${begin ? '' : ANYTHING}(${pattern})${end ? '' : ANYTHING}`
  try {
    const { from, to } = new RegexParser(whole).whole()
    return (text, spend) => matchesWhole(from, to, text, spend)
  } catch (error) {
    if (error instanceof UnsupportedRegex || error instanceof SyntaxError) return undefined
    throw error
  }
}

const ANYTHING = '[^]*'

/** Outside of its groups. */
function hasAlternatives(pattern: string): boolean {
  let depth = 0
  for (const [token] of pattern.matchAll(/\\.|\[(?:\\.|[^\]\\])*\]|[()|]/gsu)) {
    if (token === '(') depth += 1
    else if (token === ')') depth -= 1
    else if (token === '|' && depth === 0) return true
  }
  return false
}

class UnsupportedRegex extends Error {}

function matchesWhole(
  from: NfaState,
  to: NfaState,
  text: string,
  spend: (states: number) => void = () => undefined,
): boolean {
  let at = closure([from])
  for (const character of text) {
    spend(at.size)
    at = closure([...at].flatMap((state) => (state.test?.(character) ? state.next : [])))
    if (at.size === 0) return false
  }
  return at.has(to)
}

/** The states and all that are reached from them without a character. */
function closure(states: readonly NfaState[]): ReadonlySet<NfaState> {
  const reached = new Set(states)
  for (const state of reached) if (!state.test) for (const next of state.next) reached.add(next)
  return reached
}

class RegexParser {
  readonly source: readonly string[]
  at = 0
  states = 0
  depth = 0

  constructor(expression: string) {
    this.source = [...expression]
  }

  whole(): NfaFragment {
    const fragment = this.alternatives()
    if (this.at < this.source.length) throw new UnsupportedRegex()
    return fragment
  }

  private alternatives(): NfaFragment {
    if ((this.depth += 1) > 50) throw new UnsupportedRegex()
    const from = this.state()
    const to = this.state()
    do {
      const fragment = this.sequence()
      from.next.push(fragment.from)
      fragment.to.next.push(to)
    } while (this.taken('|'))
    this.depth -= 1
    return { from, to }
  }

  private sequence(): NfaFragment {
    const from = this.state()
    let to = from
    while (this.at < this.source.length && !')|'.includes(this.source[this.at] ?? '')) {
      const fragment = this.repeated()
      to.next.push(fragment.from)
      to = fragment.to
    }
    return { from, to }
  }

  // A bounded repetition is expanded: the item is parsed again for each occurrence.
  private repeated(): NfaFragment {
    const start = this.at
    let fragment = this.item()
    const [least, most] = this.times()
    const after = this.at
    if (least === 1 && most === 1) return fragment
    const from = this.state()
    if (most === 0) return { from, to: from }
    const to = this.state()
    let last = from
    for (let time = 1; time <= Math.max(least, most === Infinity ? 1 : most); time++) {
      if (time > 1) {
        this.at = start
        fragment = this.item()
      }
      if (time > least) last.next.push(to)
      last.next.push(fragment.from)
      last = fragment.to
      if (most === Infinity && time >= least) last.next.push(fragment.from)
    }
    last.next.push(to)
    this.at = after
    return { from, to }
  }

  private times(): readonly [least: number, most: number] {
    const start = this.at
    const bounds: readonly [number, number] = this.taken('*')
      ? [0, Infinity]
      : this.taken('+')
        ? [1, Infinity]
        : this.taken('?')
          ? [0, 1]
          : this.counted()
    // A lazy repetition matches the same whole texts.
    if (this.at > start) this.taken('?')
    return bounds
  }

  private counted(): readonly [number, number] {
    if (this.source[this.at] !== '{') return [1, 1]
    const close = this.source.indexOf('}', this.at)
    const found = /^\{(\d{1,4})(,(\d{0,4}))?\}$/.exec(this.source.slice(this.at, close + 1).join(''))
    if (!found) throw new UnsupportedRegex()
    this.at = close + 1
    const least = Number(found[1])
    return [least, found[2] === undefined ? least : found[3] ? Number(found[3]) : Infinity]
  }

  private item(): NfaFragment {
    if (this.taken('^') || this.taken('$')) return this.anchor()
    if (!this.taken('(')) return this.character()
    if (this.taken('?') && !this.taken(':')) throw new UnsupportedRegex()
    const fragment = this.alternatives()
    if (!this.taken(')')) throw new UnsupportedRegex()
    return fragment
  }

  // The whole text must match: an anchor at either end has no effect, one inside is not supported.
  private anchor(): NfaFragment {
    if (this.at !== 1 && this.at !== this.source.length) throw new UnsupportedRegex()
    const state = this.state()
    return { from: state, to: state }
  }

  private character(): NfaFragment {
    const text =
      this.source[this.at] === '[' ? this.class() : this.source[this.at] === '\\' ? this.escape() : this.one()
    const single = oneCharacter(text)
    const to = this.state()
    const from = this.state()
    from.test = (character) => single.test(character)
    from.next.push(to)
    return { from, to }
  }

  private one(): string {
    const character = this.source[this.at++] ?? ''
    if ('*+?{}]'.includes(character)) throw new UnsupportedRegex()
    return character === '/' ? '\\/' : character
  }

  private escape(): string {
    const character = this.source[this.at + 1] ?? ''
    if (!/^[dDwWsStnrfv!-/:-@[-`{-~]$/.test(character)) throw new UnsupportedRegex()
    this.at += 2
    return `\\${character}`
  }

  private class(): string {
    let end = this.at + 1
    while (end < this.source.length && this.source[end] !== ']') end += this.source[end] === '\\' ? 2 : 1
    if (end >= this.source.length) throw new UnsupportedRegex()
    const text = this.source.slice(this.at, end + 1).join('')
    this.at = end + 1
    return text
  }

  private taken(character: string): boolean {
    if (this.source[this.at] !== character) return false
    this.at += 1
    return true
  }

  private state(): NfaState {
    if ((this.states += 1) > MAX_STATES) throw new UnsupportedRegex()
    return { next: [] }
  }
}

/** R4's own rules escape characters that the `u` mode of JavaScript does not let them escape; then without it. */
function oneCharacter(text: string): RegExp {
  try {
    return new RegExp(`^${text}$`, 'su')
  } catch {
    return new RegExp(`^${text}$`, 's')
  }
}
