/**
 * What a search parameter selects from a resource: the values of its expression, in the order of the document. The
 * expression is refused when it is compiled, not while it runs, so that no parameter is silently empty.
 * https://hl7.org/fhir/R4/searchparameter-definitions.html#SearchParameter.expression
 */
import type { Resource } from '../fhir/types.ts'
import { DOCUMENT } from './document.ts'
import { evaluator } from './evaluate.ts'
import { parse } from './parse.ts'
import { NO_LIMIT } from './steps.ts'
import { isTypeName, typeNamed, Unsupported, type FunctionCall, type Tree } from './tree.ts'

export type Selector = (resource: Resource) => readonly unknown[]

/**
 * Compiles the expression of a search parameter.
 * @throws Error whose message is a clause that names the part which the hub does not evaluate.
 */
export function compileSelector(expression: string): Selector {
  const tree = parse(expression)
  if (isTest(tree)) checkTest(tree)
  else checkPath(tree)
  const run = evaluator(tree, DOCUMENT)
  return (resource) => {
    const input = [resource]
    return run(
      input,
      { context: resource, resource, rootResource: resource, env: NO_ENV, steps: NO_LIMIT, variables: NO_ENV },
      input,
    )
  }
}

const NO_ENV = {}

const isTest = (tree: Tree): boolean => tree.kind === 'binary' && tree.op === 'and'

/** Selects true or false: `Patient.deceased.exists() and Patient.deceased != false`. */
function checkTest(tree: Tree): void {
  if (tree.kind === 'binary' && tree.op === 'and') {
    checkTest(tree.left)
    checkTest(tree.right)
  } else if (tree.kind === 'call' && tree.name === 'exists' && tree.of && tree.args.length === 0) checkPath(tree.of)
  else if (tree.kind === 'binary' && tree.op === '!=' && tree.right.kind === 'literal') checkPath(tree.left)
  else throw unsupported(tree)
}

/** @throws Unsupported for anything but a path of the forms that search selects by. */
function checkPath(tree: Tree): void {
  if (tree.kind === 'member') return tree.of && checkPath(tree.of)
  if (tree.kind === 'index' && tree.at.kind === 'literal' && Number.isInteger(tree.at.value)) return checkPath(tree.of)
  if (tree.kind === 'index') throw unsupported(tree.at)
  if (tree.kind === 'call' && tree.of && Object.hasOwn(CALLS, tree.name)) {
    if (tree.args[1]) throw unsupported(tree.args[1])
    return CALLS[tree.name]?.(tree, tree.of)
  }
  if (tree.kind === 'binary' && tree.op === 'as') return checkNarrowed(tree.left, tree.right)
  if (tree.kind !== 'binary' || tree.op !== '|') throw unsupported(tree)
  checkPath(tree.left)
  checkPath(tree.right)
}

/** The functions that search selects by. */
const CALLS: Readonly<Record<string, (call: FunctionCall, of: Tree) => void>> = {
  as: ({ args: [type] }, of) => checkNarrowed(of, type),
  ofType: ({ args: [type] }, of) => checkNarrowed(of, type),
  extension: (call, of) => {
    checkUrl(call)
    checkPath(of)
  },
  first: (call, of) => {
    const [argument] = call.args
    if (argument) throw unsupported(argument)
    checkPath(of)
  },
  where: (call, of) => {
    const [criterion] = call.args
    if (!criterion) throw unsupported(call)
    checkCriterion(criterion)
    checkPath(of)
  },
}

function checkUrl(call: FunctionCall): void {
  const [url] = call.args
  if (url?.kind !== 'literal' || typeof url.value !== 'string') throw unsupported(url ?? call)
}

/** `value.ofType(Quantity)`: the type belongs to the element before it. */
function checkNarrowed(of: Tree, type: Tree | undefined): void {
  const isElement = of.kind === 'member' && (of.of !== undefined || !isTypeName(of.name))
  if (!isElement)
    throw new Unsupported(`the hub evaluates \`as\` and \`ofType\` only behind an element, not behind ${nameOf(of)}`)
  if (typeNamed(type) === undefined) throw unsupported(type ?? of)
  checkPath(of)
}

/** Of `where`: the type of a reference's target, a path that has a value or that is empty, or several of these. */
function checkCriterion(tree: Tree): void {
  if (tree.kind === 'call' && tree.name === 'empty' && tree.of && tree.args.length === 0) return checkPath(tree.of)
  if (tree.kind === 'call' && tree.name === 'hasExtension' && !tree.of) return checkUrl(tree)
  if (tree.kind !== 'binary') throw unsupported(tree)
  const { op, left, right } = tree
  if (op === 'and') {
    checkCriterion(left)
    checkCriterion(right)
  } else if (op === 'is' && isResolve(left)) {
    if (typeNamed(right) === undefined) throw unsupported(right)
  } else if (op === '=') {
    checkPath(left)
    if (right.kind !== 'literal') throw unsupported(right)
  } else throw unsupported(tree)
}

const isResolve = (tree: Tree): boolean =>
  tree.kind === 'call' && tree.name === 'resolve' && !tree.of && tree.args.length === 0

function unsupported(tree: Tree): Unsupported {
  if (tree.kind === 'call' && !Object.hasOwn(CALLS, tree.name))
    return new Unsupported(`the hub does not evaluate \`${tree.name}()\``)
  return new Unsupported(`the hub does not evaluate \`${nameOf(tree)}\` there`)
}

/** The part of an expression that a message names. */
function nameOf(tree: Tree): string {
  if (tree.kind === 'literal') return typeof tree.value === 'string' ? `'${tree.value}'` : String(tree.value)
  if (tree.kind === 'binary') return tree.op
  if (tree.kind === 'variable') return `%${tree.name}`
  if (tree.kind === 'rare') return tree.text
  if (tree.kind === 'this') return '$this'
  if (tree.kind === 'empty') return '{}'
  return tree.kind === 'index' ? '[ ]' : tree.name
}
