/**
 * XML text to the tree that `parseJson` makes of the JSON form of the same resource, so that all other code is the same for
 * both. An element that is not defined is kept by its name: the validator reports it like one in JSON.
 * https://hl7.org/fhir/R4/xml.html
 */
import { SaxesParser, type SaxesAttributeNS, type SaxesTagNS } from 'saxes'
import { MAX_DEPTH } from '../../fhir/json.ts'
import { remember } from '../../fhir/decimals.ts'
import { refuse, type OutcomeError } from '../../fhir/outcome.ts'
import { lineAndColumn } from '../../fhir/position.ts'
import { nextTurn, TURN } from '../../fhir/turns.ts'
import type { Json } from '../../fhir/types.ts'
import { plainXhtml, XHTML } from './plain-xhtml.ts'
import { UNDEFINED, type Property, type Shape, type Shapes } from './shape.ts'

export const FHIR = 'http://hl7.org/fhir'

/** Nesting inside a narrative. Nothing in it becomes an object. */
const XHTML_DEPTH = 200
const MAX_ATTRIBUTES = 100
/** Characters parsed at once: XML takes longer than JSON. */
const PIECE = TURN.characters / 2

type Members = { [name: string]: Json }
/** What the attributes of the element that is open may be. */
type Frame = {
  readonly kind: Property['kind'] | 'holder'
  readonly property: Property
  /** The properties of what is inside. */
  readonly shape: Shape | undefined
  readonly depth: number
  /** The object that is being built; of a primitive its id and extensions. */
  readonly members: Members
  /** Of a primitive: its value attribute. Of a holder: the resource. Of XHTML: its text. */
  value?: string
  resource?: Json
  /** The last property, the greatest order so far, and the items of a property that repeats. */
  last?: Property
  order: number
  items?: { values: (Json | null)[]; siblings: (Json | null)[] }
}

/**
 * @param text may begin with a byte order mark
 * @param maxDepth of objects and arrays in the JSON form
 * @throws OutcomeError `xml-malformed`, `xml-structure` or `xml-too-deep`, each naming line and column
 */
export async function readXml(text: string, shapes: Shapes, maxDepth = MAX_DEPTH): Promise<Json> {
  const reader = new XmlReader(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text, shapes, maxDepth)
  for (let at = 0; at < reader.text.length; at += PIECE) {
    if (at > 0) await nextTurn()
    reader.write(reader.text.slice(at, at + PIECE))
  }
  return reader.end()
}

class XmlReader {
  readonly text: string
  readonly shapes: Shapes
  readonly maxDepth: number
  readonly parser = new SaxesParser({ xmlns: true, defaultXMLVersion: '1.0', forceXMLVersion: true })
  readonly stack: Frame[] = []
  /** Of the XHTML that is open: where it begins, how deep it nests, and whether its text must be written anew. */
  xhtml: { start: number; depth: number; rewrite: boolean } | undefined
  result: Json | undefined
  attributes = 0

  constructor(text: string, shapes: Shapes, maxDepth: number) {
    this.text = text
    this.maxDepth = maxDepth
    this.shapes = shapes
    const { parser } = this
    parser.on('error', (error) => {
      throw this.malformed(error.message.replace(/^\d+:\d+: /, ''))
    })
    parser.on('xmldecl', ({ version, encoding = 'UTF-8' }) => {
      if (version !== '1.0') throw this.malformed(`it is XML ${version}; send XML 1.0.`)
      if (!/^(utf-8|us-ascii)$/i.test(encoding)) throw this.malformed(`it declares \`${encoding}\`; send UTF-8.`)
    })
    parser.on('doctype', () => {
      throw this.malformed('it has a document type, which is never read. Send it without one.')
    })
    parser.on('processinginstruction', () => {
      if (this.stack.length > 0) throw this.structure('A processing instruction is not allowed inside a resource.')
    })
    parser.on('attribute', () => {
      if (++this.attributes > MAX_ATTRIBUTES) throw this.structure(`An element has over ${MAX_ATTRIBUTES} attributes.`)
    })
    parser.on('text', (run) => this.run(run))
    parser.on('cdata', (run) => {
      if (this.xhtml) this.xhtml.rewrite = true
      else this.run(run)
    })
    parser.on('opentagstart', () => (this.attributes = 0))
    parser.on('opentag', (tag) => this.open(tag))
    parser.on('closetag', () => this.close())
  }

  write(piece: string): void {
    this.parser.write(piece)
  }

  end(): Json {
    this.parser.close()
    if (this.result === undefined) throw this.malformed('it holds no element.')
    return this.result
  }

  run(text: string): void {
    if (this.xhtml || this.stack.length === 0 || !/[^ \t\r\n]/.test(text)) return
    throw this.structure(
      `Text stands between the elements: \`${clip(text.trim())}\`. A value is the attribute \`value\`.`,
    )
  }

