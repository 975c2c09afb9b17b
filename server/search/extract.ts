/** From a resource to its index entries, by the search parameters of its type. https://hl7.org/fhir/R4/search.html */
import type { SearchParameter } from '../definitions/definitions.ts'
import type { Resource } from '../fhir/types.ts'
import { compileSelector } from '../fhirpath/select.ts'
import type { IndexEntry } from './query.ts'
import type { IndexContext } from './type.ts'
import { typeOf } from './types/index.ts'

type Extractor = (resource: Resource, place: IndexContext) => readonly IndexEntry[]

/** Each parameter is compiled once, for as long as somebody holds it. */
const extractors = new WeakMap<SearchParameter, Extractor>()

/**
 * Everything the resource says under these parameters, each entry once.
 * Values that a parameter's type cannot read (a text where a date is meant) give no entry.
 */
export function extract(
  resource: Resource,
  parameters: readonly SearchParameter[],
  place: IndexContext,
): readonly IndexEntry[] {
  const entries: IndexEntry[] = []
  for (const parameter of parameters) {
    for (const entry of extractor(parameter)(resource, place)) entries.push(entry)
  }
  return entries
}

/**
 * Compiles parameters ahead of use.
 * @throws Error that names the SearchParameter and what in it the hub does not evaluate.
 */
export function checkParameters(parameters: readonly SearchParameter[]): void {
  parameters.forEach(extractor)
}

function extractor(parameter: SearchParameter): Extractor {
  const known = extractors.get(parameter)
  if (known) return known
  const made = compile(parameter)
  extractors.set(parameter, made)
  return made
}

function compile(parameter: SearchParameter): Extractor {
  const { code } = parameter
  const select = selector(parameter)
  const type = typeOf(parameter)
  return (resource, place) => {
    const values = select(resource)
    if (values.length === 1) return once(type.entries(values[0], code, place))
    return once(values.flatMap((value) => type.entries(value, code, place)))
  }
}

function selector({ code, url, expression }: SearchParameter) {
  try {
    return compileSelector(expression)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(
      `The expression \`${expression}\` of SearchParameter \`${url}\` (\`${code}\`) cannot be used: ${why}.`,
    )
  }
}

function once(entries: readonly IndexEntry[]): readonly IndexEntry[] {
  if (entries.length < 2) return entries
  const seen = new Map<string, IndexEntry>()
  for (const entry of entries) seen.set(JSON.stringify(Object.values(entry)), entry)
  return seen.size === entries.length ? entries : [...seen.values()]
}
