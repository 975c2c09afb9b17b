/** A request that is answered with an error code. */
import type { Scene } from '../attack/scene.ts'
import type { Client } from '../given.ts'

/** Agencies of the samples; `board` speaks without the header. */
export type Cast = {
  readonly board: Client
  readonly es: Client
  readonly abe: Client
  readonly ui: Client
  /** Any name. */
  as(agency: string): Client
  /** What befalls the next commit. */
  between: Scene['between']
  /** What befalls the next read of a type. */
  beforeReading: Scene['beforeReading']
  readonly store: Scene['store']
}

export type ErrorCase = {
  /** What is done wrong. */
  readonly what: string
  readonly send: (cast: Cast) => Promise<unknown>
  /** Settings of the hub, where it takes others than usual. */
  readonly settings?: Readonly<Record<string, string>>
}
