/**
 * The grammar of `_filter`: text to a tree, each part with the place where it begins. Logical expressions are read from left
 * to right; `and` does not bind closer than `or`. https://hl7.org/fhir/R4/search_filter.html
 */
import { refuse } from '../fhir/outcome.ts'
import { clip } from './chain.ts'

export type FilterTree =
  | { readonly kind: 'and' | 'or'; readonly of: readonly FilterTree[] }
  | { readonly kind: 'not'; readonly of: FilterTree }
  | Comparison

export type Comparison = {
  readonly kind: 'compare'
  readonly path: FilterPath
  readonly op: string
  readonly value: string
  /** Where it begins, from 0. */
  readonly at: number
}

/** `name`, `name.rest` or `name[filter].rest`; a name may be one of `_has:Type:reference:` and what follows it. */
export type FilterPath = { readonly name: string; readonly filter?: FilterTree; readonly rest?: FilterPath }

/** Bound the work of one expression. */
const MAX_COMPARISONS = 100
const MAX_NESTING = 20

const SPACE = /\s*/y
const NAME = /[A-Za-z_][\w:-]*/y
const OPERATOR = /[A-Za-z]+/y
/** What a token may hold: R4 leaves out white space, `,`, `)` and `]`. */
const TOKEN = /[^\s,)\]]+/y
const STRING = /"(?:[^"\\]|\\.)*"/y
const WORD_END = /(?![\w:.[-])/y

/** @throws OutcomeError `invalid-parameter` with the character at which the text cannot be read */
export function parseFilter(text: string): FilterTree {
  return new Reader(text).whole()
}

/** A fault of the expression, at a place of it (from 0). */
export const filterFault = (text: string, at: number, what: string) =>
  refuse(
    'invalid-parameter',
    `The value of \`_filter\` cannot be read at character ${at + 1} (\`${clip(text.slice(at)) || 'its end'}\`): ${what}`,
  )

class Reader {
  readonly #text: string
  #at = 0
  #comparisons = 0
  #nesting = 0

  constructor(text: string) {
    this.#text = text
  }

  whole(): FilterTree {
    const tree = this.#expression()
    this.#take(SPACE)
    if (this.#at < this.#text.length)
      throw this.#fault('write `and`, `or` or nothing after a condition, and close what is open.')
    return tree
  }

  #expression(): FilterTree {
    this.#nesting += 1
    if (this.#nesting > MAX_NESTING) throw this.#fault(`expressions nest more than ${MAX_NESTING} deep.`)
    let tree = this.#term()
    for (let kind = this.#connective(); kind !== undefined; kind = this.#connective()) {
      const next = this.#term()
      tree = tree.kind === kind ? { kind, of: [...tree.of, next] } : { kind, of: [tree, next] }
    }
    this.#nesting -= 1
    return tree
  }

  #connective(): 'and' | 'or' | undefined {
    for (const word of ['and', 'or'] as const) if (this.#word(word)) return word
    return undefined
  }

  #term(): FilterTree {
    this.#take(SPACE)
    if (this.#symbol('(')) return this.#closed(')')
    const before = this.#at
    if (this.#word('not')) {
      this.#take(SPACE)
      if (this.#symbol('(')) return { kind: 'not', of: this.#closed(')') }
      this.#at = before
      throw this.#fault('`not` is followed by an expression in parentheses.')
    }
    return this.#comparison()
  }

  #closed(end: ')' | ']'): FilterTree {
    const tree = this.#expression()
    this.#take(SPACE)
    if (!this.#symbol(end)) throw this.#fault(`\`${end}\` is missing.`)
    return tree
  }

  #comparison(): Comparison {
    const at = this.#at
    this.#comparisons += 1
    if (this.#comparisons > MAX_COMPARISONS) throw this.#fault(`there are more than ${MAX_COMPARISONS} conditions.`)
    const path = this.#path()
    this.#take(SPACE)
    const op = this.#take(OPERATOR)
    if (op === undefined) throw this.#fault('an operator such as `eq` is missing.')
    this.#take(SPACE)
    return { kind: 'compare', path, op, value: this.#value(), at }
  }

  #path(): FilterPath {
    const name = this.#take(NAME)
    if (name === undefined) throw this.#fault('the name of a search parameter is missing.')
    const filter = this.#symbol('[') ? this.#closed(']') : undefined
    const rest = this.#symbol('.') ? this.#path() : undefined
    return { name, ...(filter ? { filter } : {}), ...(rest ? { rest } : {}) }
  }

  #value(): string {
    if (this.#text[this.#at] !== '"') {
      const token = this.#take(TOKEN)
      if (token === undefined) throw this.#fault('a value is missing.')
      return token
    }
    const string = this.#take(STRING)
    try {
      if (string !== undefined) return JSON.parse(string) as string
    } catch {
      // Told below.
    }
    throw this.#fault('the text in quotation marks is not a JSON string.')
  }

  /** A word by itself, white space before it. */
  #word(word: string): boolean {
    const before = this.#at
    this.#take(SPACE)
    if (this.#text.startsWith(word, this.#at)) {
      this.#at += word.length
      if (this.#take(WORD_END) !== undefined) return true
    }
    this.#at = before
    return false
  }

  #symbol(symbol: string): boolean {
    if (this.#text[this.#at] !== symbol) return false
    this.#at += 1
    return true
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  #fault(what: string) {
    return filterFault(this.#text, this.#at, what)
  }
}
