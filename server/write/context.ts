/** Who writes, when, and what this attempt of the write reads. */
import type { Caller } from '../fhir/types.ts'
import { insight, unrestricted, type View } from '../records/view.ts'
import type { Store, Work } from '../store/store.ts'

/**
 * The author of a write at the instant of the request (ms). `view`: the insight of this attempt, where an operation has
 * read by it before it writes, so that both see one state and nothing is read twice. `turn`: of a write with much to do,
 * waited for between its steps, so that other requests have their turn.
 */
export type Author = {
  readonly caller: Caller
  readonly now: number
  /** Of the request (X-Request-Id), kept with what it commits. */
  readonly requestId?: string
  readonly view?: View
  readonly turn?: (() => Promise<void>) | undefined
}

/** The request as it is kept with a commit. */
export const requestOf = ({ caller, requestId: id }: Author): Pick<Work, 'request'> =>
  id === undefined ? {} : { request: { id, agency: caller.agency } }

export type WriteContext = {
  readonly caller: Caller
  readonly now: number
  readonly turn?: (() => Promise<void>) | undefined
  /** What the caller may know: the rules decide by it. */
  readonly view: View
  /** Nothing will be written: no answer may depend on a secret that only a write may compare. */
  readonly dryRun?: true
  /**
   * Present where the write begins again when it is refused: a rule may then leave a search, which would only say why, to
   * a guard of the commit, and notes here that it did.
   */
  readonly trial?: { unsearched: boolean }
  /** All records: for decisions of the hub whose answer does not depend on what the caller may know. */
  readonly unrestricted: View
}

export const contextOf = (
  { store }: { readonly store: Store },
  { caller, now, turn, view = insight(store, caller, now) }: Author,
): WriteContext => ({ caller, now, turn, view, unrestricted: unrestricted(store) })
