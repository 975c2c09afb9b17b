/**
 * A resource as XML text: elements in the order of the definition, numbers as they were written, XHTML as it is. What is
 * not defined (an old record may hold it) comes last, as far as XML has a name for it.
 * https://hl7.org/fhir/R4/xml.html
 */
import { writtenAs } from '../../fhir/decimals.ts'
import { nextTurn } from '../../fhir/turns.ts'
import { escapeAttribute, escapeText } from './escape.ts'
import { isXhtml, XHTML } from './plain-xhtml.ts'
import { FHIR } from './read.ts'
import { UNDEFINED, type Kind, type Property, type Shape, type Shapes } from './shape.ts'

type Members = { readonly [name: string]: unknown }

/**
 * Writes in slices, so that a large Bundle does not keep other requests waiting.
 * @param pretty one element a line, indented
 */
export async function writeXml(resource: Members, shapes: Shapes, { pretty = false } = {}): Promise<string> {
  const writer = new XmlWriter(shapes, pretty)
  const whole: string[] = []
  let begun = performance.now()
  for (const write of writer.steps(resource)) {
    write()
    if (performance.now() - begun < SLICE) continue
    whole.push(writer.taken())
    await nextTurn()
    begun = performance.now()
  }
  return `${DECLARATION}${whole.join('')}${writer.taken()}`
}

/** ms */
const SLICE = 10
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

class XmlWriter {
  parts: string[] = []
  readonly shapes: Shapes
  readonly pretty: boolean

  constructor(shapes: Shapes, pretty: boolean) {
    this.shapes = shapes
    this.pretty = pretty
  }

  /** What was written since the last call. */
  taken(): string {
    const text = this.parts.join('')
    this.parts = []
    return text
  }

  /** The document, an element below its root at a time. */
  *steps(resource: Members): Generator<() => void> {
    const name = nameOfType(resource)
    const children = this.open(`${name} xmlns="${FHIR}"`, this.contentOf(resource, 0))
    for (const child of children) for (const item of itemsOf(child)) yield () => this.item(item, 1)
    if (children.length > 0) this.line(0, `</${name}>`)
  }

  resource(resource: Members, depth: number): void {
    const name = nameOfType(resource)
    this.element(name, name, this.contentOf(resource, depth))
  }

  contentOf({ resourceType, ...members }: Members, depth: number): Content {
    return { members, shape: this.shapes.resource(String(resourceType)), depth }
  }

  element(start: string, name: string, content: Content): void {
    const children = this.open(start, content)
    for (const child of children) for (const item of itemsOf(child)) this.item(item, content.depth + 1)
    if (children.length > 0) this.line(content.depth, `</${name}>`)
  }

  /** Writes the start tag with its attributes. Returns the children, in the order of the definition. */
  open(start: string, { members, shape, depth }: Content): readonly Child[] {
    const attributes: string[] = []
    const children: Child[] = []
    for (const [key, value] of Object.entries(members)) {
      if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) continue
      const sibling = key.startsWith('_')
      const own = sibling ? key.slice(1) : key
      const property = shape?.get(own) ?? undefinedProperty(own, value)
      if (!property || (sibling && members[own] !== undefined)) continue
      if (property.kind === 'attribute') attributes.push(` ${own}="${escapeAttribute(String(value))}"`)
      else children.push({ property, value: sibling ? undefined : value, sibling: members[`_${own}`], holder: members })
    }
    this.line(depth, `<${start}${attributes.join('')}${children.length === 0 ? '/>' : '>'}`)
    return children.sort((one, other) => one.property.order - other.property.order)
  }

  item({ property, value, sibling, written }: Item, depth: number): void {
    const { name, kind } = property
    if (kind === 'xhtml' && typeof value === 'string') return this.line(depth, xhtml(value))
    if (isMembers(value)) {
      if (kind !== 'resource') return this.element(name, name, { members: value, shape: property.shape(), depth })
      this.line(depth, `<${name}>`)
      this.resource(value, depth + 1)
      return this.line(depth, `</${name}>`)
    }
    const text = value === null || value === undefined ? undefined : (written ?? scalar(value))
    const attribute = text === undefined ? '' : ` value="${escapeAttribute(text)}"`
    if (!isMembers(sibling)) return this.line(depth, `<${name}${attribute}/>`)
    // The id first, as in the published examples.
    const { id, ...members } = sibling
    const first = id === undefined ? '' : ` id="${escapeAttribute(String(id))}"`
    this.element(`${name}${first}${attribute}`, name, { members, shape: this.shapes.primitive, depth })
  }

  line(depth: number, text: string): void {
    if (this.pretty) this.parts.push('\n', '  '.repeat(depth), text)
    else this.parts.push(text)
  }
}

type Content = { readonly members: Members; readonly shape: Shape | undefined; readonly depth: number }
type Child = {
  readonly property: Property
  readonly value: unknown
  readonly sibling: unknown
  readonly holder: object
}
type Item = {
  readonly property: Property
  readonly value: unknown
  readonly sibling: unknown
  readonly written: string | undefined
}

/** One for each repetition: an array of values, one of ids and extensions, or both. */
function itemsOf({ property, value, sibling, holder }: Child): readonly Item[] {
  if (!Array.isArray(value) && !Array.isArray(sibling))
    return [{ property, value, sibling, written: writtenAs(holder, property.name) }]
  const values: readonly unknown[] = Array.isArray(value) ? value : []
  const siblings: readonly unknown[] = Array.isArray(sibling) ? sibling : []
  return Array.from({ length: Math.max(values.length, siblings.length) }, (_, index) => ({
    property,
    value: values[index],
    sibling: siblings[index],
    written: writtenAs(values, index),
  }))
}

const nameOfType = ({ resourceType }: Members): string =>
  NAME.test(String(resourceType)) ? String(resourceType) : 'Resource'

const NAME = /^[A-Za-z][\w.-]{0,100}$/

function undefinedProperty(name: string, value: unknown): Property | undefined {
  if (!NAME.test(name)) return undefined
  const inner = Array.isArray(value) ? (value as unknown[])[0] : value
  const kind: Kind = isMembers(inner) ? ('resourceType' in inner ? 'resource' : 'complex') : 'string'
  return { name, kind, order: UNDEFINED, repeats: true, shape: () => undefined }
}

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const scalar = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value))

/** Text that is no XHTML (of an old record) is shown as text. */
const xhtml = (text: string): string => {
  if (isXhtml(text)) return text
  const within = text.replace(/^\s*<div>/, `<div xmlns="${XHTML}">`).trim()
  return isXhtml(within) ? within : `<div xmlns="${XHTML}">${escapeText(text)}</div>`
}
