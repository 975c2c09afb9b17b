/**
 * What an operation is: one file per operation exports one of these, and index.ts lists them.
 * https://hl7.org/fhir/R4/operations.html
 */
import type { Handler } from '../interactions/call.ts'

export type Level = 'system' | 'type' | 'instance'

export type Operation = {
  /** Without the `$`. */
  readonly name: string
  /** Canonical of its OperationDefinition. */
  readonly definition: string
  readonly levels: readonly Level[]
  /** The types at whose addresses it is offered; empty: any type. Has no meaning at system level. */
  readonly types: readonly string[]
  /** Only an operation that changes nothing may be called by GET. https://hl7.org/fhir/R4/operations.html#request */
  readonly affectsState: boolean
  /** Offered to the board; for every other caller the address is unknown. */
  readonly boardOnly?: true
  readonly run: Handler
}
