/**
 * Compartments: the records that belong to one Patient, Encounter, Practitioner, RelatedPerson or Device, by the
 * parameters that R4's CompartmentDefinitions name. https://hl7.org/fhir/R4/compartmentdefinition.html
 */
import type { Definitions } from '../definitions/definitions.ts'
import type { Key } from '../fhir/types.ts'
import type { Filter } from './query.ts'

/** The ids of the CompartmentDefinitions of R4. */
const IDS = ['patient', 'encounter', 'relatedPerson', 'practitioner', 'device'] as const
const ROOT = 'http://hl7.org/fhir/CompartmentDefinition/'

/** The parameter of a definition that stands for the record itself. */
const ITSELF = '{def}'

export type Compartment = {
  readonly url: string
  /** The type of the record that the compartment is of. */
  readonly code: string
  /** By type: the parameters by one of which a record belongs to it. */
  readonly members: ReadonlyMap<string, readonly string[]>
}

type Definition = { readonly code: string; readonly resource: readonly { code: string; param: readonly string[] }[] }

/** The compartments of the types that are offered, with the types and parameters that are offered. */
export function compartmentsOf(definitions: Definitions): readonly Compartment[] {
  return IDS.flatMap((id) => {
    const url = `${ROOT}${id}`
    const found = definitions.find(url) as Definition | undefined
    if (found === undefined || definitions.capability(found.code) === undefined) return []
    const members = found.resource.flatMap(({ code: type, param }) => {
      const capability = definitions.capability(type)
      const codes = capability?.searchParameters.map(({ code }) => code) ?? []
      const usable = param.filter((one) => one === ITSELF || codes.includes(one))
      return capability?.interactions.includes('search-type') && usable.length > 0 ? [[type, usable] as const] : []
    })
    return [{ url, code: found.code, members: new Map(members) }]
  })
}

/** The condition of belonging to the compartment of a record, for records of these types. */
export function inCompartment({ members }: Compartment, key: Key, types: readonly string[]): Filter {
  const typesByParams = new Map<string, string[]>()
  for (const type of types) {
    const params = JSON.stringify(members.get(type) ?? [])
    typesByParams.set(params, [...(typesByParams.get(params) ?? []), type])
  }
  const filters = [...typesByParams].map(([params, list]): Filter => {
    const of = (JSON.parse(params) as string[]).map((param) => belongs(param, key))
    const member: Filter = of.length === 1 && of[0] ? of[0] : { op: 'or', of }
    return typesByParams.size === 1 ? member : { op: 'and', of: [{ op: 'type', types: list }, member] }
  })
  return filters.length === 1 && filters[0] ? filters[0] : { op: 'or', of: filters }
}

const belongs = (param: string, { type, id }: Key): Filter =>
  param === ITSELF ? { op: 'id', ids: [id] } : { op: 'reference', param, type, id }
