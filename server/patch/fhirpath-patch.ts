/** FHIRPath Patch: operations as a Parameters resource. https://hl7.org/fhir/R4/fhirpatch.html */
import type { Structures } from '../definitions/structures/structure-definition.ts'
import { items } from '../fhir/element.ts'
import { refuse, type OutcomeError } from '../fhir/outcome.ts'
import type { JsonObject, Resource } from '../fhir/types.ts'
import { parse } from '../fhirpath/parse.ts'
import { Unsupported, type Tree } from '../fhirpath/tree.ts'
import {
  definedChild,
  isPrimitive,
  locate,
  propertyIn,
  valueOf,
  type LocatedElement,
  type PatchedResource,
} from './located-element.ts'
import { ownList, siblingFor, spliceBoth, type MutableObject } from './mutable.ts'
import { append, patchValue, set } from './patch-value.ts'

export type FhirPathOperation = {
  readonly type: 'add' | 'insert' | 'delete' | 'replace' | 'move'
  readonly path: string
  readonly tree: Tree
  /** The part `value`. */
  readonly value?: JsonObject
  readonly name?: string
  readonly index?: number
  readonly source?: number
  readonly destination?: number
  /** `Parameters.parameter[2]` */
  readonly at: string
}

/** The parts that each type of operation needs in addition to `type` and `path`. */
const PARTS = {
  add: ['name', 'value'],
  insert: ['value', 'index'],
  delete: [],
  replace: ['value'],
  move: ['source', 'destination'],
} as const
const KNOWN_PARTS = ['type', 'path', 'name', 'value', 'index', 'source', 'destination']
const LONGEST_PATH = 1000
const MOST_BRACKETS = 30
/** A patch applies in one step of work: so many elements of lists its paths may lead to. */
const MOST_REACHED = 100_000

/**
 * Reads the operations of a FHIRPath Patch.
 * @throws OutcomeError `patch-malformed`, with the expression of the operation
 */
export function parseFhirPathPatch(parameters: Resource): readonly FhirPathOperation[] {
  const { parameter = [] } = parameters
  const list = items(parameter)
  if (!Array.isArray(parameter) || list.length !== parameter.length)
    throw malformed('A FHIRPath Patch has its operations as a list.', 'Parameters.parameter')
  return list.map((one, index) => operationOf(one, `Parameters.parameter[${index}]`))
}

function operationOf(given: JsonObject, at: string): FhirPathOperation {
  if (given.name !== 'operation')
    throw malformed(`Every parameter of a FHIRPath Patch is named \`operation\`, not ${shown(given.name)}.`, at)
  const parts = new Map<string, JsonObject>()
  for (const part of items(given.part)) {
    const name = String(part.name)
    if (!KNOWN_PARTS.includes(name) || parts.has(name))
      throw malformed(
        `The operation has a part ${shown(part.name)} too many; its parts are ${quoted(KNOWN_PARTS)}.`,
        at,
      )
    parts.set(name, part)
  }
  const type = (Object.keys(PARTS) as FhirPathOperation['type'][]).find((one) => one === textIn(parts.get('type')))
  if (!type) throw malformed(`The \`type\` of an operation is one of ${quoted(Object.keys(PARTS))}.`, at)
  const missing = ['path', ...PARTS[type]].find((name) => !parts.has(name))
  if (missing) throw malformed(`The operation (${type}) needs a part \`${missing}\`.`, at)
  const path = textIn(parts.get('path')) ?? ''
  return {
    type,
    path,
    tree: treeOf(path, at),
    at,
    ...(type === 'add' ? { name: nameIn(parts.get('name'), at) } : {}),
    ...(parts.has('value') ? { value: parts.get('value')! } : {}),
    ...numbers(type, parts, at),
  }
}

