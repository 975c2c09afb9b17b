/**
 * FHIR XML to FHIR JSON, as far as test cases need it: elements and attributes by the definition of the type. Reads no
 * DOCTYPE, hence no entities of a document's own. https://hl7.org/fhir/R4/xml.html
 */
import { choiceName, isChoice, type ElementNode } from '../../server/definitions/structures/element.ts'
import type { Structures } from '../../server/definitions/structures/structure-definition.ts'
import type { JsonObject } from '../../server/fhir/types.ts'

type Tag = { name: string; attributes: Record<string, string>; children: Tag[]; start: number; end: number }
type Properties = Record<string, unknown>

/** One resource. Throws Error for what is not well-formed or not FHIR. */
export function readFhirXml(text: string, structures: Structures): JsonObject {
  return resourceOf(parse(text), { structures, text }) as JsonObject
}

const TOKEN =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(\/?)([A-Za-z_][\w:.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/g

function parse(text: string): Tag {
  if (/<!DOCTYPE/i.test(text)) throw new Error('A document type declaration is not allowed in FHIR XML.')
  const root: Tag = { name: '', attributes: {}, children: [], start: 0, end: 0 }
  const open = [root]
  for (const token of text.matchAll(TOKEN)) {
    const [whole, close, name, attributes = '', empty] = token
    if (!name) continue
    const end = token.index + whole.length
    if (close) {
      const tag = open.pop()
      if (tag?.name !== name) throw new Error(`\`</${name}>\` closes \`<${tag?.name ?? ''}>\`.`)
      tag.end = end
      continue
    }
    const tag: Tag = { name, attributes: attributesOf(attributes), children: [], start: token.index, end }
    open.at(-1)?.children.push(tag)
    if (!empty) open.push(tag)
  }
  const [top, ...more] = root.children
  if (!top || more.length > 0 || open.length !== 1) throw new Error('The text is not one XML element.')
  return top
}

function attributesOf(text: string): Record<string, string> {
  const found = [...text.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)]
  return Object.fromEntries(found.map(([, name = '', double, single]) => [name, unescape(double ?? single ?? '')]))
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const unescape = (text: string): string =>
  text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name) return NAMED[name] ?? whole
    return String.fromCodePoint(hex ? parseInt(hex, 16) : Number(decimal))
  })

type Source = { readonly structures: Structures; readonly text: string }

function resourceOf(tag: Tag, source: Source): Properties {
  if (!source.structures.find(tag.name)) throw new Error(`\`${tag.name}\` is not a resource type.`)
  return { resourceType: tag.name, ...elementOf(tag, source.structures.tree(tag.name), source) }
}

function elementOf(tag: Tag, node: ElementNode, source: Source): Properties {
  const result: Properties = {}
  for (const name of ['id', 'url']) if (tag.attributes[name] !== undefined) result[name] = tag.attributes[name]
  for (const child of tag.children) addChild(result, child, node, source)
  return result
}

function addChild(result: Properties, child: Tag, parent: ElementNode, source: Source): void {
  const found = childOf(parent, child.name)
  if (!found) throw new Error(`\`${child.name}\` is not an element of ${parent.path}.`)
  const { node, type } = found
  const isList = !isChoice(node) && node.element.max !== '1'
  const { value, sibling: sibling } = valueOf(child, node, type, source)
  put(result, child.name, value, isList)
  if (sibling) put(result, `_${child.name}`, sibling, isList)
}

function put(result: Properties, name: string, value: unknown, isList: boolean): void {
  if (value === undefined) return
  if (!isList) result[name] = value
  else if (Array.isArray(result[name])) (result[name] as unknown[]).push(value)
  else result[name] = [value]
}

function childOf(parent: ElementNode, name: string): { node: ElementNode; type: string } | undefined {
  const own = parent.children.get(name)
  if (own) return { node: own, type: own.element.type?.[0]?.code ?? '' }
  for (const node of parent.children.values()) {
    const type = isChoice(node) && node.element.type?.find((one) => choiceName(node.name, one.code) === name)
    if (type) return { node, type: type.code }
  }
  return undefined
}

type Value = { readonly value: unknown; readonly sibling?: Properties }

function valueOf(tag: Tag, node: ElementNode, type: string, source: Source): Value {
  const { structures, text } = source
  if (type === 'xhtml') return { value: text.slice(tag.start, tag.end) }
  if (type === 'Resource') return { value: tag.children[0] && resourceOf(tag.children[0], source) }
  if (node.element.contentReference) return { value: elementOf(tag, pointedAt(node, structures), source) }
  if (node.children.size > 0) return { value: elementOf(tag, node, source) }
  // A type of FHIRPath (`http://hl7.org/fhirpath/System.String`) is that of an id or url.
  const isPrimitive = type.includes(':') || structures.find(type)?.kind === 'primitive-type'
  if (!isPrimitive) return { value: elementOf(tag, structures.tree(type), source) }
  const sibling = elementOf(tag, structures.tree('Element'), source)
  return {
    value: primitive(tag.attributes.value, type),
    ...(Object.keys(sibling).length > 0 ? { sibling: sibling } : {}),
  }
}

function pointedAt({ element }: ElementNode, structures: Structures): ElementNode {
  const path = element.contentReference?.split('#')[1] ?? ''
  const [type = '', ...steps] = path.split('.')
  return steps.reduce((node, step) => node.children.get(step) ?? node, structures.tree(type))
}

const NUMBERS = new Set(['integer', 'decimal', 'positiveInt', 'unsignedInt'])

function primitive(value: string | undefined, type: string): unknown {
  if (value === undefined) return undefined
  if (type === 'boolean') return value === 'true'
  return NUMBERS.has(type) ? Number(value) : value
}
