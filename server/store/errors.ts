/** The errors that a store throws, apart from those of wrong arguments. */

/**
 * Why a commit was refused; nothing was changed. `index` is the position in `writes`, `guards` or `cursors`; `current`
 * the current version number there (0: none, or deleted; for entries the last version, deletions included), or the value
 * of the cursor.
 */
export class CommitConflict extends Error {
  readonly kind: 'write' | 'guard' | 'cursor' | 'claim'
  readonly index: number
  readonly current: number

  constructor(kind: CommitConflict['kind'], index: number, current = 0) {
    super(`Commit refused: ${kind} ${index} finds version ${current}.`)
    this.name = 'CommitConflict'
    this.kind = kind
    this.index = index
    this.current = current
  }
}

/** No room to write (SQLITE_FULL, quota): nothing was changed, reads go on. */
export class StoreFull extends Error {}

/**
 * A search as of a sequence that this store cannot answer: one that it has not taken yet, or one from before it began to
 * keep the entries of former versions (a store that an older hub wrote). The reader begins again without one.
 */
export class SequenceUnavailable extends Error {
  readonly sequence: number
  readonly range: { readonly first: number; readonly last: number }

  constructor(sequence: number, range: { readonly first: number; readonly last: number }) {
    super(`The store cannot search as of sequence ${sequence}: it can from ${range.first} to ${range.last}.`)
    this.name = 'SequenceUnavailable'
    this.sequence = sequence
    this.range = range
  }
}

/** A read that takes longer than the store allows it to. */
export class QueryTooLong extends Error {}

/** The store was closed: nothing is done any more. */
export class StoreClosed extends Error {
  constructor() {
    super('The store is closed.')
    this.name = 'StoreClosed'
  }
}

/** A store that cannot be opened (or trusted). The message is one sentence that says what to do; the hub prints it and stops. */
export class StoreUnusable extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'StoreUnusable'
  }
}
