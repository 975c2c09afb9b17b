/**
 * The words of a resource, for `_text` and `_content`, which R4 declares as strings. A value is words, all of which must be
 * there in any order, with AND, OR, NOT and parentheses; `*` ends the beginning of a word.
 * https://hl7.org/fhir/R4/search.html#text
 */
import { refuse } from '../../fhir/outcome.ts'
import { unescape } from '../escape.ts'
import { MISSING } from '../type.ts'
import type { SearchType } from '../type.ts'
import { addContentWords, noWords, searchedWords } from '../words.ts'

/** A word, normalised. */
export type TextEntry = { readonly kind: 'text'; readonly param: string; readonly value: string }

export type TextFilter = {
  readonly op: 'text'
  readonly param: string
  readonly how: 'word' | 'starts'
  readonly value: string
}

/** The parameters that are evaluated so, whatever type R4 gives them. */
export const TEXT_PARAMETERS: readonly string[] = [
  'http://hl7.org/fhir/SearchParameter/DomainResource-text',
  'http://hl7.org/fhir/SearchParameter/Resource-content',
]

export const text: SearchType<TextEntry, TextFilter, never, Exclude<Tree, TextFilter>> = {
  modifiers: [MISSING],
  sortKeyType: 'string',

  /** Of the whole resource, or of its narrative. */
  entries(value, { code: param }) {
    const words = noWords()
    addContentWords(typeof value === 'string' ? { div: value } : value, words)
    return [...words.found].map((word): TextEntry => ({ kind: 'text', param, value: word }))
  },

  filter: ({ code: param }, _modifier, value) => new Expression(param, unescape(value)).read(),

  matches: (entry, { how, value }) => (how === 'word' ? entry.value === value : entry.value.startsWith(value)),

  sortKey: () => undefined,
}

type Tree =
  TextFilter | { readonly op: 'and' | 'or'; readonly of: readonly Tree[] } | { readonly op: 'not'; readonly of: Tree }

const MAX_TERMS = 50
const MAX_DEPTH = 10

const AND = /^and$/i
const OR = /^or$/i
/** In capitals alone: nobody who searches for `not found` means the opposite. */
const NOT = /^NOT$/

/** OR binds least, NOT most; words side by side are as with AND. */
class Expression {
  readonly param: string
  readonly value: string
  readonly terms: readonly string[]
  at = 0
  words = 0

  constructor(param: string, value: string) {
    this.param = param
    this.value = value
    if (value.includes('"'))
      throw this.fault('has quotation marks: phrases are not searched. Leave them out, and all words must be there')
    this.terms = value.match(/[()]|[^\s()]+/g) ?? []
    if (this.terms.length > MAX_TERMS) throw this.fault(`has more than ${MAX_TERMS} words and operators`)
  }

  read(): Tree {
    const tree = this.alternatives(0)
    if (this.at < this.terms.length) throw this.fault('has a `)` without a `(`')
    return tree
  }

  alternatives(depth: number): Tree {
    if (depth > MAX_DEPTH) throw this.fault(`has more than ${MAX_DEPTH} parentheses within each other`)
    const of = [this.together(depth)]
    while (this.takes(OR)) of.push(this.together(depth))
    return joined('or', of)
  }

  together(depth: number): Tree {
    const of = [this.single(depth)]
    for (;;) {
      const isNext = this.takes(AND)
      const term = this.terms[this.at]
      if (!isNext && (term === undefined || term === ')' || OR.test(term))) return joined('and', of)
      of.push(this.single(depth))
    }
  }

  single(depth: number): Tree {
    const term = this.terms[this.at++]
    if (term === undefined || term === ')' || AND.test(term) || OR.test(term))
      throw this.fault('lacks a word before or after `AND`, `OR`, `NOT` or a parenthesis')
    if (NOT.test(term)) return { op: 'not', of: this.single(depth) }
    if (term !== '(') return this.word(term)
    const tree = this.alternatives(depth + 1)
    if (this.terms[this.at++] !== ')') throw this.fault('has a `(` without a `)`')
    return tree
  }

  word(term: string): Tree {
    const words = searchedWords(term)
    this.words += words.length
    if (this.words > MAX_TERMS) throw this.fault(`has more than ${MAX_TERMS} words`)
    if (words.length === 0) throw this.fault(`has no letter or digit in \`${term}\``)
    if (/.\*./s.test(term)) throw this.fault('has a `*` within a word; it stands at the end of one')
    const { param } = this
    return joined(
      'and',
      words.map((value, index): TextFilter => {
        const how = term.endsWith('*') && index === words.length - 1 ? 'starts' : 'word'
        return { op: 'text', param, how, value }
      }),
    )
  }

  takes(operator: RegExp): boolean {
    if (!operator.test(this.terms[this.at] ?? '')) return false
    this.at++
    return true
  }

  fault(why: string) {
    const shown = this.value.length > 100 ? `${this.value.slice(0, 100)}...` : this.value
    return refuse(
      'invalid-parameter',
      `The value \`${shown}\` of \`${this.param}\` ${why}. Write words, such as \`bread OR (work AND trans*)\`.`,
    )
  }
}

const joined = (op: 'and' | 'or', of: readonly Tree[]): Tree => (of.length === 1 && of[0] ? of[0] : { op, of })
