/** The messages between the demo and an agency's process (IPC): calls of steps, and reports of what happened. */
import type { DemoResource } from './fhir.ts'

/** The demo calls a step of an agency: what its staff do. */
export type StepCall = { readonly call: number; readonly step: string; readonly input: Values }
export type Values = Readonly<Record<string, string>>

/** One request to the hub and its answer. */
export type Exchange = {
  readonly kind: 'exchange'
  /** The step, or `on-` and the topic of the event, that caused the request. */
  readonly cause: string
  readonly method: string
  readonly path: string
  readonly ifMatch?: string
  readonly note: string
  /** A routine read: checked, not printed. */
  readonly routine: boolean
  readonly expected: number
  readonly status: number
  readonly issues: readonly string[]
  readonly request?: DemoResource
  readonly response?: DemoResource
}

/** One event of a subscription that arrived in the agency's inbox. */
export type Notified = {
  readonly kind: 'notified'
  readonly topic: string
  readonly number: number
  readonly focus: string
}

export type Report =
  | { readonly kind: 'ready' }
  | Exchange
  | Notified
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'trouble'; readonly text: string }
  | { readonly kind: 'done'; readonly call: number; readonly output: Values }
  | { readonly kind: 'failed'; readonly call: number; readonly text: string }
