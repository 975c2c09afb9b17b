/** What a channel is: one file per channel type, listed in index.ts. */

export type Message = {
  readonly endpoint: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
  /** Milliseconds until an attempt has failed. */
  readonly timeout: number
}

/**
 * How an attempt ended. `text` is a sentence for the owner of the subscription; nothing that the endpoint sent is in it.
 * `gone`: it wants no more notifications. `retryAfter`: the milliseconds that it asks the hub to wait.
 */
export type DeliveryOutcome =
  | { readonly accepted: true }
  | { readonly accepted: false; readonly text: string; readonly gone?: boolean; readonly retryAfter?: number }

/** Makes one attempt. Rejects only when the signal aborts (with `Interrupted`). */
export type Channel = (message: Message, signal: AbortSignal) => Promise<DeliveryOutcome>
