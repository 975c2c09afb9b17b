/** What the write path needs; built once by hub.ts. */
import type { Definitions } from '../definitions/definitions.ts'
import type { Range } from '../domain/visibility/circle.ts'
import type { VisibilityRule } from '../domain/visibility/rule.ts'
import type { Lifecycle } from '../domain/referral/lifecycle.ts'
import type { Resource } from '../fhir/types.ts'
import type { IndexEntry } from '../search/query.ts'
import type { Store } from '../store/store.ts'
import type { Validator } from '../validate/validator.ts'
import type { PostedDefinitions, EffectiveDefinitions } from './posted-definitions.ts'

/** capability/rules/writing.json. */
export type WritingRule = {
  readonly shared: readonly string[]
  readonly namesCaller: Readonly<Record<string, string>>
  readonly immutable: Readonly<Record<string, readonly string[]>>
  readonly kept: readonly string[]
  readonly byRole: readonly { readonly type: string; readonly code: string; readonly role: string }[]
}

export type WriteNeeds = {
  readonly store: Store
  readonly validator: Validator
  readonly definitions: Definitions
  /** Where the board posts definitions; nowhere when any type is taken from anybody. */
  readonly posted?: PostedDefinitions
  /** What the write under way is judged by. */
  readonly effective?: EffectiveDefinitions
  /** `hub`: the published types and the rules between agencies. `open`: any R4 type, none of them. */
  readonly rules: 'hub' | 'open'
  readonly visibility: VisibilityRule
  readonly writing: WritingRule
  readonly lifecycle: Lifecycle
  /** The searchable facts of a resource. */
  extract(resource: Resource): readonly IndexEntry[]
  /** A FHIR date as instants in the hub's time zone. */
  readonly range: Range
  /** Secret of the keyed hash by which social security numbers are compared. */
  readonly ssnKey: string | Buffer
  /** A new hub id for a participant. */
  newHubId(): string
  /** May subscriptions name loopback addresses? */
  readonly loopbackEndpoints: boolean
}
