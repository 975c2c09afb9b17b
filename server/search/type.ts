/**
 * What a search parameter type consists of. Each file of types/ is one type and exports everything of it; types/index.ts
 * lists them. How a store keeps and queries the entries of a type is in the store: server/store/<store>/search-types/.
 */
import type { SearchParameter } from '../definitions/definitions.ts'
import type { Resource } from '../fhir/types.ts'

/** What indexing depends on, beside the resource. */
export type IndexContext = {
  /** The base URL of the hub. */
  readonly base: string
  /** IANA name of the time zone of the hub. */
  readonly timeZone: string
  /** What the code systems say about tokens; absent: no system is case sensitive, and no element implies one. */
  readonly codes?: CodeFacts
}

export type CodeFacts = {
  /** Is the code system case sensitive? https://hl7.org/fhir/R4/codesystem-definitions.html#CodeSystem.caseSensitive */
  isCaseSensitive(system: string): boolean
  /** The system that the binding of an element of type code implies, such as the one of `Task.status`. */
  impliedSystem(parameter: SearchParameter): string | undefined
}

/** One filter is enough. Structurally a Filter of query.ts, which knows every type and cannot be imported here. */
export type AnyOf<Filter> = { readonly op: 'or'; readonly of: readonly Filter[] }

/** What reading a searched value depends on: the same, and the instant of the search (ms since 1970). */
export type SearchValueContext = IndexContext & {
  readonly now: number
  /** Absent: the modifiers that need them are refused. */
  readonly codeSets?: CodeSets
}

export type SearchedCode = { readonly system: string; readonly code: string }

/** Codes by which the modifiers `:in`, `:not-in`, `:above` and `:below` search; a clause says why there are none. */
export type CodeSets = {
  /** By url, with or without a version, or `ValueSet/<id>`. */
  valueSet(text: string): readonly SearchedCode[] | string
  /** A code with all codes above or below it. */
  related(system: string, code: string, direction: 'above' | 'below'): readonly SearchedCode[] | string
}

/**
 * A search parameter type. `Entry` is what a record's index keeps of one value, with `kind` the name of the type;
 * `Filter` is the condition of one searched value, with `op` the name of the type. The other two are entries and
 * filters of other types that this one produces too (a reference to another server is indexed as a uri).
 */
export type SearchType<Entry, Filter, OtherEntry = never, OtherFilter = never> = {
  /**
   * The entries of one value that the parameter's expression selects; none for a value that the type cannot read
   * (extract.ts then notes that the parameter is present).
   */
  entries(
    value: unknown,
    parameter: SearchParameter,
    context: IndexContext,
    resource?: Resource,
  ): readonly (Entry | OtherEntry)[]
  /**
   * The condition of one searched value, still escaped (`a\,b`); `modifier` is one of `modifiers`, or absent.
   * @throws OutcomeError `invalid-parameter` when the value cannot be read.
   */
  filter(
    parameter: SearchParameter,
    modifier: string | undefined,
    text: string,
    context: SearchValueContext,
  ): Filter | OtherFilter | AnyOf<Filter | OtherFilter>
  /** Does an entry meet the condition? This is the reference for the `condition` of every store. */
  matches(entry: Entry, filter: Filter): boolean
  /** What records are sorted by, if the entry counts for that. The `sortExpression` of every store computes the same. */
  sortKey(entry: Entry): string | number | undefined
  /** The type of `sortKey`, by which a cursor is checked. */
  readonly sortKeyType: 'string' | 'number'
  /** The modifiers that the type takes. `missing` needs no code of the type: the parser builds it. */
  readonly modifiers: readonly string[]
  /** Each target type of the parameter is a modifier too: `subject:Patient=1`. */
  readonly targetIsModifier?: true
}

/** `missing` is made by the parser; `not` and `not-in` are the negation of the filter that the type makes. */
export const MISSING = 'missing'
export const NEGATIONS: readonly string[] = ['not', 'not-in']
