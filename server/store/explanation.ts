/** What a store says about how it answers a query: data, for whoever may see all of the records. */
import type { Filter } from '../search/query.ts'

/** What a record is tested by: a condition of the query; or may the viewer know of it, is it there, is it unchanged since `asOf`. */
export type TestedCondition = Filter | { readonly op: 'visible' | 'not-deleted' | 'unchanged' }

/** How a page is read, or a total counted. */
export type ExplainedRead = {
  readonly purpose: 'page' | 'total'
  /** Where records are read from: the list of a condition, the order of a parameter, or every record of the types. */
  readonly from:
    | { readonly kind: 'list'; readonly of: TestedCondition }
    | { readonly kind: 'order'; readonly param: string }
    | { readonly kind: 'every' }
  /** The lists that were compared, and how many records each has; `more`: at least so many. */
  readonly lists: readonly { readonly of: TestedCondition; readonly records: number; readonly more?: true }[]
  /** What each record that is read is tested by. */
  readonly tests: readonly TestedCondition[]
  /** How many records were read. */
  readonly read: number
}

/** How a query is answered. `thread`: by a thread of its own rather than on the event loop. `ms`: how long it took. */
export type Explanation = {
  readonly reads: readonly ExplainedRead[]
  readonly thread: boolean
  readonly ms: number
}
