/** Parses FHIRPath: rules, invariants, search expressions and topics. https://hl7.org/fhirpath/N1/grammar.html */
import { tokensOf } from './tokens.ts'
import { Unsupported, type Tree } from './tree.ts'

/** Operators from loosest to tightest; `is` and `as` take a type, which is read as a path. */
const LEVELS: readonly (readonly string[])[] = [
  ['implies'],
  ['or', 'xor'],
  ['and'],
  ['in', 'contains'],
  ['=', '!=', '~', '!~'],
  ['<', '>', '<=', '>='],
  ['|'],
  ['is', 'as'],
  ['+', '-', '&'],
  ['*', '/', 'div', 'mod'],
]

/** @throws Unsupported for what is no FHIRPath. */
export function parse(text: string): Tree {
  const parser = new ExpressionParser(tokensOf(text).map((token) => token.text))
  const tree = parser.expression(0)
  parser.end()
  return tree
}

class ExpressionParser {
  readonly tokens: readonly string[]
  at = 0

  constructor(tokens: readonly string[]) {
    this.tokens = tokens
  }

  expression(level: number): Tree {
    const operators = LEVELS[level]
    if (!operators) return this.signed()
    let left = this.expression(level + 1)
    for (let op = this.tokens[this.at]; op !== undefined && operators.includes(op); op = this.tokens[this.at]) {
      this.at++
      left = { kind: 'binary', op, left, right: this.expression(level + 1) }
    }
    return left
  }

  signed(): Tree {
    const sign = ['+', '-'].find((one) => this.take(one))
    return sign ? { kind: 'rare', text: sign, of: this.signed() } : this.term()
  }

  term(): Tree {
    let tree = this.start()
    for (;;) {
      if (this.take('.')) tree = this.step(tree)
      else if (this.take('[')) {
        tree = { kind: 'index', of: tree, at: this.expression(0) }
        this.need(']')
      } else return tree
    }
  }

  start(): Tree {
    const token = this.tokens[this.at] ?? ''
    if (this.take('(')) {
      const inner = this.expression(0)
      this.need(')')
      return inner
    }
    if (this.take('{')) {
      this.need('}')
      return { kind: 'empty' }
    }
    const literal = literalOf(token)
    if (!literal) return this.step(undefined)
    this.at++
    const unit = this.tokens[this.at] ?? ''
    if (!isNumber(token) || !isUnit(unit)) return literal
    this.at++
    return { kind: 'rare', text: `${token} ${unit}` }
  }

  step(of: Tree | undefined): Tree {
    const token = this.tokens[this.at++]
    if (token === '$this') return { kind: 'this' }
    if (token === '$index' || token === '$total') return { kind: 'rare', text: token }
    if (token?.startsWith('%') && !of) return { kind: 'variable', name: token.slice(1).replace(/^[`'](.*)[`']$/, '$1') }
    if (!token || !/^[A-Za-z_`]/.test(token)) throw unexpected(token)
    const name = token.replaceAll('`', '')
    if (!this.take('(')) return { kind: 'member', of, name }
    const args: Tree[] = []
    if (this.take(')')) return { kind: 'call', of, name, args }
    do args.push(this.expression(0))
    while (this.take(','))
    this.need(')')
    return { kind: 'call', of, name, args }
  }

  take(token: string): boolean {
    if (this.tokens[this.at] !== token) return false
    this.at++
    return true
  }

  need(token: string): void {
    if (!this.take(token)) throw unexpected(this.tokens[this.at])
  }

  end(): void {
    if (this.at < this.tokens.length) throw unexpected(this.tokens[this.at])
  }
}

const unexpected = (token: string | undefined): Unsupported =>
  new Unsupported(token ? `the hub does not evaluate \`${token}\` there` : 'it ends too early')

const isNumber = (token: string): boolean => /^\d/.test(token)

/** Of a quantity. https://hl7.org/fhirpath/N1/#quantity */
const isUnit = (token: string): boolean =>
  token.startsWith("'") || /^(year|month|week|day|hour|minute|second|millisecond)s?$/.test(token)

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f' }

function literalOf(token: string): Tree | undefined {
  if (token === 'true' || token === 'false') return { kind: 'literal', value: token === 'true' }
  if (isNumber(token)) return { kind: 'literal', value: Number(token) }
  if (token.startsWith('@')) return { kind: 'rare', text: token }
  return token.startsWith("'") ? { kind: 'literal', value: stringOf(token) } : undefined
}

/** https://hl7.org/fhirpath/N1/#string */
const stringOf = (token: string): string =>
  token
    .slice(1, -1)
    .replace(/\\(?:u([0-9A-Fa-f]{4})|(.))/gs, (_whole, code: string | undefined, char: string) =>
      code ? String.fromCharCode(parseInt(code, 16)) : (ESCAPES[char] ?? char),
    )
