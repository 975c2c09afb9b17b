/** Definitions whose types say which of their search parameters are incomplete, and the state of the index behind it. */
import type { Config } from '../config.ts'
import type { Definitions } from '../definitions/definitions.ts'
import {
  createIndexState,
  indexDigests,
  withIndexState,
  type IndexInputs,
  type IndexState,
} from '../write/index-state.ts'
import type { LoadedTables } from './load-rule-tables.ts'

export type IndexedDefinitions = {
  readonly definitions: Definitions
  readonly state: IndexState
  /** Takes the search parameters of these definitions for the ones in effect. */
  declare(next: Definitions): void
  /** From now on called after that: a reindex may be due. */
  onDeclared(call: () => void): void
}

/** `restricts`: does the visibility rule decide who may know of a record? */
export function indexedDefinitions(
  declared: Definitions,
  { timeZone, publicUrl }: Config,
  { visibility, matching }: LoadedTables,
  restricts: boolean,
): IndexedDefinitions {
  const inputs: IndexInputs = {
    caseSensitive: caseSensitiveSystems(declared),
    matching,
    timeZone,
    base: publicUrl ?? '',
    visibility: restricts ? visibility : undefined,
  }
  const digestsOf = ({ capabilities }: Definitions) => indexDigests(capabilities, inputs)
  const state = createIndexState(digestsOf(declared))
  let after = (): void => undefined
  return {
    definitions: withIndexState(declared, state),
    state,
    declare(next) {
      state.declare(digestsOf(next))
      after()
    },
    onDeclared(call) {
      after = call
    },
  }
}

const caseSensitiveSystems = ({ published }: Definitions): readonly string[] =>
  published('CodeSystem')
    .filter((one) => one.caseSensitive === true)
    .map((one) => one.url)
    .sort()
