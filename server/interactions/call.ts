/**
 * A request and its answer as plain objects, for HTTP, the entries of a batch, and tests.
 * A handler is a function of its needs: `(needs) => (call) => reply`.
 */
import type { Issue } from '../fhir/outcome.ts'
import type { Position } from '../fhir/position.ts'
import type { Caller, Json, Key, Resource } from '../fhir/types.ts'
import type { Write } from '../store/store.ts'

export type Call = {
  readonly caller: Caller
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly type?: string
  readonly id?: string
  readonly version?: string
  /** The record in whose compartment is searched. */
  readonly compartment?: Key
  /** Query (and form) parameters in the order given, decoded. */
  readonly params: readonly (readonly [string, string])[]
  readonly body?: Resource
  /** A JSON Patch, in place of a body that is a resource. */
  readonly jsonPatch?: Json
  /** Line and column, in the text that was sent, of an expression into the body; undefined for one into anything else. */
  readonly locate?: (expression: string) => Position | undefined
  readonly ifMatch?: string
  readonly ifNoneMatch?: string
  readonly ifModifiedSince?: string
  readonly ifNoneExist?: string
  readonly prefer: Prefer
  /** The address under which the hub was called, without a trailing slash: `http://127.0.0.1:8080/fhir`. */
  readonly base: string
  /** The request's instant (ms). */
  readonly now: number
  /** X-Request-Id: the client's, or one that the hub made. https://hl7.org/fhir/R4/http.html#custom */
  readonly requestId?: string
  /** Of a request with much to do: waited for between its steps, so that other requests have their turn. */
  readonly turn?: () => Promise<void>
  /** Of a request that runs in the background. */
  readonly background?: Background
}

/** By what a request that runs in the background is followed and ended. Its errors must be passed on. */
export type Background = {
  /** Aborts when the request is cancelled, or must stop: with the error that ends it. */
  readonly signal: AbortSignal
  /** Called before each entry of a batch. @throws the error that ends the request */
  step(done: number, total: number): void
  /** What a transaction commits together with its changes; called for each attempt. @throws an error that ends the request */
  along(): Promise<{ readonly writes: readonly Write[] }>
}

/** https://hl7.org/fhir/R4/http.html#ops and #prefer */
export type Prefer = {
  readonly return?: 'minimal' | 'representation' | 'OperationOutcome'
  readonly handling: 'strict' | 'lenient'
  /** `respond-async`: to be answered later, where the request may take long. */
  readonly async?: true
}

export type Reply = {
  readonly status: number
  /** The body: a resource to serialize, or text that is already JSON. */
  readonly resource?: Resource
  readonly text?: string
  readonly version?: number
  /** ms */
  readonly lastModified?: number
  /** Relative to base: `Patient/abc/_history/1`. */
  readonly location?: string
  readonly headers?: Readonly<Record<string, string>>
  /** What the hub warns of: in the entry of a Bundle, and where the caller prefers an OperationOutcome to the record. */
  readonly issues?: readonly Issue[]
  /** The records whose content the reply discloses to the caller, each once. It is not sent. */
  readonly disclosed?: readonly Key[]
}

export type Handler = (call: Call) => Promise<Reply>
