/** An output format for verdicts. Every function returns text to write at once, so that nothing is kept in memory. */
import type { FileVerdict } from '../check.ts'

export type Totals = { readonly valid: number; readonly invalid: number }

export type Format = {
  begin(): string
  verdict(verdict: FileVerdict): string
  end(totals: Totals): string
}
