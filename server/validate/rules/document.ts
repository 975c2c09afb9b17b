/** The entries of a document and of a message. https://hl7.org/fhir/R4/documents.html, https://hl7.org/fhir/R4/messaging.html */
import type { JsonObject } from '../../fhir/types.ts'
import { items } from '../../fhir/element.ts'
import { parseReference } from '../../fhir/reference.ts'
import { entryResolver } from '../resolve-reference.ts'
import type { Violation } from '../violation.ts'
import type { SpecificationRule } from './specification-rule.ts'

type DocumentEntry = { readonly index: number; readonly names: readonly string[]; readonly resource: JsonObject }

/**
 * Each entry of a document is linked to its Composition: it is referred to, directly or not, or refers to an entry (such
 * as a Provenance); only a Binary (a stylesheet) needs no link. https://hl7.org/fhir/R4/documents.html#content
 */
export const documentEntriesLinked: SpecificationRule = ({ type, entry }) => {
  if (type !== 'document') return []
  const entries = entriesOf(entry)
  const [first] = entries
  if (first?.resource.resourceType !== 'Composition') return []
  const reached = reachedFrom(first, entries)
  return entries
    .filter((one) => !reached.has(one) && one.resource.resourceType !== 'Binary')
    .map(({ index, resource }): Violation => {
      const text = `{at} is a ${String(resource.resourceType)} that no reference links to the Composition of the document.`
      return { detail: 'bundle-invalid', below: `/entry/${index}`, text }
    })
}

function entriesOf(entry: unknown): readonly DocumentEntry[] {
  return (Array.isArray(entry) ? (entry as unknown[]) : []).flatMap((one, index) => {
    const { fullUrl, resource } = (items(one)[0] ?? {}) as JsonObject
    const entryResource = items(resource)[0]
    if (!entryResource) return []
    const own =
      typeof entryResource.id === 'string' ? [`${String(entryResource.resourceType)}/${entryResource.id}`] : []
    return [{ index, names: typeof fullUrl === 'string' ? [fullUrl, ...own] : own, resource: entryResource }]
  })
}

/** The entries that links connect with the first one, in both directions. */
function reachedFrom(first: DocumentEntry, entries: readonly DocumentEntry[]): ReadonlySet<DocumentEntry> {
  const named = new Map<string, DocumentEntry[]>()
  for (const one of entries) for (const name of one.names) push(named, name, one)
  const linked = new Map<DocumentEntry, DocumentEntry[]>()
  for (const one of entries) {
    for (const other of linksOf(one.resource, named)) {
      push(linked, one, other)
      push(linked, other, one)
    }
  }
  const reached = new Set([first])
  for (const one of reached) for (const other of linked.get(one) ?? []) reached.add(other)
  return reached
}

/** The entries that any text of the resource names: a reference, a canonical or a uri. */
function linksOf(
  resource: JsonObject,
  named: ReadonlyMap<string, readonly DocumentEntry[]>,
): ReadonlySet<DocumentEntry> {
  const found = new Set<DocumentEntry>()
  const visit = (value: unknown): void => {
    if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) visit(one)
    if (typeof value !== 'string' || value.length > MAX_LINK_LENGTH) return
    for (const one of named.get(linkTarget(value)) ?? []) found.add(one)
  }
  visit(resource)
  return found
}

const MAX_LINK_LENGTH = 2000

const linkTarget = (link: string): string => link.replace(/(\/_history\/|[#|]).*$/s, '')

function push<Key>(lists: Map<Key, DocumentEntry[]>, key: Key, one: DocumentEntry): void {
  const list = lists.get(key)
  if (list) list.push(one)
  else lists.set(key, [one])
}

/** The message contains the focus of its MessageHeader. https://hl7.org/fhir/R4/messageheader-definitions.html#MessageHeader.focus */
export const messageFocusPresent: SpecificationRule = (bundle) => {
  const [first] = entriesOf(bundle.entry)
  if (bundle.type !== 'message' || first?.resource.resourceType !== 'MessageHeader') return []
  const candidates = entryResolver(bundle, first.names[0])
  return items(first.resource.focus).flatMap(({ reference }, index): Violation[] => {
    const kind = typeof reference === 'string' ? parseReference(reference)?.kind : undefined
    if ((kind !== 'local' && kind !== 'urn') || candidates(String(reference)).length > 0) return []
    const text = `{at} refers to \`${String(reference)}\`, which is not in the message. Add it.`
    return [{ detail: 'bundle-invalid', below: `/entry/${first.index}/resource/focus/${index}`, text }]
  })
}
