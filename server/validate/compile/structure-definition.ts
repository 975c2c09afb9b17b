/**
 * Compiles a StructureDefinition to a schema. A type becomes a complete schema for itself and for each of its elements
 * with children (`Patient`, `Patient.contact`); a profile becomes one overlay of what it adds to its type. Both come from
 * one walk over the elements, which applies each facet in turn. A keyword that is added here and not to quick/ is safe:
 * the quick pass compiles it to NEVER, and ajv decides.
 */
import { isChoice, choiceName, valueOf, type ElementNode } from '../../definitions/structures/element.ts'
import type { Structures } from '../../definitions/structures/structure-definition.ts'
import { LIST_FACETS, OBJECT_FACETS, VALUE_FACETS } from '../facets/index.ts'
import { invariantsOf } from '../facets/invariant.ts'
import { isResourceId } from '../facets/type.ts'
import { isPrimitive } from '../primitive-types.ts'
import { SPECIFICATION_RULES } from '../rules/index.ts'
import { maxOf, type ElementContext, type JsonProperty } from './element-context.ts'
import { imposedProfiles } from './imposed-profiles.ts'
import { isEmpty, merge, mergeAll, type Schema } from './schema.ts'
import { slicing } from './slicing.ts'

/** The schema of a type of R4 (`Bundle`), or of an element with children (`Bundle.entry`). */
export function compileType(name: string, structures: Structures): Schema {
  const node = elementNode(name, structures)
  const definition = structures.find(name)
  const isResource = definition?.kind === 'resource'
  const schema = objectSchema(node, undefined, structures)
  const own = invariantsOf(node.element, name, [])
  return {
    type: 'object',
    ...schema,
    properties: { ...(isResource ? { resourceType: { const: name } } : {}), ...schema.properties },
    additionalProperties: false,
    // The `_name` of a primitive (type Element) may have an id only; the primitive is its value.
    ...(name === 'Element' ? { minProperties: 1 } : isResource ? {} : { fhirElement: true }),
    ...(name === 'Coding' ? { fhirCoding: true } : {}),
    ...(Object.hasOwn(SPECIFICATION_RULES, name) ? { fhirRules: name } : {}),
    ...(own.length > 0 ? { fhirInvariants: own } : {}),
  }
}

/** What a profile, or the definition of an extension, adds to its type. */
export function compileProfile(url: string, structures: Structures): Schema {
  const definition = structures.find(url)
  const node = structures.tree(url)
  const base = structures.tree(definition?.type ?? node.path)
  const rules = invariantsOf(node.element, node.path, [base.element])
  const imposed = imposedProfiles(url, structures)
  return mergeAll([
    objectSchema(node, base, structures),
    rules.length > 0 ? { fhirInvariants: rules } : {},
    imposed.length > 0 ? { fhirImposed: imposed } : {},
  ])
}

function elementNode(name: string, structures: Structures): ElementNode {
  const [type = '', ...steps] = name.split('.')
  const node = steps.reduce<ElementNode | undefined>((at, step) => at?.children.get(step), structures.tree(type))
  if (!node) throw new Error(`There is no type or element \`${name}\`.`)
  return node
}

/** The children of a node as an object schema; with `base`, only what differs from it. */
export function objectSchema(node: ElementNode, base: ElementNode | undefined, structures: Structures): Schema {
  let schema: Schema = {}
  for (const child of node.children.values()) {
    const inherited = base?.children.get(child.name)
    if (base && inherited === child) continue
    schema = merge(schema, childSchema(child, base ? (inherited ?? child) : undefined, structures))
  }
  return schema
}

function childSchema(node: ElementNode, inherited: ElementNode | undefined, structures: Structures): Schema {
  const element = elementContext(node, inherited, structures)
  const object = mergeAll(OBJECT_FACETS.map((facet) => facet(element)))
  if (maxOf(node.element) === 0) return object
  const typed = element.properties.map((property) => propertySchema(element, property, inherited))
  const slices = isChoice(node) ? [...node.slices.values()].map((slice) => choiceSlice(slice, node, structures)) : []
  return mergeAll([object, ...typed, ...slices])
}

// A slice of `value[x]` is one of its types, hence a property; the rules of the slice apply to that property.
function choiceSlice(slice: ElementNode, choice: ElementNode, structures: Structures): Schema {
  const names = new Set((slice.element.type ?? []).map((type) => choiceName(choice.name, type.code)))
  const element = elementContext(slice, choice, structures)
  const schemas = element.properties
    .filter((one) => names.has(one.name))
    .map((property) => propertySchema(element, property, choice))
  const required = (slice.element.min ?? 0) > 0 && names.size === 1 && (choice.element.min ?? 0) === 0
  return mergeAll([
    ...schemas,
    required ? { fhirRequired: [[...names].flatMap((name) => [name, `_${name}`])] } : undefined,
  ])
}

