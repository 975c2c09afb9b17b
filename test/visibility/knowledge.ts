/** What the sender of random requests knows: only what it has sent itself and what it was answered. */
import type { Random } from '../../scripts/random.ts'
import type { Body } from '../builders/index.ts'
import type { Tables } from '../requests/tables.ts'
import type { Secrets } from './twin-worlds.ts'
import type { Sent } from './twins.ts'

/** A type as the capability statement offers it. */
export type Offered = {
  readonly type: string
  readonly searchParam?: readonly { readonly name: string; readonly type: string }[]
  readonly searchInclude?: readonly string[]
  readonly searchRevInclude?: readonly string[]
}

export type Knowledge = {
  /** By which the hubs route and search. */
  readonly tables: Tables
  readonly random: Random
  readonly offers: readonly Offered[]
  readonly secrets: Secrets
  /** Addresses that abe has seen: `Patient/«3»`. */
  readonly addresses: string[]
  /** The last state seen of a record, with marks. */
  readonly states: Map<string, Body>
}

export type RequestKind = (knowledge: Knowledge) => Sent | undefined