  open(tag: SaxesTagNS): void {
    if (this.xhtml) return this.openInside(tag)
    const parent = this.stack.at(-1)
    if (!parent || parent.kind === 'holder') return this.openResource(tag, parent)
    const property = this.propertyOf(tag, parent)
    this.placed(property, parent)
    if (property.kind === 'xhtml') return this.openXhtml(tag, parent, property)
    if (tag.uri !== FHIR) throw this.namespace(tag, FHIR)
    const primitive = property.kind === 'string' || property.kind === 'number' || property.kind === 'boolean'
    const depth = parent.depth + (property.repeats ? 1 : 0) + (primitive ? 0 : 1)
    if (depth > this.maxDepth) throw this.tooDeep()
    const kind = property.kind === 'resource' ? 'holder' : property.kind
    const shape = primitive ? this.shapes.primitive : property.shape()
    const frame: Frame = { kind, property, shape, depth: kind === 'holder' ? depth - 1 : depth, order: 0, members: {} }
    for (const attribute of Object.values(tag.attributes)) this.attribute(attribute, frame)
    this.stack.push(frame)
  }

  openResource(tag: SaxesTagNS, holder: Frame | undefined): void {
    if (tag.uri !== FHIR) throw this.namespace(tag, FHIR)
    if (holder?.resource !== undefined)
      throw this.structure(`\`${holder.property.name}\` holds one resource; \`${clip(tag.local)}\` is the second.`)
    const depth = (holder?.depth ?? 0) + 1
    if (depth > this.maxDepth) throw this.tooDeep()
    const members: Members = { resourceType: tag.local }
    if (holder) holder.resource = members
    const shape = this.shapes.resource(tag.local)
    const frame: Frame = { kind: 'resource', property: ROOT, shape, depth, order: 0, members }
    for (const attribute of Object.values(tag.attributes)) this.attribute(attribute, frame)
    this.stack.push(frame)
  }

  /** An element that is not defined gets a property of its name. */
  propertyOf(tag: SaxesTagNS, parent: Frame): Property {
    const { local } = tag
    const found = parent.shape?.get(local)
    if (found && found.kind !== 'attribute') return found
    if (found) throw this.structure(`\`${local}\` of \`${nameOf(parent)}\` is an attribute, not an element.`)
    // In JSON such a name has a meaning of its own.
    if (local.startsWith('_') || local === 'resourceType')
      throw this.structure(`\`${nameOf(parent)}\` has no element \`${clip(local)}\`.`)
    if (parent.last?.name === local) return parent.last
    return { name: local, kind: 'complex', order: UNDEFINED, repeats: false, shape: () => undefined }
  }

  /** "Elements must always appear in the order documented", so repetitions stand together. */
  placed(property: Property, parent: Frame): void {
    const { last } = parent
    if (last === property) {
      if (!property.repeats && property.order !== UNDEFINED)
        throw this.structure(`\`${property.name}\` of \`${nameOf(parent)}\` is there twice. Give it once.`)
      return
    }
    if (property.order < parent.order) {
      const text = `\`${property.name}\` of \`${nameOf(parent)}\` comes too late. Put the elements in the order of the definition.`
      throw this.structure(text)
    }
    if (property.order !== UNDEFINED) parent.order = property.order
    if (property.order === UNDEFINED && Object.hasOwn(parent.members, property.name))
      throw this.structure(`The repetitions of \`${clip(property.name)}\` do not stand together.`)
    this.settle(parent)
    parent.last = property
  }

  attribute(attribute: SaxesAttributeNS, frame: Frame): void {
    const { uri, local, value } = attribute
    if (uri === XMLNS || uri === XSI) return
    const { kind, members } = frame
    const primitive = kind === 'string' || kind === 'number' || kind === 'boolean'
    if (uri === '' && frame.shape?.get(local)?.kind === 'attribute') members[local] = value
    else if (uri === '' && local === 'value' && (primitive || (kind === 'complex' && !frame.shape))) frame.value = value
    else throw this.structure(`\`${nameOf(frame)}\` has no attribute \`${clip(attribute.name)}\`.`)
  }

  openXhtml(tag: SaxesTagNS, parent: Frame, property: Property): void {
    if (tag.uri !== XHTML) throw this.namespace(tag, XHTML)
    // Its source is kept as it is where it means the same on its own: it declares its namespace and uses no prefixes.
    const own = Object.hasOwn(tag.ns, '')
    this.xhtml = { start: this.tagStart(), depth: 0, rewrite: !own || isPrefixed(tag) }
    this.stack.push({ kind: 'xhtml', property, shape: undefined, depth: parent.depth, order: 0, members: {} })
  }

  openInside(tag: SaxesTagNS): void {
    const xhtml = this.xhtml!
    xhtml.depth += 1
    if (xhtml.depth > XHTML_DEPTH) throw this.tooDeep()
    if (tag.uri !== XHTML) throw this.namespace(tag, XHTML)
    xhtml.rewrite ||= isPrefixed(tag)
  }

  /** Where the tag that has just been read begins: an attribute holds no `<`. */
  tagStart(): number {
    return this.text.lastIndexOf('<', Math.max(this.parser.position - 1, 0))
  }

