/** The R4 search parameters, reduced to the properties that indexing needs. https://hl7.org/fhir/R4/searchparameter-registry.html */
import type { Definition } from './definition.ts'

export function searchParameter(source: Definition): Definition {
  const { resourceType, url, name, code, base, type, expression, target, component, description } = source
  const components = component === undefined ? {} : { component: component as Definition[string] }
  const known = { resourceType, url, name, code, base, type, expression, target }
  return { ...known, ...components, ...descriptions(String(description)) }
}

// A parameter of several types describes each in a line: `* [Account](account.html): Who or what ...`
function descriptions(text: string): { description: string; descriptions?: Record<string, string> } {
  const lines = [...text.matchAll(/^\* \[(\w+)\]\([^)]*\): (.*)$/gm)].map(
    (line) => [line[1] ?? '', (line[2] ?? '').trim()] as const,
  )
  return lines.length > 0
    ? { description: lines[0]?.[1] ?? '', descriptions: Object.fromEntries(lines) }
    : { description: text }
}
