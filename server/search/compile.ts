/**
 * Expressions as functions: each knows its next step, so that no list is made on the way.
 * Only expression.ts says what can be asked.
 */
import { parseReference, typeOfUrl } from '../fhir/reference.ts'
import type { Resource } from '../fhir/types.ts'
import { isChoiceOf, propertiesOf } from '../fhir/choice.ts'
import type { Expression, Test } from './expression.ts'

/** Selects values of a resource, in the order of the document. */
export type Selector = (resource: Resource) => readonly unknown[]

type Run = { readonly resource: Resource; readonly out: unknown[] }
type Step = (value: unknown, run: Run) => void

const collect: Step = (value, run) => void run.out.push(value)

export function compileExpression(expression: Expression): Selector {
  const step = compile(expression, collect)
  return (resource) => {
    const run: Run = { resource, out: [] }
    step(resource, run)
    return run.out
  }
}

/** The step that starts at the context (the resource, or the item of a `where`) and goes on with `next`. */
function compile(expression: Expression, next: Step): Step {
  switch (expression.kind) {
    case 'root':
      return root(expression.type, next)
    case 'child':
      return compile(expression.of, child(expression.name, expression.type, next))
    case 'extension':
      return compile(withPrimitive(expression.of), extension(expression.url, next))
    case 'where':
      return compile(expression.of, where(expression.tests, next))
    case 'index':
      return indexed(compile(expression.of, collect), expression.index, next)
    case 'union':
      return all(expression.of.map((part) => compile(part, next)))
  }
}

const root = (type: string | undefined, next: Step): Step =>
  type === undefined ? next : (value, run) => (value as Resource).resourceType === type && next(value, run)

const all =
  (steps: readonly Step[]): Step =>
  (value, run) => {
    for (const step of steps) step(value, run)
  }

type Element = { readonly [name: string]: unknown }

const isElement = (value: unknown): value is Element => typeof value === 'object' && value !== null

/** Passes on a value, each of a list; the nulls of a list of primitives are no values. */
function each(value: unknown, run: Run, next: Step): void {
  if (Array.isArray(value)) for (const item of value) each(item, run, next)
  else if (value !== undefined && value !== null) next(value, run)
}

function child(name: string, type: string | undefined, next: Step): Step {
  if (type !== undefined) return typedChild(name, type, next)
  const choice = isChoiceOf(name)
  return (value, run) => {
    if (!isElement(value)) return
    const own = value[name]
    if (own !== undefined || !choice) return each(own, run, next)
    for (const key in value) if (choice(key)) each(value[key], run, next)
  }
}

/** `value` of type Quantity is the property `valueQuantity`; `resource` of type Patient is a resource of that type. */
function typedChild(name: string, type: string, next: Step): Step {
  const properties = propertiesOf(name, type)
  return (value, run) => {
    if (!isElement(value)) return
    for (const property of properties) each(value[property], run, next)
    each(value[name], run, (item) => isElement(item) && item.resourceType === type && next(item, run))
  }
}

/** A primitive keeps its extensions beside it: `birthDate` in `_birthDate`. https://hl7.org/fhir/R4/json.html#primitive */
function withPrimitive(of: Expression): Expression {
  return of.kind === 'child' ? { kind: 'union', of: [of, { ...of, name: `_${of.name}` }] } : of
}

const extension = (url: string, next: Step): Step =>
  child('extension', undefined, (value, run) => isElement(value) && value.url === url && next(value, run))

function indexed(before: Step, index: number, next: Step): Step {
  return (value, run) => {
    const found: Run = { ...run, out: [] }
    before(value, found)
    if (index < found.out.length) next(found.out[index], run)
  }
}

type Pass = (value: unknown, run: Run) => boolean

function where(tests: readonly Test[], next: Step): Step {
  const passes = tests.map((test) => (test.kind === 'resolves' ? resolves(test.type) : equals(test.path, test.value)))
  return (value, run) => {
    if (passes.every((pass) => pass(value, run))) next(value, run)
  }
}

function equals(path: Expression, asked: string | boolean): Pass {
  const step = compile(path, collect)
  return (value, run) => {
    const found: Run = { ...run, out: [] }
    step(value, found)
    return found.out.includes(asked)
  }
}

/** Of which type is what the reference points at: by its address, by `type`, or by looking at the contained resource. */
function resolves(type: string): Pass {
  return (value, { resource }) => {
    const { reference, type: said } = (isElement(value) ? value : { reference: value }) as Element
    if (typeof reference !== 'string') return said === type
    if (reference.startsWith(`${type}/`)) return true
    const found = parseReference(reference)
    if (found?.kind === 'local') return false
    if (found?.kind === 'contained') return containedType(resource, found.id) === type
    return (said ?? typeOfUrl(reference)) === type
  }
}

function containedType(resource: Resource, id: string): unknown {
  const contained = Array.isArray(resource.contained) ? (resource.contained as readonly Element[]) : []
  return contained.find((one) => one.id === id)?.resourceType
}
