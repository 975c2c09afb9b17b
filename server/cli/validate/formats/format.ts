/** A form in which verdicts are told. Every function answers text to write, so that nothing has to be kept. */
import type { Verdict } from '../judge.ts'

export type Totals = { readonly valid: number; readonly invalid: number }

export type Format = {
  begin(): string
  verdict(verdict: Verdict): string
  end(totals: Totals): string
}
