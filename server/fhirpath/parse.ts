/**
 * Parses FHIRPath: rules, search expressions and topics. It reads the grammar but for what neither our own evaluator nor
 * search uses (dates and quantities as literals, signs, multiplication). https://hl7.org/fhirpath/N1/grammar.html
 */
import { Unsupported, type Tree } from './tree.ts'

const TOKEN =
  /\s*(?:(\/\*[\s\S]*?\*\/|\/\/[^\n]*)|('(?:[^'\\]|\\.)*')|(\d+(?:\.\d+)?)|(%?[A-Za-z_$][\w$]*|`[^`]+`|%`[^`]+`)|(<=|>=|!=|[()[\]{}.,|<>=&+*/~-]))/y

/** From loosest to tightest; `is` and `as` take a type, which is read as a path. */
const LEVELS: readonly (readonly string[])[] = [
  ['implies'],
  ['or', 'xor'],
  ['and'],
  ['in', 'contains'],
  ['=', '!='],
  ['<', '>', '<=', '>='],
  ['|'],
  ['is', 'as'],
  ['+', '-', '&'],
]

/** @throws Unsupported for what it does not read, be it wrong or only rare. */
export function parse(text: string): Tree {
  const parser = new Parser(tokensOf(text))
  const tree = parser.expression(0)
  parser.end()
  return tree
}

function tokensOf(text: string): readonly string[] {
  const tokens: string[] = []
  const scan = new RegExp(TOKEN)
  const end = text.trimEnd().length
  while (scan.lastIndex < end) {
    const at = scan.lastIndex
    const found = scan.exec(text)
    if (!found) throw new Unsupported(`it cannot be read from \`${text.slice(at).trim()}\` on`)
    if (found[1] === undefined) tokens.push(found[0].trim())
  }
  return tokens
}

class Parser {
  readonly tokens: readonly string[]
  at = 0

  constructor(tokens: readonly string[]) {
    this.tokens = tokens
  }

  expression(level: number): Tree {
    const operators = LEVELS[level]
    if (!operators) return this.term()
    let left = this.expression(level + 1)
    for (let op = this.tokens[this.at]; op !== undefined && operators.includes(op); op = this.tokens[this.at]) {
      this.at++
      left = { kind: 'binary', op, left, right: this.expression(level + 1) }
    }
    return left
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
    const value = literalOf(token)
    if (value === undefined) return this.step(undefined)
    this.at++
    return { kind: 'literal', value }
  }

  step(of: Tree | undefined): Tree {
    const token = this.tokens[this.at++] ?? ''
    if (token === '$this') return { kind: 'this' }
    if (token.startsWith('%')) return { kind: 'variable', name: token.slice(1).replaceAll('`', '') }
    if (!/^[A-Za-z_`]/.test(token)) throw unexpected(token)
    const name = token.replaceAll('`', '')
    if (!this.take('(')) return { kind: 'member', of, name }
    const args: Tree[] = []
    while (!this.take(')')) {
      args.push(this.expression(0))
      if (this.tokens[this.at] !== ')') this.need(',')
    }
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

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f' }

function literalOf(token: string): string | number | boolean | undefined {
  if (token === 'true' || token === 'false') return token === 'true'
  if (/^\d/.test(token)) return Number(token)
  if (!token.startsWith("'")) return undefined
  if (token.includes('\\u')) throw unexpected(token)
  return token.slice(1, -1).replace(/\\(.)/gs, (_whole, char: string) => ESCAPES[char] ?? char)
}
