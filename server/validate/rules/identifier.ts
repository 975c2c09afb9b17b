/** The system of an Identifier is absolute. https://hl7.org/fhir/R4/datatypes-definitions.html#Identifier.system */
import type { SpecificationRule } from './specification-rule.ts'

export const identifierSystemAbsolute: SpecificationRule = ({ system }) => {
  if (typeof system !== 'string' || system === '' || /^[A-Za-z][A-Za-z0-9+.-]*:/.test(system)) return []
  const text = `{at} is \`${system}\`. The system of an identifier is an absolute URI, such as \`https://...\` or \`urn:oid:...\`.`
  return [{ detail: 'value-format', below: '/system', text }]
}

/** The system `urn:ietf:rfc:3986` means that the value is a URI. https://hl7.org/fhir/R4/identifier-registry.html */
export const identifierValueIsUri: SpecificationRule = ({ system, value }) => {
  if (system !== 'urn:ietf:rfc:3986' || typeof value !== 'string' || /^[A-Za-z][A-Za-z0-9+.-]*:/.test(value)) return []
  const text = `{at} has the value \`${value}\`. By its system it is a URI in full, such as \`urn:uuid:...\`.`
  return [{ detail: 'value-format', text }]
}
