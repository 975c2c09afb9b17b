/** The extensions of the Subscriptions R5 Backport guide that the hub reads. https://hl7.org/fhir/uv/subscriptions-backport/STU1.1/ */

const BACKPORT = 'http://hl7.org/fhir/uv/subscriptions-backport'

export const backportProfile = (id: string): string => `${BACKPORT}/StructureDefinition/${id}`
export const backportOperation = (id: string): string => `${BACKPORT}/OperationDefinition/${id}`

export const FILTER = backportProfile('backport-filter-criteria')
export const HEARTBEAT = backportProfile('backport-heartbeat-period')
export const TIMEOUT = backportProfile('backport-timeout')
export const MAX_COUNT = backportProfile('backport-max-count')
export const CONTENT = backportProfile('backport-payload-content')
