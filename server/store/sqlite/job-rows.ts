/** Rows of the table `job`. */
import type { JobFields } from '../job-transitions.ts'

export type JobRow = {
  readonly jid: number
  readonly kind: string
  readonly key: string
  readonly payload: string | null
  readonly due: number
  readonly leased: number | null
  readonly again: number | null
  readonly attempts: number
  readonly fence: number
  readonly error: string | null
  readonly sequence: number
  readonly ended: 'failed' | 'done' | null
}

/** A row as stores share it: what is null is absent, the payload is JSON. */
export const fieldsOf = ({ jid: _, payload, leased, again, error, ended, ...row }: JobRow): JobFields => ({
  ...row,
  payload: payload === null ? undefined : (JSON.parse(payload) as unknown),
  leased: leased ?? undefined,
  again: again ?? undefined,
  error: error ?? undefined,
  ended: ended ?? undefined,
})
