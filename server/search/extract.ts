/** From a resource to its index entries, by the search parameters of its type. https://hl7.org/fhir/R4/search.html */
import type { SearchParameter } from '../definitions/definitions.ts'
import type { Resource } from '../fhir/types.ts'
import { compileSelector } from '../fhirpath/select.ts'
import type { IndexEntry } from './query.ts'
import type { IndexContext } from './type.ts'
import { compileComponents } from './types/composite.ts'
import { SEARCH_TYPES, searchTypeOf } from './types/index.ts'

type Extractor = (resource: Resource, context: IndexContext) => readonly IndexEntry[]

/** Each parameter is compiled once, and kept as long as the parameter itself. */
const extractors = new WeakMap<SearchParameter, Extractor>()

/**
 * The index entries of a resource for these parameters, each entry once.
 * A value that the parameter's type cannot read (a text where a date belongs) gives no entry.
 */
export function extract(
  resource: Resource,
  parameters: readonly SearchParameter[],
  context: IndexContext,
): readonly IndexEntry[] {
  const entries: IndexEntry[] = []
  for (const parameter of parameters) {
    for (const entry of extractor(parameter)(resource, context)) entries.push(entry)
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

/** What a reference parameter selects from a resource, as it is written: with the versions that the index leaves out. */
export function referencesOf(resource: Resource, parameter: SearchParameter): readonly string[] {
  return compileSelector(parameter.expression)(resource).flatMap((value) => {
    const text = (value as { reference?: unknown } | null)?.reference
    return typeof text === 'string' ? [text] : []
  })
}

function extractor(parameter: SearchParameter): Extractor {
  const cached = extractors.get(parameter)
  if (cached) return cached
  const compiled = compile(parameter)
  extractors.set(parameter, compiled)
  return compiled
}

function compile(parameter: SearchParameter): Extractor {
  const { code } = parameter
  const select = selector(parameter)
  const name = searchTypeOf(parameter)
  const type = SEARCH_TYPES[name]
  if (name === 'composite') compileWith(parameter, () => compileComponents(parameter))
  return (resource, context) => {
    const values = select(resource)
    if (values.length === 0) return NONE
    const entries =
      values.length === 1
        ? type.entries(values[0], parameter, context, resource)
        : values.flatMap((value): readonly IndexEntry[] => type.entries(value, parameter, context, resource))
    // An element without the components of a composite is no value of it.
    return entries.length > 0 ? distinct(entries) : name === 'composite' ? NONE : [present(code)]
  }
}

const NONE: readonly IndexEntry[] = []

/**
 * There is a value, though none that can be searched for, such as a reference with nothing but a display: `:missing` must
 * not take the record for one without. No searched text is empty. https://hl7.org/fhir/R4/search.html#modifiers
 */
const present = (param: string): IndexEntry => ({ kind: 'string', param, value: '', exact: '', part: true })

const selector = (parameter: SearchParameter) => compileWith(parameter, () => compileSelector(parameter.expression))

function compileWith<T>({ code, url, expression }: SearchParameter, compileOne: () => T): T {
  try {
    return compileOne()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(
      `The expression \`${expression}\` of SearchParameter \`${url}\` (\`${code}\`) cannot be used: ${why}.`,
    )
  }
}

function distinct(entries: readonly IndexEntry[]): readonly IndexEntry[] {
  if (entries.length < 2) return entries
  // Nearly always they differ in one value already.
  if (new Set(entries.map(mainValue)).size === entries.length) return entries
  const seen = new Map<string, IndexEntry>()
  for (const entry of entries) seen.set(JSON.stringify(entry), entry)
  return seen.size === entries.length ? entries : [...seen.values()]
}

function mainValue(entry: IndexEntry): unknown {
  if (entry.kind === 'token') return entry.code
  if (entry.kind === 'reference') return entry.id
  if (entry.kind === 'date') return entry.start
  return 'value' in entry ? entry.value : 'low' in entry ? entry.low : undefined
}
