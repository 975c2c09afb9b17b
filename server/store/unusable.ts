/** A store that cannot be opened (or trusted). The message is one sentence that says what to do; the hub prints it and stops. */
export class StoreUnusable extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'StoreUnusable'
  }
}