function numbers(type: FhirPathOperation['type'], parts: ReadonlyMap<string, JsonObject>, at: string) {
  const names = PARTS[type].filter((name) => name === 'index' || name === 'source' || name === 'destination')
  return Object.fromEntries(
    names.map((name) => {
      const { valueInteger } = parts.get(name)!
      if (Number.isSafeInteger(valueInteger) && Number(valueInteger) >= 0) return [name, Number(valueInteger)]
      throw malformed(`The part \`${name}\` is a \`valueInteger\`, 0 or more.`, at)
    }),
  )
}

function treeOf(path: string, at: string): Tree {
  if (path.length === 0 || path.length > LONGEST_PATH)
    throw malformed(`The part \`path\` is a \`valueString\` with a FHIRPath of at most ${LONGEST_PATH} characters.`, at)
  if ((path.match(/[([{]/g) ?? []).length > MOST_BRACKETS)
    throw malformed(`The path has more than ${MOST_BRACKETS} opening brackets.`, at)
  return supported(path, at, () => parse(path))
}

function supported<T>(path: string, at: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error
    throw malformed(`The path \`${path}\` cannot be used: ${error.message}.`, at)
  }
}

function nameIn(part: JsonObject | undefined, at: string): string {
  const name = textIn(part)
  if (name !== undefined && /^[A-Za-z][A-Za-z0-9]{0,63}$/.test(name)) return name
  throw malformed('The part `name` is the name of an element.', at)
}

/** A text, whichever of the types of texts it was sent as. */
function textIn(part: JsonObject | undefined): string | undefined {
  const text = part?.valueString ?? part?.valueCode
  return typeof text === 'string' ? text : undefined
}

/**
 * Applies the operations one after the other; all or none. The resource is changed: it must belong to the caller alone.
 * `after` is called after each and may refuse it.
 * @throws OutcomeError `patch-conflict`, with the expression of the operation
 */
export function applyFhirPathPatch(
  patched: Resource,
  operations: readonly FhirPathOperation[],
  structures: Structures,
  after?: (resource: unknown, index: number) => void,
): Resource {
  const resource = patched as unknown as MutableObject
  let reached = 0
  const count = (elements: number): void => {
    reached += elements
    if (reached > MOST_REACHED) throw tooLong()
  }
  operations.forEach((one, index) => {
    supported(one.path, one.at, () => APPLY[one.type](one, { resource, structures, count }))
    after?.(resource, index)
  })
  return patched
}

type Apply = (operation: FhirPathOperation, patched: PatchedResource) => void

const APPLY: Readonly<Record<FhirPathOperation['type'], Apply>> = {
  add(operation, patched) {
    const parent = single(operation, patched)
    const { structures } = patched
    const { name = '', value = {}, at } = operation
    const current = valueOf(parent)
    const holder = isPrimitive(current) ? siblingFor(parent) : (current as MutableObject)
    const defined = definedChild(parent.element, name, structures)
    const given = patchValue(value, defined?.element ?? {}, structures, `${at}.part`)
    if (defined?.isList || (isPrimitive(current) && name === 'extension')) return append(holder, name, given)
    if (propertyIn(holder, name) !== undefined)
      throw conflict(operation, `has \`${name}\` already, which does not repeat; use \`replace\``)
    set(holder, defined?.isChoice ? `${name}${given.type ?? ''}` : name, given)
  },
  insert(operation, patched) {
    const list = listOf(operation, patched)
    const { value = {}, index = 0, at } = operation
    if (index > list.length) throw conflict(operation, `has ${list.length} items, so nothing is inserted at ${index}`)
    spliceBoth(list, index, 0, [patchValue(value, list.element, patched.structures, `${at}.part`)])
  },
  delete(operation, patched) {
    const [found, another] = locate(operation.tree, patched)
    if (another) throw conflict(operation, 'names several elements; a `delete` names one')
    if (found) remove(operation, found)
  },
  replace(operation, patched) {
    const found = single(operation, patched)
    const { holder, name, index, element } = found
    if (name === undefined) throw conflict(operation, 'names the resource itself; patch its elements, or update it')
    const given = patchValue(operation.value ?? {}, element, patched.structures, `${operation.at}.part`)
    if (index !== undefined) return void spliceBoth({ holder, name }, index, 1, [given])
    delete holder[name]
    delete holder[`_${name}`]
    set(holder, choiceName(found, given.type), given)
  },
  move(operation, patched) {
    const list = listOf(operation, patched)
    const { source = 0, destination = 0 } = operation
    const last = Math.max(source, destination)
    if (last >= list.length) throw conflict(operation, `has ${list.length} items, so there is none at ${last}`)
    spliceBoth(list, destination, 0, spliceBoth(list, source, 1, []))
  },
}

/** The property of a choice whose value is replaced by one of another type. */
function choiceName({ name = '', element: { node } }: LocatedElement, type: string | undefined): string {
  return node?.name.endsWith('[x]') && type !== undefined ? `${node.name.slice(0, -3)}${type}` : name
}

/** Takes an element out, and what has nothing in it since. */
function remove(operation: FhirPathOperation, { holder, name, index, parent }: LocatedElement): void {
  if (name === undefined) throw conflict(operation, 'names the resource itself; delete it by DELETE')
  if (index !== undefined) spliceBoth({ holder, name }, index, 1, [])
  else {
    delete holder[name]
    delete holder[`_${name}`]
  }
  if (Object.keys(holder).length === 0 && parent?.name !== undefined && isEmpty(parent, holder))
    remove(operation, parent)
}

/** Is the emptied object all that there is of the element? A primitive may still have its value. */
const isEmpty = (parent: LocatedElement, holder: MutableObject): boolean => {
  if (valueOf(parent) === holder) return true
  if (valueOf(parent) === undefined) return true
  const { holder: outer, name = '', index } = parent
  if (index === undefined) delete outer[`_${name}`]
  else spliceBoth({ holder: outer, name }, index, 1, [{ value: valueOf(parent) }])
  return false
}

function single(operation: FhirPathOperation, patched: PatchedResource): LocatedElement {
  const [found, another] = locate(operation.tree, patched)
  if (!found) throw conflict(operation, 'names no element of the record')
  if (another) throw conflict(operation, 'names several elements; it must name one')
  return found
}

type LocatedList = {
  readonly holder: MutableObject
  readonly name: string
  readonly length: number
  readonly element: LocatedElement['element']
}

/** The list that the path names, which may be empty. */
function listOf(operation: FhirPathOperation, patched: PatchedResource): LocatedList {
  const { tree } = operation
  if (tree.kind !== 'member') throw conflict(operation, 'names no list; a list is named without an index')
  const parents = tree.of
    ? locate(tree.of, patched)
    : locate({ kind: 'member', name: String(patched.resource.resourceType) }, patched)
  const [parent, another] = parents
  if (!parent) throw conflict(operation, 'names no element of the record')
  if (another) throw conflict(operation, 'names several lists; it must name one')
  const defined = definedChild(parent.element, tree.name, patched.structures)
  const holder = valueOf(parent)
  if (!defined?.isList || isPrimitive(holder)) throw conflict(operation, 'names no list')
  const own = holder as MutableObject
  const length = Math.max(ownList(own, tree.name).length, ownList(own, `_${tree.name}`).length)
  return { holder: own, name: tree.name, length, element: defined.element }
}

const conflict = ({ type, path, at }: FhirPathOperation, clause: string): OutcomeError =>
  refuse('patch-conflict', `The operation (${type}) does not apply: \`${path}\` ${clause}.`, { expression: at })
const tooLong = () =>
  refuse('patch-too-long', `The paths of the patch lead to more than ${MOST_REACHED} elements. Send an update.`)
const malformed = (text: string, expression: string): OutcomeError => refuse('patch-malformed', text, { expression })
const shown = (value: unknown): string => `\`${(JSON.stringify(value) ?? 'undefined').slice(0, 80)}\``
const quoted = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ')
