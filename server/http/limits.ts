/** What one request may ask of the hub. Each is a setting: docs/settings.md. */
export type HttpLimits = {
  /** Bytes of a body, as sent and as inflated. */
  readonly body: number
  /** Characters of an address. */
  readonly address: number
  /** How deep objects and arrays of a JSON body nest. */
  readonly depth: number
  /** Parameters of an address and its form. */
  readonly parameters: number
  /** Requests of one caller at the same time. */
  readonly concurrency: number
}
