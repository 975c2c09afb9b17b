/**
 * The part of FHIRPath that search expressions are made of, as a tree. What it does not know it refuses when the
 * parameter is loaded, so that no parameter is silently empty.
 * https://hl7.org/fhir/R4/searchparameter-definitions.html#SearchParameter.expression
 */

/** One test of `where(...)`: the reference's type, or a path that has a value. */
export type Test =
  | { readonly kind: 'resolves'; readonly type: string }
  | { readonly kind: 'equals'; readonly path: Expression; readonly value: string | boolean }

/**
 * - root: the resource, if it is of `type`           - child: an element; of `type`, where a choice was narrowed
 * - extension: the extensions with this url          - where: the values that pass every test
 * - index: the nth of all values                     - union: the values of each
 */
export type Expression =
  | { readonly kind: 'root'; readonly type?: string }
  | { readonly kind: 'child'; readonly of: Expression; readonly name: string; readonly type?: string }
  | { readonly kind: 'extension'; readonly of: Expression; readonly url: string }
  | { readonly kind: 'where'; readonly of: Expression; readonly tests: readonly Test[] }
  | { readonly kind: 'index'; readonly of: Expression; readonly index: number }
  | { readonly kind: 'union'; readonly of: readonly Expression[] }

const TOKEN =
  /\s*(?:(?<name>[A-Za-z_]\w*)|`(?<quoted>[^`]+)`|'(?<text>(?:[^'\\]|\\.)*)'|(?<number>\d+)|(?<sign>[()[\]|.=]))/y

type Token = { readonly kind: 'name' | 'quoted' | 'text' | 'number' | 'sign'; readonly text: string }

/** @throws Error whose message says which part of the expression the hub does not evaluate. */
export function parseExpression(text: string): Expression {
  const reader = new Reader(tokens(text))
  const whole = union(reader)
  if (reader.peek()) throw unknown(reader)
  return whole
}

function tokens(text: string): Token[] {
  const list: Token[] = []
  const form = new RegExp(TOKEN)
  while (form.lastIndex < text.trimEnd().length) {
    const at = form.lastIndex
    const found = Object.entries(form.exec(text)?.groups ?? {}).find(([, value]) => value !== undefined)
    if (!found) throw new Error(`it cannot be read from \`${text.slice(at).trim()}\` on`)
    list.push({ kind: found[0] as Token['kind'], text: String(found[1]) })
  }
  return list
}

class Reader {
  private readonly list: readonly Token[]
  private at = 0

  constructor(list: readonly Token[]) {
    this.list = list
  }

  peek(): Token | undefined {
    return this.list[this.at]
  }

  /** Takes the next token if it is this sign or word. */
  skip(text: string): boolean {
    const next = this.peek()
    const found = next?.text === text && (next.kind === 'sign' || next.kind === 'name')
    if (found) this.at++
    return found
  }

  /** Takes a token of one of these kinds. */
  take(...kinds: Token['kind'][]): string {
    const next = this.peek()
    if (!next || !kinds.includes(next.kind)) throw unknown(this)
    this.at++
    return next.text
  }

  demand(text: string): void {
    if (!this.skip(text)) throw unknown(this)
  }
}

function unknown(reader: Reader): Error {
  const next = reader.peek()
  return new Error(next ? `the hub does not evaluate \`${next.text}\` there` : 'it ends too early')
}

function union(reader: Reader): Expression {
  const of = [typed(reader)]
  while (reader.skip('|')) of.push(typed(reader))
  return of.length === 1 && of[0] ? of[0] : { kind: 'union', of }
}

function typed(reader: Reader): Expression {
  const value = path(reader)
  return reader.skip('as') ? narrowed(value, typeName(reader)) : value
}

function path(reader: Reader): Expression {
  let value = start(reader)
  for (;;) {
    if (reader.skip('.')) value = step(reader, value)
    else if (reader.skip('[')) value = indexed(reader, value)
    else return value
  }
}

/** A name that begins with a capital is a resource type; any other is an element of the context. */
function start(reader: Reader): Expression {
  if (reader.skip('(')) {
    const inner = union(reader)
    reader.demand(')')
    return inner
  }
  const name = reader.take('name', 'quoted')
  if (/^[a-z]/.test(name)) return { kind: 'child', of: { kind: 'root' }, name }
  return name === 'Resource' || name === 'DomainResource' ? { kind: 'root' } : { kind: 'root', type: name }
}

type Step = (reader: Reader, of: Expression) => Expression

const FUNCTIONS: { readonly [name: string]: Step } = {
  as: (reader, of) => narrowed(of, typeName(reader)),
  ofType: (reader, of) => narrowed(of, typeName(reader)),
  extension: (reader, of) => ({ kind: 'extension', of, url: literal(reader.take('text')) }),
  where: (reader, of) => ({ kind: 'where', of, tests: tests(reader) }),
  first: (_reader, of) => ({ kind: 'index', of, index: 0 }),
}

function step(reader: Reader, of: Expression): Expression {
  const name = reader.take('name', 'quoted')
  if (!reader.skip('(')) return { kind: 'child', of, name }
  const call = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined
  if (!call) throw new Error(`the hub does not evaluate \`${name}()\``)
  const value = call(reader, of)
  reader.demand(')')
  return value
}

function indexed(reader: Reader, of: Expression): Expression {
  const index = Number(reader.take('number'))
  reader.demand(']')
  return { kind: 'index', of, index }
}

/** `value.ofType(Quantity)`: the type belongs to the element before it. */
function narrowed(of: Expression, type: string): Expression {
  if (of.kind === 'child' && of.type === undefined) return { ...of, type }
  throw new Error(`the hub evaluates \`as\` and \`ofType\` only behind an element, not behind ${of.kind}`)
}

function typeName(reader: Reader): string {
  const name = reader.take('name')
  return reader.skip('.') ? reader.take('name') : name
}

function tests(reader: Reader): Test[] {
  const list = [test(reader)]
  while (reader.skip('and')) list.push(test(reader))
  return list
}

function test(reader: Reader): Test {
  if (reader.skip('resolve')) {
    for (const part of ['(', ')', 'is']) reader.demand(part)
    return { kind: 'resolves', type: typeName(reader) }
  }
  const left = path(reader)
  reader.demand('=')
  return { kind: 'equals', path: left, value: value(reader) }
}

function value(reader: Reader): string | boolean {
  if (reader.skip('true')) return true
  if (reader.skip('false')) return false
  return literal(reader.take('text'))
}

const literal = (text: string): string => text.replace(/\\(.)/g, '$1')
