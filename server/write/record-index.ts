/** How records are indexed: what a write needs to compute the entries by which a record is found. */
import type { MatchingRule } from '../domain/participant/matching-rule.ts'
import type { VisibilityRule } from '../domain/visibility/rule.ts'
import type { Resource } from '../fhir/types.ts'
import type { IndexEntry } from '../search/query.ts'

export type RecordIndex = {
  /** The index entries of a resource by its search parameters. */
  extract(resource: Resource): readonly IndexEntry[]
  /** Names the element by which a record is about a participant. */
  readonly visibility: VisibilityRule
  /** By what participants are compared, and the blocks in which a match looks for them. */
  readonly matching: MatchingRule
  /** Are records indexed by the posted definitions that they use? */
  readonly posts: boolean
}
