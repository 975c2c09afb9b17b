/** Rows of the table `job`. */
import type { Job } from '../store.ts'

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

export function jobOf({ kind, key, payload, due, attempts, fence }: JobRow): Job {
  return { kind, key, payload: payload === null ? undefined : JSON.parse(payload), due, attempts, fence }
}
