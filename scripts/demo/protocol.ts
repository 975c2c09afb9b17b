/** What the narrator and an agency's process tell each other over IPC: cues to people, and reports of what happened. */
import type { Resource } from './fhir.ts'

/** The narrator plays the people: somebody at the agency does something. */
export type Cue = { readonly call: number; readonly cue: string; readonly facts: Facts }
export type Facts = Readonly<Record<string, string>>

/** One request to the hub and its answer. */
export type Sent = {
  readonly kind: 'sent'
  /** The cue or the topic that made the agency ask. */
  readonly cause: string
  readonly method: string
  readonly path: string
  readonly ifMatch?: string
  readonly note: string
  /** A routine read: counted, not printed. */
  readonly routine: boolean
  readonly expected: number
  readonly status: number
  readonly issues: readonly string[]
  readonly request?: Resource
  readonly response?: Resource
}

/** One event of a subscription that the agency's listener was told of. */
export type Told = { readonly kind: 'told'; readonly topic: string; readonly number: number; readonly focus: string }

export type Report =
  | { readonly kind: 'ready' }
  | Sent
  | Told
  | { readonly kind: 'said'; readonly text: string }
  | { readonly kind: 'trouble'; readonly text: string }
  | { readonly kind: 'done'; readonly call: number; readonly facts: Facts }
  | { readonly kind: 'failed'; readonly call: number; readonly text: string }
