/** The interface of a validator. */
import type { Issue } from '../fhir/outcome.ts'

export type ResourceCheckOptions = {
  /** Canonical urls of profiles to check against, in addition to those that the hub requires and meta.profile claims. */
  readonly profiles?: readonly string[]
  /** Prefix of every expression: `Bundle.entry[3].resource`. Default: the resource type. */
  readonly at?: string
}

export type Validator = {
  /** Every issue found; none means valid. Never throws for what a resource contains. */
  check(resource: unknown, options?: ResourceCheckOptions): Promise<readonly Issue[]>
}