  close(): void {
    if (this.xhtml && this.xhtml.depth > 0) {
      this.xhtml.depth -= 1
      return
    }
    const frame = this.stack.pop()!
    this.settle(frame)
    const parent = this.stack.at(-1)
    if (frame.kind === 'resource') {
      if (!parent) this.result = frame.members
      return
    }
    this.add(parent!, frame)
  }

  /** Puts what an element held into its parent. */
  add(parent: Frame, frame: Frame): void {
    const { property, kind } = frame
    if (kind === 'xhtml') {
      const { start, rewrite } = this.xhtml!
      this.xhtml = undefined
      const source = this.text.slice(start, this.parser.position)
      return this.put(parent, property, rewrite ? plainXhtml(source, (prefix) => this.parser.resolve(prefix)) : source)
    }
    if (kind === 'holder') {
      if (frame.resource === undefined) throw this.structure(`\`${property.name}\` holds no resource.`)
      return this.put(parent, property, frame.resource)
    }
    if (kind === 'complex') {
      const { value } = frame
      if (value !== undefined && Object.keys(frame.members).length > 0)
        throw this.structure(`\`${clip(property.name)}\` is not defined.`)
      return this.put(parent, property, value ?? frame.members)
    }
    this.putPrimitive(parent, frame)
  }

  put(parent: Frame, property: Property, value: Json): void {
    const { members } = parent
    const there = Object.hasOwn(members, property.name) ? members[property.name] : undefined
    if (Array.isArray(there)) there.push(value)
    else if (property.repeats) define(members, property.name, [value])
    // Only an element that is not defined comes here twice.
    else define(members, property.name, there === undefined ? value : [there, value])
  }

  putPrimitive(parent: Frame, { property, members, value: text }: Frame): void {
    const sibling = Object.keys(members).length > 0 || text === undefined ? members : null
    const value = text === undefined ? null : primitiveOf(text, property)
    if (property.repeats) {
      const items = (parent.items ??= { values: [], siblings: [] })
      if (typeof value === 'number' && String(value) !== text) remember(items.values, items.values.length, text!)
      items.values.push(value)
      items.siblings.push(sibling)
      return
    }
    if (value !== null) parent.members[property.name] = value
    if (typeof value === 'number' && String(value) !== text) remember(parent.members, property.name, text!)
    if (sibling) parent.members[`_${property.name}`] = sibling
  }

  /** The items of a primitive that repeats: values in one array, ids and extensions in another, where there are any. */
  settle(frame: Frame): void {
    const { items, last } = frame
    if (!items || !last) return
    if (items.values.some((one) => one !== null)) frame.members[last.name] = items.values
    if (items.siblings.some((one) => one !== null)) frame.members[`_${last.name}`] = items.siblings
    delete frame.items
  }

  namespace(tag: SaxesTagNS, wanted: string): OutcomeError {
    const found = tag.uri === '' ? 'no namespace' : `the namespace \`${clip(tag.uri)}\``
    return this.structure(`\`${clip(tag.local)}\` is in ${found}; it must be in \`${wanted}\`.`)
  }

  malformed(sentence: string): OutcomeError {
    return this.refused('xml-malformed', `The body is not XML that the hub reads`, sentence)
  }

  structure(sentence: string): OutcomeError {
    return this.refused('xml-structure', 'The body is not FHIR in XML', sentence)
  }

  tooDeep(): OutcomeError {
    return this.refused('xml-too-deep', 'Elements nest too deep', 'Send a flatter body.')
  }

  refused(code: 'xml-malformed' | 'xml-structure' | 'xml-too-deep', what: string, sentence: string): OutcomeError {
    const at = code === 'xml-structure' ? this.tagStart() : this.parser.position - 1
    const position = lineAndColumn(this.text, Math.max(at, 0))
    const text = `${what}, at line ${position.line}, column ${position.column}. ${capital(sentence)}`
    return refuse(code, text, { position })
  }
}

const XMLNS = 'http://www.w3.org/2000/xmlns/'
/** xsi:schemaLocation helps editors, and says nothing. */
const XSI = 'http://www.w3.org/2001/XMLSchema-instance'

const ROOT: Property = { name: '', kind: 'resource', order: 0, repeats: false, shape: () => undefined }

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** What is no number or boolean stays text, which the validator refuses by the type of the element. */
function primitiveOf(text: string, { kind }: Property): Json {
  if (kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  if (kind !== 'number' || !JSON_NUMBER.test(text)) return text
  const number = Number(text)
  return Number.isFinite(number) ? number : text
}

/** Not by assignment: an element may have the name of something that every object has. */
function define(members: Members, name: string, value: Json): void {
  if (name in Object.prototype) Object.defineProperty(members, name, { value, ...OWN })
  else members[name] = value
}

const OWN = { enumerable: true, configurable: true, writable: true }

const isPrefixed = ({ prefix, attributes }: SaxesTagNS): boolean =>
  prefix !== '' || Object.values(attributes).some((one) => one.prefix !== '' && one.prefix !== 'xml')

const nameOf = ({ kind, property, members }: Frame): string =>
  kind === 'resource' ? clip(String(members['resourceType'])) : clip(property.name)

const clip = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text)
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1).replace(/[^.]$/, '$&.')
