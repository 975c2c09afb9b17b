/** Whose an identifier is: it belongs to the agency that assigned it. https://hl7.org/fhir/R4/datatypes.html#Identifier */
import { namingSystem } from '../../fhir/canonical.ts'
import { idOf, items, sameJson, textOf } from '../../fhir/element.ts'
import type { JsonObject, Resource } from '../../fhir/types.ts'
import { HUB_ID } from './hub-id.ts'

const AGENCY = namingSystem('agency/')

/** The agency whose system it has, else the assigner that it names; undefined where nobody can be named. */
export function assignerOf(identifier: JsonObject): string | undefined {
  const system = textOf(identifier.system)
  if (system?.startsWith(AGENCY)) return system.slice(AGENCY.length).split('/')[0]
  return idOf(identifier.assigner, 'Organization')
}

export type IdentifierChanges = {
  /** Identifiers of `before` that `after` does not have as they were. */
  readonly removed: readonly JsonObject[]
  /** Positions in `after` of those that `before` does not have. */
  readonly added: readonly number[]
}

/** How the identifiers differ, whatever their order. The hub id is the hub's own and does not count. */
export function identifierChanges(before: Resource, after: Resource): IdentifierChanges {
  const left = items(before.identifier).filter(({ system }) => system !== HUB_ID)
  const added = items(after.identifier).flatMap((identifier, index) => {
    if (identifier.system === HUB_ID) return []
    const position = left.findIndex((one) => sameJson(one, identifier))
    if (position < 0) return [index]
    left.splice(position, 1)
    return []
  })
  return { removed: left, added }
}
