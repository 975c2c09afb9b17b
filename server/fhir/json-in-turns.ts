/**
 * JSON of any length, read in turns of the event loop: what `parseJson` makes of it, and the same errors. An object or
 * array that ends within one turn is read as always; of one that does not, the members are read one by one.
 */
import { CLOSING_BRACE, CLOSING_BRACKET, JsonParser, PAST_STOP, parseJson } from './json.ts'
import type { Members, ParsedJson, ParseOptions } from './json.ts'
import { nextTurn, TURN } from './turns.ts'
import type { Json } from './types.ts'

/** @throws OutcomeError as `parseJson` does */
export async function parseJsonInTurns(text: string, options: ParseOptions = {}): Promise<ParsedJson> {
  if (text.length <= TURN.characters) return parseJson(text, options)
  const parser = new JsonParser(text, options)
  const value = await new TurnReader(parser).value(0)
  parser.end()
  return { value, decimals: parser.decimals }
}

class TurnReader {
  readonly parser: JsonParser
  /** Where this turn began to read. */
  begun: number

  constructor(parser: JsonParser) {
    this.parser = parser
    this.begun = parser.at
  }

  async value(depth: number): Promise<Json> {
    const code = this.parser.peek()
    if (code !== OPENING_BRACE && code !== OPENING_BRACKET) return this.parser.value(depth)
    await this.turn()
    return code === OPENING_BRACE ? this.object(depth + 1) : this.array(depth + 1)
  }

  async object(depth: number): Promise<Json> {
    const { parser } = this
    const members: Members = {}
    if (parser.opens(depth, CLOSING_BRACE)) return members
    do {
      const start = parser.memberStart()
      const key = parser.memberName()
      const value = this.atOnce(depth)
      parser.member(members, key, value === LONG ? await this.value(depth) : value, start)
      if (this.isOver()) await this.turn()
    } while (parser.continues(CLOSING_BRACE))
    return members
  }

  async array(depth: number): Promise<Json> {
    const { parser } = this
    const items: Json[] = []
    if (parser.opens(depth, CLOSING_BRACKET)) return items
    do {
      const value = this.atOnce(depth)
      parser.item(items, value === LONG ? await this.value(depth) : value)
      if (this.isOver()) await this.turn()
    } while (parser.continues(CLOSING_BRACKET))
    return items
  }

  /** A value that ends within a turn. LONG: it does not, and the parser is at its beginning again. */
  atOnce(depth: number): Json | typeof LONG {
    const { parser } = this
    const start = parser.at
    parser.stop = start + TURN.characters
    try {
      return parser.value(depth)
    } catch (error) {
      if (error !== PAST_STOP) throw error
      parser.at = start
      parser.written = undefined
      return LONG
    } finally {
      parser.stop = Infinity
    }
  }

  isOver(): boolean {
    return this.parser.at - this.begun >= TURN.characters
  }

  async turn(): Promise<void> {
    await nextTurn()
    this.begun = this.parser.at
  }
}

const LONG = Symbol('longer than a turn')
const OPENING_BRACE = 123
const OPENING_BRACKET = 91
