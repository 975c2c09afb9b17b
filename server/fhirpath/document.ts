/**
 * How search evaluates: over any JSON, right or wrong, in the order of the document, and without anything but the
 * resource itself. A reference's type is read from its text; a primitive's extensions are found at the primitive.
 * https://hl7.org/fhir/R4/searchparameter-definitions.html#SearchParameter.expression
 */
import { isChoiceOf, propertiesOf } from '../fhir/choice.ts'
import { parseReference, typeOfUrl } from '../fhir/reference.ts'
import type { JsonObject } from '../fhir/types.ts'
import { evaluator, narrowed, type EvaluationMode } from './evaluate.ts'
import type { Navigate } from './navigate.ts'
import type { Evaluate, Scope } from './scope.ts'
import { stringTest } from './string-test.ts'
import { ABSTRACT_TYPES, isTypeName, typeNamed, type Binary, type FunctionCall, type Tree } from './tree.ts'
import { FALSE, NONE, TRUE } from './values.ts'

export const DOCUMENT: EvaluationMode = {
  start: (name) => (isTypeName(name) ? resourcesOf(name) : child((input) => input, name)),
  child,
  typedChild,
  calls: {
    as: ({ of, args: [type] }, mode) => narrowed(of, type, mode),
    ofType: ({ of, args: [type] }, mode) => narrowed(of, type, mode),
    extension,
    hasExtension,
  },
  operators: {
    as: ({ left, right }, mode) => narrowed(left, right, mode),
    is: ({ right }) => targetIs(typeNamed(right) ?? ''),
    '=': hasValue,
    '!=': hasOtherValue,
    '|': ({ left, right }, mode) => both(evaluator(left, mode), evaluator(right, mode)),
  },
}

const isElement = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null

/** A path that starts at another type selects nothing. */
function resourcesOf(type: string): Evaluate {
  if (ABSTRACT_TYPES.has(type)) return (input) => input
  const isOfType = (value: unknown): boolean => isElement(value) && value.resourceType === type
  return (input) => (input.length === 1 ? (isOfType(input[0]) ? input : NONE) : input.filter(isOfType))
}

function child(of: Evaluate, name: string): Evaluate {
  const isChoice = isChoiceOf(name)
  return (input, scope, self) => {
    const parents = of(input, scope, self)
    if (parents.length === 0) return NONE
    if (parents.length === 1 && !isChoice) return valuesOf(parents[0], name)
    let found: unknown[] | undefined
    for (const parent of parents) {
      if (!isElement(parent)) continue
      const own = parent[name]
      if (own !== undefined) add(own, (found ??= []))
      else if (isChoice) for (const key in parent) if (isChoice(key)) add(parent[key], (found ??= []))
    }
    return found ?? NONE
  }
}

/** Of one parent: the list of the document itself, where it has nothing but values. */
function valuesOf(parent: unknown, name: string): readonly unknown[] {
  const own = isElement(parent) ? parent[name] : undefined
  if (own === undefined || own === null) return NONE
  if (!Array.isArray(own)) return [own]
  if ((own as readonly unknown[]).every(isSingle)) return own
  const found: unknown[] = []
  add(own, found)
  return found
}

const isSingle = (value: unknown): boolean => value !== null && !Array.isArray(value)

/** Adds a value, or each of a list; the nulls in a list of primitives are no values. */
function add(value: unknown, found: unknown[]): void {
  if (Array.isArray(value)) for (const item of value) add(item, found)
  else if (value !== undefined && value !== null) found.push(value)
}

/** `value` of type Quantity is the property `valueQuantity`; `resource` of type Patient is a resource of that type. */
function typedChild(name: string, type: string): Navigate {
  const properties = propertiesOf(name, type)
  return (value, found) => {
    if (!isElement(value)) return
    for (const property of properties) add(value[property], found)
    const resources: unknown[] = []
    add(value[name], resources)
    for (const one of resources) if (isElement(one) && one.resourceType === type) found.push(one)
  }
}

/** The extensions with a url. Those of a primitive are in a property of its parent: of `birthDate` in `_birthDate`. */
function extension({ of, args: [url] }: FunctionCall, mode: EvaluationMode): Evaluate {
  const own = of ? evaluator(of, mode) : (input: readonly unknown[]) => input
  const ofPrimitive = underscored(of)
  const extensions = child(ofPrimitive ? both(own, evaluator(ofPrimitive, mode)) : own, 'extension')
  const expected = url?.kind === 'literal' ? url.value : undefined
  return (input, scope, self) => extensions(input, scope, self).filter((one) => isElement(one) && one.url === expected)
}

/** The same path to the property with the extensions of a primitive. https://hl7.org/fhir/R4/json.html#primitive */
function underscored(tree: Tree | undefined): Tree | undefined {
  if (tree?.kind === 'member') return { ...tree, name: `_${tree.name}` }
  if (tree?.kind === 'binary' && tree.op === 'as') return { ...tree, left: underscored(tree.left) ?? tree.left }
  return tree?.kind === 'call' && NARROWING.has(tree.name) ? { ...tree, of: underscored(tree.of) } : undefined
}

const NARROWING = new Set(['as', 'ofType'])

/** A union in the order of its parts, duplicates included: each parameter makes its entries distinct. */
function both(one: Evaluate, other: Evaluate): Evaluate {
  return (input, scope, self) => {
    const [left, right] = [one(input, scope, self), other(input, scope, self)]
    return left.length === 0 ? right : right.length === 0 ? left : [...left, ...right]
  }
}

/** `path = literal`: one of the values is it. */
function hasValue(tree: Binary, mode: EvaluationMode): Evaluate {
  const values = evaluator(tree.left, mode)
  const expected = tree.right.kind === 'literal' ? tree.right.value : undefined
  return stringTest(tree, (input, scope, self) => (values(input, scope, self).includes(expected) ? TRUE : FALSE))
}

/** `path != literal`: there are values, and one is another. */
function hasOtherValue({ left, right }: Binary, mode: EvaluationMode): Evaluate {
  const values = evaluator(left, mode)
  const other = right.kind === 'literal' ? right.value : undefined
  return (input, scope, self) => (values(input, scope, self).some((value) => value !== other) ? TRUE : FALSE)
}

/** R4 writes it so in one search parameter, and defines it nowhere. */
function hasExtension(call: FunctionCall, mode: EvaluationMode): Evaluate {
  const found = extension(call, mode)
  return (input, scope, self) => (found(input, scope, self).length > 0 ? TRUE : FALSE)
}

/** `resolve() is Patient`: by the reference's address, by its `type`, or by the contained resource that it names. */
function targetIs(type: string): Evaluate {
  return (input, scope) => (input.every((value) => refersTo(value, type, scope)) ? TRUE : FALSE)
}

function refersTo(value: unknown, type: string, { resource }: Scope): boolean {
  const { reference, type: declared } = (isElement(value) ? value : { reference: value }) as JsonObject
  if (typeof reference !== 'string') return declared === type
  if (reference.startsWith(`${type}/`)) return true
  const found = parseReference(reference)
  if (found?.kind === 'local') return false
  if (found?.kind === 'contained') return containedType(resource, found.id) === type
  return (declared ?? typeOfUrl(reference)) === type
}

function containedType(resource: unknown, id: string): unknown {
  const contained: unknown = (resource as JsonObject).contained
  const list: readonly unknown[] = Array.isArray(contained) ? contained : []
  return (list.find((one) => isElement(one) && one.id === id) as JsonObject | undefined)?.resourceType
}
