/**
 * Regular expressions of filters, in time linear in the text: definitions come from anywhere, and JavaScript's own may
 * take forever. All states are followed at once (https://swtch.com/~rsc/regexp/regexp1.html). Read are literals, `.`,
 * classes, groups, alternatives and repetitions; the whole text must match. https://hl7.org/fhir/R4/valueset-filter-operator.html
 */

/** The states of an expression after `parse`: a test for one character, or steps that take none. */
type State = { test?: (character: string) => boolean; next: State[] }
type Piece = { readonly from: State; readonly to: State }

const MOST_STATES = 2000
const MOST_TEXT = 1000

/** A test for whole texts; undefined for an expression that is none, or that looks around or back. */
export function linearPattern(expression: string): ((text: string) => boolean) | undefined {
  try {
    const { from, to } = new Reader(expression).whole()
    return (text) => text.length <= MOST_TEXT && run(from, to, text)
  } catch (error) {
    if (error instanceof Unread || error instanceof SyntaxError) return undefined
    throw error
  }
}

class Unread extends Error {}

function run(from: State, to: State, text: string): boolean {
  let at = closure([from])
  for (const character of text) {
    at = closure([...at].flatMap((state) => (state.test?.(character) ? state.next : [])))
    if (at.size === 0) return false
  }
  return at.has(to)
}

/** With all states that are reached without a character. */
function closure(states: readonly State[]): ReadonlySet<State> {
  const reached = new Set(states)
  for (const state of reached) if (!state.test) for (const next of state.next) reached.add(next)
  return reached
}

class Reader {
  readonly source: readonly string[]
  at = 0
  states = 0
  depth = 0

  constructor(expression: string) {
    this.source = [...expression]
  }

  whole(): Piece {
    const piece = this.alternatives()
    if (this.at < this.source.length) throw new Unread()
    return piece
  }

  private alternatives(): Piece {
    if ((this.depth += 1) > 50) throw new Unread()
    const from = this.state()
    const to = this.state()
    do {
      const piece = this.sequence()
      from.next.push(piece.from)
      piece.to.next.push(to)
    } while (this.taken('|'))
    this.depth -= 1
    return { from, to }
  }

  private sequence(): Piece {
    const from = this.state()
    let to = from
    while (this.at < this.source.length && !')|'.includes(this.source[this.at] ?? '')) {
      const piece = this.repeated()
      to.next.push(piece.from)
      to = piece.to
    }
    return { from, to }
  }

  // An item with a bounded repetition is read again for each time.
  private repeated(): Piece {
    const start = this.at
    let piece = this.item()
    const [least, most] = this.times()
    const after = this.at
    if (least === 1 && most === 1) return piece
    const from = this.state()
    if (most === 0) return { from, to: from }
    const to = this.state()
    let last = from
    for (let time = 1; time <= Math.max(least, most === Infinity ? 1 : most); time++) {
      if (time > 1) {
        this.at = start
        piece = this.item()
      }
      if (time > least) last.next.push(to)
      last.next.push(piece.from)
      last = piece.to
      if (most === Infinity && time >= least) last.next.push(piece.from)
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
    // A lazy repetition takes the same whole texts.
    if (this.at > start) this.taken('?')
    return bounds
  }

  private counted(): readonly [number, number] {
    if (this.source[this.at] !== '{') return [1, 1]
    const close = this.source.indexOf('}', this.at)
    const found = /^\{(\d{1,4})(,(\d{0,4}))?\}$/.exec(this.source.slice(this.at, close + 1).join(''))
    if (!found) throw new Unread()
    this.at = close + 1
    const least = Number(found[1])
    return [least, found[2] === undefined ? least : found[3] ? Number(found[3]) : Infinity]
  }

  private item(): Piece {
    if (this.taken('^') || this.taken('$')) return this.anchor()
    if (!this.taken('(')) return this.character()
    if (this.taken('?') && !this.taken(':')) throw new Unread()
    const piece = this.alternatives()
    if (!this.taken(')')) throw new Unread()
    return piece
  }

  // The whole text is matched anyway: an anchor at its end says nothing more, one within is not read.
  private anchor(): Piece {
    if (this.at !== 1 && this.at !== this.source.length) throw new Unread()
    const state = this.state()
    return { from: state, to: state }
  }

  private character(): Piece {
    const text =
      this.source[this.at] === '[' ? this.class() : this.source[this.at] === '\\' ? this.escape() : this.one()
    const single = new RegExp(`^${text}$`, 'su')
    const to = this.state()
    const from = this.state()
    from.test = (character) => single.test(character)
    from.next.push(to)
    return { from, to }
  }

  private one(): string {
    const character = this.source[this.at++] ?? ''
    if ('*+?{}]'.includes(character)) throw new Unread()
    return character === '/' ? '\\/' : character
  }

  private escape(): string {
    const character = this.source[this.at + 1] ?? ''
    if (!/^[dDwWsStnrfv.*+?()[\]{}|\\^$/-]$/.test(character)) throw new Unread()
    this.at += 2
    return character === '-' ? '-' : `\\${character}`
  }

  private class(): string {
    let end = this.at + 1
    while (end < this.source.length && this.source[end] !== ']') end += this.source[end] === '\\' ? 2 : 1
    if (end >= this.source.length) throw new Unread()
    const text = this.source.slice(this.at, end + 1).join('')
    this.at = end + 1
    return text
  }

  private taken(character: string): boolean {
    if (this.source[this.at] !== character) return false
    this.at += 1
    return true
  }

  private state(): State {
    if ((this.states += 1) > MOST_STATES) throw new Unread()
    return { next: [] }
  }
}
