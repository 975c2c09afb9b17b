/**
 * The elements of a resource that the path of a FHIRPath Patch names, each with its place in the JSON, so that it can be
 * replaced or taken out. Extensions of primitives are in a property of their own there.
 * https://hl7.org/fhir/R4/fhirpatch.html and https://hl7.org/fhir/R4/json.html#primitive
 */
import {
  childElement,
  childElements,
  resourceElement,
  type TypedElement,
} from '../definitions/structures/typed-element.ts'
import type { Structures } from '../definitions/structures/structure-definition.ts'
import { isChoiceOf, propertiesOf } from '../fhir/choice.ts'
import { compileCriterion } from '../fhirpath/criterion.ts'
import { typeNamed, Unsupported, type FunctionCall, type Tree } from '../fhirpath/tree.ts'
import { ownList, siblingOf, type ElementPlace, type MutableObject } from './mutable.ts'

/** An element where it is. The resource itself has no `name`. */
export type LocatedElement = ElementPlace & {
  readonly element: TypedElement
  /** What it is in, for what becomes empty with it. */
  readonly parent?: LocatedElement
}

/** The resource that a patch changes, and the definitions of its elements. */
export type PatchedResource = {
  readonly resource: MutableObject
  readonly structures: Structures
  /** Called with the number of elements that a step of a path, or of a criterion, leads to. @throws OutcomeError `patch-too-long` */
  count(elements: number): void
}

export const isPrimitive = (value: unknown): boolean => typeof value !== 'object' || value === null

/** The JSON value of an element; undefined for a primitive that has extensions alone. */
export function valueOf({ holder, name, index }: LocatedElement): unknown {
  if (name === undefined) return holder
  const value = holder[name]
  return index === undefined ? value : (ownList(holder, name)[index] ?? undefined)
}

/** @throws Unsupported for a path of another form than steps, indexes and these functions. */
export function locate(tree: Tree, patched: PatchedResource): readonly LocatedElement[] {
  if (tree.kind === 'member') return member(tree, patched)
  if (tree.kind === 'index') {
    const { at } = tree
    if (at.kind !== 'literal' || typeof at.value !== 'number') throw new Unsupported('an index is a number')
    const found = locate(tree.of, patched)[at.value]
    return found ? [found] : []
  }
  if (tree.kind === 'call') return call(tree, patched)
  if (tree.kind === 'binary' && tree.op === 'as') return typed(tree.left, tree.right, patched)
  throw new Unsupported(
    'the path of a patch has steps, indexes, `where()`, `first()`, `last()`, `extension()`, `ofType()`',
  )
}

function member({ of, name }: Tree & { readonly kind: 'member' }, patched: PatchedResource): readonly LocatedElement[] {
  const { resource, structures } = patched
  const root: LocatedElement = { holder: resource, element: resourceElement(String(resource.resourceType), structures) }
  if (of) return locate(of, patched).flatMap((one) => children(one, name, patched))
  const isRoot = name === resource.resourceType || name === 'Resource' || name === 'DomainResource'
  return isRoot ? [root] : children(root, name, patched)
}

/** The elements of a name below an element. */
export function children(parent: LocatedElement, name: string, patched: PatchedResource): readonly LocatedElement[] {
  const value = valueOf(parent)
  if (isPrimitive(value)) {
    const holder = siblingOf(parent)
    return holder ? inHolder({ ...parent, holder: holder as MutableObject }, name, patched, parent) : []
  }
  return inHolder({ ...parent, holder: value as MutableObject }, name, patched, parent)
}

function inHolder(
  { holder, element }: LocatedElement,
  name: string,
  { structures, count }: PatchedResource,
  parent: LocatedElement,
): readonly LocatedElement[] {
  const at = typeof holder.resourceType === 'string' ? resourceElement(holder.resourceType, structures) : element
  const property = propertyIn(holder, name)
  if (property === undefined || property === 'resourceType') return []
  const child = childElement(at, property, structures)
  const one = { holder, name: property, element: { node: child.node, type: child.type }, parent }
  const [value, extended] = [holder[property], holder[`_${property}`]]
  if (!Array.isArray(value) && !Array.isArray(extended)) return [one]
  const length = Math.max(ownList(holder, property).length, ownList(holder, `_${property}`).length)
  count(length)
  return Array.from({ length }, (_, index) => ({ ...one, index }))
}

/** The property of an element in an object: its name, or, for a choice, that with its type. */
export function propertyIn(holder: MutableObject, name: string): string | undefined {
  const has = (property: string): boolean => Object.hasOwn(holder, property) || Object.hasOwn(holder, `_${property}`)
  if (has(name)) return name.startsWith('_') ? undefined : name
  const isChoice = isChoiceOf(name)
  return (
    isChoice &&
    Object.keys(holder)
      .map((one) => one.replace(/^_/, ''))
      .find(isChoice)
  )
}

/** Is it an element that is defined there, and does it repeat? */
export function definedChild(
  element: TypedElement,
  name: string,
  structures: Structures,
): { readonly isChoice: boolean; readonly isList: boolean; readonly element: TypedElement } | undefined {
  const child = childElement(element, name, structures)
  if (!child.node) return undefined
  const choice = childElements(element, structures)?.get(name) === undefined && child.type === undefined
  const { max } = child.node.element
  return { isChoice: choice, isList: max !== '1' && max !== '0', element: { node: child.node, type: child.type } }
}

function call(tree: FunctionCall, patched: PatchedResource): readonly LocatedElement[] {
  const { of, name, args } = tree
  if (!of) throw new Unsupported(`\`${name}()\` stands behind an element`)
  const [argument] = args
  if (name === 'ofType' || name === 'as') return typed(of, argument, patched)
  const found = locate(of, patched)
  if (name === 'first') return found.slice(0, 1)
  if (name === 'last') return found.slice(-1)
  if (name === 'single') return found
  if (name === 'extension' && argument?.kind === 'literal')
    return found
      .flatMap((one) => children(one, 'extension', patched))
      .filter((one) => (valueOf(one) as { readonly url?: unknown } | undefined)?.url === argument.value)
  if (name !== 'where' || !argument) throw new Unsupported(`\`${name}()\` is no function of a patch’s path`)
  const meets = compileCriterion(argument, { spend: patched.count })
  return found.filter((one) => valueOf(one) !== undefined && meets(valueOf(one), patched.resource))
}

/** `value.ofType(Quantity)`: the choice, where it is of the type. */
function typed(of: Tree, type: Tree | undefined, patched: PatchedResource): readonly LocatedElement[] {
  const name = typeNamed(type)
  if (name === undefined || of.kind !== 'member') throw new Unsupported('`ofType()` stands behind an element')
  const properties = propertiesOf(of.name, name)
  return locate(of, patched).filter((one) => one.name === of.name || properties.includes(one.name ?? ''))
}
