/**
 * Contact details that are not for every agency of a participant: the address of somebody who must not be found, a number
 * that somebody else listens to. An address, a telecom or a contact with `ext-confidential` is shown to the agencies that
 * the extension names, the agency of entry, whoever created the record, and the board; for everybody else it is not there,
 * in old versions as well that were written before it was marked.
 */
import { profileUrl } from '../../fhir/canonical.ts'
import { carry } from '../../fhir/decimals.ts'
import { idOf, items, textOf } from '../../fhir/element.ts'
import type { Caller, JsonObject, Resource } from '../../fhir/types.ts'

/** Names an agency that needs the contact detail; once for each. */
export const CONFIDENTIAL = profileUrl('ext-confidential')

/** The elements whose items may be marked, by type. */
const ELEMENTS: Readonly<Record<string, readonly string[]>> = {
  Patient: ['address', 'telecom', 'contact'],
  RelatedPerson: ['address', 'telecom'],
}

export const mayHoldConfidential = (type: string): boolean => ELEMENTS[type] !== undefined

/** Who looks at a record, and who created it. */
export type Reader = { readonly agency: string; readonly owner: string | undefined }

/** The resource as the reader may see it; the same object where nothing is hidden. `current`: the state of today. */
export function shownTo<T extends Resource>(resource: T, reader: Reader, current: Resource = resource): T {
  if (isEntitled(resource, reader) && (current === resource || isEntitled(current, reader))) return resource
  const hidden = new Set(
    entriesOf(current)
      .filter((one) => !names(one, reader.agency) && isMarked(one))
      .map(valueOf),
  )
  return without(resource, (one) => (isMarked(one) && !names(one, reader.agency)) || hidden.has(valueOf(one)))
}

/** The resource without every marked item: what it is found and compared by. */
export const withoutConfidential = <T extends Resource>(resource: T): T => without(resource, isMarked)

/** What an agency writes, with the items that it does not see and therefore could not send: behind those that it sent. */
export function withHidden<T extends Resource>(sent: T, before: Resource | undefined, reader: Reader): T {
  if (!before || before.resourceType !== sent.resourceType) return sent
  const changes = (ELEMENTS[sent.resourceType] ?? []).flatMap((name) => {
    const shown = items(shownTo(before, reader)[name])
    const kept = items(before[name]).filter((one) => !shown.includes(one))
    const list: unknown = sent[name] ?? []
    return kept.length === 0 || !Array.isArray(list) ? [] : [[name, [...(list as JsonObject[]), ...kept]] as const]
  })
  return changes.length === 0 ? sent : carry(sent, { ...sent, ...Object.fromEntries(changes) })
}

/** Whom the hub shows everything: itself and the board. */
export const seesAll = ({ role }: Pick<Caller, 'role'>): boolean => role !== 'agency'

const isEntitled = ({ managingOrganization }: Resource, { agency, owner }: Reader): boolean =>
  owner === agency || idOf(managingOrganization, 'Organization') === agency

const entriesOf = (resource: Resource): readonly JsonObject[] =>
  (ELEMENTS[resource.resourceType] ?? []).flatMap((name) => items(resource[name]))

const isMarked = (one: JsonObject): boolean => items(one.extension).some(({ url }) => url === CONFIDENTIAL)

const names = (one: JsonObject, agency: string): boolean =>
  items(one.extension).some(
    ({ url, valueReference }) => url === CONFIDENTIAL && idOf(valueReference, 'Organization') === agency,
  )

function without<T extends Resource>(resource: T, hides: (one: JsonObject) => boolean): T {
  const changes = (ELEMENTS[resource.resourceType] ?? []).flatMap((name) => {
    const all = items(resource[name])
    const shown = all.filter((one) => !hides(one))
    return shown.length === all.length ? [] : [[name, shown.length === 0 ? undefined : shown] as const]
  })
  if (changes.length === 0) return resource
  const rest = { ...resource, ...Object.fromEntries(changes) }
  return carry(resource, Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as T)
}

/** The same place or number however it is written and whatever is said of it. */
function valueOf({ value, text, line, city, postalCode, name, telecom, address }: JsonObject): string {
  const plain = (one: unknown): string => (textOf(one) ?? '').toLowerCase().replace(/[^\p{L}\p{N}]/gu, '')
  const lines = Array.isArray(line) ? (line as readonly unknown[]).map(plain).join('') : ''
  const place = lines === '' ? plain(text) : `${lines}|${plain(postalCode) || plain(city)}`
  return name === undefined && telecom === undefined && address === undefined
    ? `${plain(value)}|${place}`
    : JSON.stringify([name, telecom, address])
}
