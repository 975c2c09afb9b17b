/** What belongs to a document, and to a message. https://hl7.org/fhir/R4/documents.html, https://hl7.org/fhir/R4/messaging.html */
import type { JsonObject } from '../../fhir/types.ts'
import { items } from '../../fhir/element.ts'
import { parseReference } from '../../fhir/reference.ts'
import { entryResolver } from '../resolve-reference.ts'
import type { Violation } from '../violation.ts'
import type { SpecificationRule } from './specification-rule.ts'

type Entry = { readonly index: number; readonly names: readonly string[]; readonly resource: JsonObject }

/**
 * Whatever a document holds is linked to its Composition: referred to, directly or not, or referring (such as a
 * Provenance); only a Binary may stand alone, for a stylesheet. https://hl7.org/fhir/R4/documents.html#content
 */
export const entriesLinked: SpecificationRule = ({ type, entry }) => {
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

function entriesOf(entry: unknown): readonly Entry[] {
  return (Array.isArray(entry) ? (entry as unknown[]) : []).flatMap((one, index) => {
    const { fullUrl, resource } = (items(one)[0] ?? {}) as JsonObject
    const held = items(resource)[0]
    if (!held) return []
    const own = typeof held.id === 'string' ? [`${String(held.resourceType)}/${held.id}`] : []
    return [{ index, names: typeof fullUrl === 'string' ? [fullUrl, ...own] : own, resource: held }]
  })
}

/** Links count in both directions. */
function reachedFrom(first: Entry, entries: readonly Entry[]): ReadonlySet<Entry> {
  const named = new Map<string, Entry[]>()
  for (const one of entries) for (const name of one.names) push(named, name, one)
  const linked = new Map<Entry, Entry[]>()
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

/** Every text that names an entry, in whatever kind of link: a reference, a canonical, a uri. */
function linksOf(resource: JsonObject, named: ReadonlyMap<string, readonly Entry[]>): ReadonlySet<Entry> {
  const found = new Set<Entry>()
  const visit = (value: unknown): void => {
    if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) visit(one)
    if (typeof value !== 'string' || value.length > LONGEST_LINK) return
    for (const one of named.get(bare(value)) ?? []) found.add(one)
  }
  visit(resource)
  return found
}

const LONGEST_LINK = 2000

const bare = (link: string): string => link.replace(/(\/_history\/|[#|]).*$/s, '')

function push<Key>(lists: Map<Key, Entry[]>, key: Key, one: Entry): void {
  const list = lists.get(key)
  if (list) list.push(one)
  else lists.set(key, [one])
}

/** What a message is about is in it. https://hl7.org/fhir/R4/messageheader-definitions.html#MessageHeader.focus */
export const focusInMessage: SpecificationRule = (bundle) => {
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
