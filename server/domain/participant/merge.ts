/**
 * Two records of one person become one, and apart again: what the target takes over, what the two say differently, and
 * what an undo takes back. https://hl7.org/fhir/R5/patient-operation-merge.html
 */
import { items, sameJson } from '../../fhir/element.ts'
import type { Json, JsonObject, Resource } from '../../fhir/types.ts'
import { HUB_ID } from './hub-id.ts'
import { linksOf } from './retirement.ts'

type Identified = Resource & { readonly id: string }

/** Days in which a merge can be undone. */
export const UNDO_DAYS = 30

/** An element that both records have, with different values. */
export type ElementConflict = { readonly element: string; readonly source: Json; readonly target: Json }

/** Elements that are not compared: the hub's own, and those of which both records' values are kept. */
const OWN = ['resourceType', 'id', 'meta', 'text', 'active', 'link', 'identifier', 'extension']
/** Lists whose items are kept, added and taken back one by one. */
const BY_ITEM = ['identifier', 'link', 'extension']
/** Extensions that the hub derives: the target's follow by themselves. */
const DERIVED = ['ext-participation-pathway', 'ext-merged-into']

export function conflictsOf(source: Resource, target: Resource): readonly ElementConflict[] {
  const elements = Object.keys(source).filter((name) => !OWN.includes(name) && target[name] !== undefined)
  const own = elements.flatMap((element): ElementConflict[] =>
    sameJson(source[element], target[element])
      ? []
      : [{ element, source: source[element] as Json, target: target[element] as Json }],
  )
  const extensions = items(source.extension).flatMap((one): ElementConflict[] => {
    const other = items(target.extension).find(({ url }) => url === one.url)
    if (!other || isDerived(one) || sameJson(one, other)) return []
    return [{ element: `extension('${String(one.url)}')`, source: one, target: other }]
  })
  return [...own, ...extensions]
}

/** The target with the identifiers of both and what it lacks and the source has, or as `result` says, and its link. */
export function combined(source: Identified, target: Identified, result?: Identified): Identified {
  const lacking = Object.entries(source).filter(([name]) => !OWN.includes(name) && target[name] === undefined)
  const extensions = items(source.extension).filter(
    (one) => !isDerived(one) && !items(target.extension).some(({ url }) => url === one.url),
  )
  const base: Identified = result ?? {
    ...target,
    ...Object.fromEntries(lacking),
    ...list('extension', [...items(target.extension), ...extensions]),
  }
  const identifiers = [
    ...items(target.identifier),
    ...items(source.identifier).filter(({ system }) => system !== HUB_ID),
  ]
  const link = { other: { reference: `Patient/${source.id}` }, type: 'replaces' }
  return {
    ...base,
    id: target.id,
    ...list('identifier', united(items(base.identifier), identifiers)),
    link: [...withoutLinksTo(base, source.id), link],
  } as Identified
}

/** The source, retired. `mergedInto`: the extension of the hub that says so. */
export function retired(source: Identified, target: string, mergedInto: JsonObject): Identified {
  return {
    ...source,
    active: false,
    extension: [...items(source.extension), mergedInto],
    link: [...withoutLinksTo(source, target), { other: { reference: `Patient/${target}` }, type: 'replaced-by' }],
  } as Identified
}

/** The states of the target around a merge. */
export type MergedTarget = { readonly before: Resource; readonly merged: Resource }

/** The target without what the merge gave it; what was changed since stays as it is. */
export function separated(current: Identified, { before, merged }: MergedTarget): Identified {
  const names = [...new Set([...Object.keys(before), ...Object.keys(merged)])]
  const reverted = names
    .filter((name) => !['resourceType', 'id', 'meta', 'text', ...BY_ITEM].includes(name))
    .filter((name) => !sameJson(before[name], merged[name]) && sameJson(current[name], merged[name]))
    .map((name) => [name, before[name]] as const)
  const lists = BY_ITEM.map((name) => {
    const given = items(merged[name]).filter((one) => !items(before[name]).some((other) => sameJson(one, other)))
    const left = items(current[name]).filter((one) => isDerived(one) || !given.some((other) => sameJson(one, other)))
    return [name, left.length > 0 ? left : undefined] as const
  })
  const all = { ...current, ...Object.fromEntries([...reverted, ...lists]) }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as unknown as Identified
}

const isDerived = ({ url }: JsonObject): boolean => DERIVED.some((name) => String(url).endsWith(`/${name}`))

const list = (name: string, values: readonly JsonObject[]) => (values.length > 0 ? { [name]: values } : {})

const united = (one: readonly JsonObject[], other: readonly JsonObject[]): readonly JsonObject[] => [
  ...one,
  ...other.filter((value) => !one.some((kept) => sameJson(kept, value))),
]

function withoutLinksTo(patient: Resource, id: string): readonly JsonObject[] {
  const naming = linksOf(patient).filter((link) => link.id === id)
  return items(patient.link).filter((_, index) => !naming.some((link) => link.index === index))
}
