/**
 * What an operation is: one file per operation exports one of these, and index.ts lists them.
 * https://hl7.org/fhir/R4/operations.html
 */
import type { RoutedOperation } from '../interactions/routes.ts'

export type Operation = RoutedOperation & {
  /** Canonical of its OperationDefinition. */
  readonly definition: string
}