function elementContext(node: ElementNode, inherited: ElementNode | undefined, structures: Structures): ElementContext {
  const base = inherited?.element ?? node.element
  return {
    node,
    element: node.element,
    inherited: inherited?.element,
    array: isArray(node, base),
    properties: propertiesOf(node, structures),
    structures,
  }
}

/** By the max of the base: an element that a profile limits to 1 remains a JSON array. */
const isArray = (node: ElementNode, base: ElementNode['element']): boolean =>
  !isChoice(node) && (base.max ?? '*') !== '1' && (base.max ?? '*') !== '0'

function propertiesOf(node: ElementNode, structures: Structures): readonly JsonProperty[] {
  const types = node.element.type ?? []
  if (isChoice(node)) {
    return types.map((type) => {
      const primitive = isPrimitive(type.code)
      return { name: choiceName(node.name, type.code), type, primitive, sibling: primitive }
    })
  }
  const primitive = isPrimitive(types[0]?.code)
  return [
    {
      name: node.name,
      type: types[0],
      primitive,
      sibling: primitive && !isXmlAttribute(node.path, structures) && types[0]?.code !== 'xhtml',
    },
  ]
}

/** Elements that XML represents as attributes have no extensions. https://hl7.org/fhir/R4/json.html#primitive */
const isXmlAttribute = (path: string, structures: Structures): boolean =>
  path === 'Extension.url' || (path.endsWith('.id') && !isResourceId(path, structures))

function propertySchema(element: ElementContext, property: JsonProperty, inherited: ElementNode | undefined): Schema {
  const value = mergeAll([
    ...VALUE_FACETS.map((facet) => facet(element, property)),
    nestedOverlay(element, property, inherited),
  ])
  const list = mergeAll(LIST_FACETS.map((facet) => facet(element, property)))
  const slices = element.array ? slicing(element, inherited, objectSchema) : undefined
  const whole = !inherited
  const schema: Schema = element.array
    ? mergeAll([whole ? { type: 'array', minItems: 1 } : {}, list, isEmpty(value) ? {} : { items: value }, slices])
    : merge(list, value)
  const below = inherited && property.primitive ? siblingOverlay(element, property) : {}
  if (isEmpty(schema)) return below
  const sibling = whole && property.sibling ? siblingSchema(property.name, element.array) : below
  return { ...sibling, properties: { [property.name]: schema, ...sibling.properties } }
}

/** What a profile adds to the `_name` of a primitive, or of each item of a list. */
function siblingOverlay({ node, structures, element }: ElementContext, { name, type, sibling }: JsonProperty): Schema {
  const isFixed = sibling && valueOf(element, 'fixed') !== undefined
  if ((node.children.size === 0 && !isFixed) || !type) return {}
  const children = objectSchema(node, structures.tree(type.code), structures)
  const schema = isFixed ? merge(children, NO_EXTENSION) : children
  return isEmpty(schema) ? {} : { fhirSiblings: { [name]: schema } }
}

/** "Missing elements/attributes must also be missing". https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.fixed */
const NO_EXTENSION: Schema = { properties: { extension: false } }

/** `_birthDate`: id and extensions of a primitive. https://hl7.org/fhir/R4/json.html#primitive */
function siblingSchema(name: string, array: boolean): Schema {
  if (!array) return { properties: { [`_${name}`]: { type: 'object', fhirType: 'Element' } } }
  const items: Schema = { type: ['object', 'null'], fhirType: 'Element' }
  return { properties: { [`_${name}`]: { type: 'array', minItems: 1, items } }, fhirLists: [name] }
}

/** What a profile adds to the children of a value. */
function nestedOverlay(
  element: ElementContext,
  property: JsonProperty,
  inherited: ElementNode | undefined,
): Schema | undefined {
  const { node, structures } = element
  if (!inherited || node.children.size === 0 || property.primitive) return undefined
  const base = inherited.children.size > 0 ? inherited : baseOf(node, property, structures)
  return base && objectSchema(node, base, structures)
}

function baseOf(node: ElementNode, property: JsonProperty, structures: Structures): ElementNode | undefined {
  const reference = node.element.contentReference
  if (reference) return elementNode(reference.slice(reference.indexOf('#') + 1), structures)
  return property.type ? structures.tree(property.type.code) : undefined
}
