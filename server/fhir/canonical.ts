/** The canonical addresses under which the hub publishes what it defines. https://hl7.org/fhir/R4/references.html#canonical */

export const ROOT = 'https://no-wrong-door.example/fhir'

export const profileUrl = (id: string): string => `${ROOT}/StructureDefinition/${id}`
export const codeSystem = (id: string): string => `${ROOT}/CodeSystem/${id}`
export const valueSet = (id: string): string => `${ROOT}/ValueSet/${id}`
export const namingSystem = (id: string): string => `${ROOT}/NamingSystem/${id}`
