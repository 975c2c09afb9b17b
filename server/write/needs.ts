/** What the write path needs; built once by hub.ts. */
import type { Definitions } from '../definitions/definitions.ts'
import type { Store } from '../store/store.ts'
import type { Validator } from '../validate/validator.ts'
import type { Policy } from './policy/policy.ts'
import type { RecordIndex } from './record-index.ts'

export type WriteNeeds = {
  readonly store: Store
  /** The definitions and the validator as they are when a write begins. */
  readonly definitions: Definitions
  readonly validator: Validator
  /** What a write must satisfy: the rules between agencies, or none of them (HUB_RULES). */
  readonly policy: Policy
  readonly index: RecordIndex
}
