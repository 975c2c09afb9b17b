/**
 * References between resources: read, write, list and rewrite them.
 * https://hl7.org/fhir/R4/references.html
 */
import { carry } from './decimals.ts'
import { keyText, type JsonObject, type Key, type Resource } from './types.ts'

/**
 * What the text of a reference says.
 * - local: a record of this hub, perhaps at a version      - contained: a resource inside the same resource
 * - conditional: `Patient?identifier=x`, in transactions    - urn: `urn:uuid:...`, an entry of the same Bundle
 * - elsewhere: an address outside this hub
 */
export type Reference =
  | { readonly kind: 'local'; readonly type: string; readonly id: string; readonly version?: string }
  | { readonly kind: 'contained'; readonly id: string }
  | { readonly kind: 'conditional'; readonly type: string; readonly query: string }
  | { readonly kind: 'urn' | 'elsewhere'; readonly url: string }

const ID = String.raw`[A-Za-z0-9.-]{1,64}`
const TYPE = String.raw`[A-Z][A-Za-z]+`
const LOCAL = new RegExp(`^(${TYPE})/(${ID})(?:/_history/(${ID}))?$`)
const CONDITIONAL = new RegExp(`^(${TYPE})\\?(.+)$`, 's')
const CONTAINED = new RegExp(`^#(${ID})$`)
const ABSOLUTE = /^[A-Za-z][A-Za-z0-9+.-]*:\S+$/
const URN = /^urn:(uuid|oid):/i

/**
 * Reads the text of a reference; undefined when it is none. An absolute address under `base` (without a trailing
 * slash) is local.
 */
export function parseReference(text: string, base?: string): Reference | undefined {
  const path = base && text.startsWith(`${base}/`) ? text.slice(base.length + 1) : text
  const [, type, id, version] = LOCAL.exec(path) ?? []
  if (type && id) return version ? { kind: 'local', type, id, version } : { kind: 'local', type, id }
  const contained = CONTAINED.exec(text)?.[1]
  if (contained) return { kind: 'contained', id: contained }
  const [, searched, query] = CONDITIONAL.exec(path) ?? []
  if (searched && query) return { kind: 'conditional', type: searched, query }
  if (!ABSOLUTE.test(text)) return undefined
  return { kind: URN.test(text) ? 'urn' : 'elsewhere', url: text }
}

/** `Type/id`, with a version `Type/id/_history/n`. */
export function formatReference({ type, id }: Key, version?: string | number): string {
  return version === undefined ? `${type}/${id}` : `${type}/${id}/_history/${version}`
}

/** The resource type that an address ends with (`https://other.example/fhir/Patient/1`), if it looks like one. */
export function typeOfUrl(url: string): string | undefined {
  return new RegExp(`/(${TYPE})/${ID}(?:/_history/${ID})?$`).exec(url)?.[1]
}

export type Canonical = { readonly url: string; readonly version?: string; readonly fragment?: string }

/** Reads `url|version#fragment`. https://hl7.org/fhir/R4/references.html#canonical */
export function parseCanonical(text: string): Canonical {
  const [, url = text, version, fragment] = /^([^|#]*)(?:\|([^#]*))?(?:#(.*))?$/s.exec(text) ?? []
  return { url, ...(version ? { version } : {}), ...(fragment ? { fragment } : {}) }
}

/** A literal reference where it stands: `Task.for` or `CarePlan.activity[0].outcomeReference[1]` (of type Reference). */
export type FoundReference = { readonly path: string; readonly reference: string; readonly type?: string }

const REFERENCE = new Set([
  'id',
  'extension',
  'reference',
  '_reference',
  'type',
  '_type',
  'identifier',
  'display',
  '_display',
])

/** Every literal reference inside a resource, its contained ones included, in the order of the document. */
export function references(resource: Resource): readonly FoundReference[] {
  const found: FoundReference[] = []
  collect(resource, [], ({ reference, type }, steps) => {
    let path = resource.resourceType
    for (const step of steps) path += typeof step === 'number' ? `[${step}]` : `.${step}`
    found.push({ path, reference, ...(typeof type === 'string' ? { type } : {}) })
  })
  return found
}

/** The same without the paths, which cost more than the rest: each text once. */
export function referenceTexts(resource: Resource): ReadonlySet<string> {
  const texts = new Set<string>()
  collect(resource, [], ({ reference }) => texts.add(reference))
  return texts
}

/** The records of the hub that a resource refers to, each once; a reference to one version is one to the record. */
export function localReferences(resource: Resource): readonly Key[] {
  const keys = new Map<string, Key>()
  for (const text of referenceTexts(resource)) {
    const key = localKey(text)
    if (key) keys.set(keyText(key), key)
  }
  return [...keys.values()]
}

/** The record of the hub that the text of a reference names; undefined for any other reference. */
export function localKey(text: string): Key | undefined {
  const found = parseReference(text)
  return found?.kind === 'local' ? { type: found.type, id: found.id } : undefined
}

type LiteralReference = { readonly reference: string; readonly type?: unknown }
/** The names and indexes that lead to an element: the path is made of them only where there is a reference. */
type Steps = (string | number)[]

function collect(node: object, steps: Steps, found: (reference: LiteralReference, steps: Steps) => void): void {
  if (Array.isArray(node)) {
    for (let index = 0; index < node.length; index += 1) collectBelow(node[index], index, steps, found)
    return
  }
  if (isLiteralReference(node)) found(node, steps)
  for (const key in node) collectBelow((node as JsonObject)[key], key, steps, found)
}

function collectBelow(child: unknown, step: string | number, steps: Steps, found: Parameters<typeof collect>[2]): void {
  if (typeof child !== 'object' || child === null) return
  steps.push(step)
  collect(child, steps, found)
  steps.pop()
}

const isLiteralReference = (node: object): node is LiteralReference =>
  typeof (node as LiteralReference).reference === 'string' && Object.keys(node).every((key) => REFERENCE.has(key))

/** A copy of the resource in which every literal reference that is a key of `map` is its value; itself where none is. */
export function rewriteReferences<T extends Resource>(resource: T, map: ReadonlyMap<string, string>): T {
  return map.size === 0 ? resource : (rewrite(resource, map) as T)
}

function rewrite(node: unknown, map: ReadonlyMap<string, string>): unknown {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node)) {
    const items = node.map((item) => rewrite(item, map))
    return items.some((item, index) => item !== node[index]) ? carry(node, items) : node
  }
  let changed: { [name: string]: unknown } | undefined
  for (const [name, value] of Object.entries(node)) {
    const rewritten = rewrite(value, map)
    if (rewritten !== value) (changed ??= { ...node })[name] = rewritten
  }
  const reference = isLiteralReference(node) ? map.get(node.reference) : undefined
  if (reference !== undefined) changed = { ...(changed ?? node), reference }
  return changed ? carry(node, changed) : node
}
