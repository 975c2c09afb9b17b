/** The system of an Identifier is absolute. https://hl7.org/fhir/R4/datatypes-definitions.html#Identifier.system */
import type { Rule } from './index.ts'

export const identifierSystem: Rule = ({ system }) => {
  if (typeof system !== 'string' || system === '' || /^[A-Za-z][A-Za-z0-9+.-]*:/.test(system)) return []
  const text = `{at} is \`${system}\`. The system of an identifier is an absolute URI, such as \`https://...\` or \`urn:oid:...\`.`
  return [{ code: 'value-format', below: '/system', text }]
}
