/**
 * Counts attempts. The count is an internal record, `Attempts/<agency>.<kind>`; whoever counts expects its version in the
 * same commit, so that no two attempts are counted as one.
 */
import { createHash } from 'node:crypto'
import { refuse } from '../fhir/outcome.ts'
import type { Key, Resource } from '../fhir/types.ts'
import { currentResource } from '../records/resource.ts'
import { unrestricted } from '../records/view.ts'
import type { Store, Write } from '../store/store.ts'
import type { AttemptKind, AttemptLimits, Attempts } from './attempts.ts'
import { auditEvent, auditWrite } from './audit-event.ts'
import { commit } from './commit.ts'
import { retryOnConflict } from './conflict.ts'
import type { RecordIndex } from './record-index.ts'
import { HUB } from './reserved-agencies.ts'

export type AttemptNeeds = {
  readonly store: Store
  readonly index: Pick<RecordIndex, 'extract'>
  readonly limits: AttemptLimits
  newId(): string
}

/** `since`: when the period began (ms); `marks`: digests of the marks of what was counted. */
type Counted = { readonly since: number; readonly count: number; readonly marks: readonly string[] }

export function createAttempts({ store, index, limits, newId }: AttemptNeeds): Attempts {
  const next: Attempts['next'] = async (kind, { caller, now }, mark) => {
    const key: Key = { type: 'Attempts', id: `${caller.agency}.${kind}` }
    const version = await unrestricted(store).read(key)
    const { period, most } = limits[kind]
    const counted = within(currentResource(version), now - period)
    const { since, count, marks } = counted ?? { since: now, count: 0, marks: [] }
    const added = mark === undefined ? [] : [digest(mark)]
    if (added.some((one) => marks.includes(one))) return { writes: () => [] }
    if (caller.role === 'agency' && count >= most) throw tooMany(kind, since + period - now)
    const expect = version ? { version: [version.version] } : ('absent' as const)
    return {
      writes: (act) => [
        { ...attemptsRecord(key, { since, count: count + 1, marks: [...marks, ...added] }), expect },
        auditWrite(index, auditEvent(newId(), caller, now, act)),
      ],
    }
  }
  return {
    next,
    count: (kind, author, mark, act) =>
      retryOnConflict(async () => {
        const { writes } = await next(kind, author, mark)
        if (act) await commit(store, { writes: writes(act) })
      }),
  }
}

const digest = (mark: string): string => createHash('sha256').update(mark).digest('base64url').slice(0, 16)

/** A count whose period is not over. */
function within(record: Resource | undefined, after: number): Counted | undefined {
  const counted = record as unknown as Counted | undefined
  return counted && counted.since > after ? counted : undefined
}

/** Nobody may know of it, and no search finds it. */
const attemptsRecord = ({ type, id }: Key, counted: Counted): Extract<Write, { kind: 'put' }> => ({
  kind: 'put',
  method: 'PUT',
  resource: { resourceType: type, id, ...counted },
  entries: [],
  audience: [],
  author: HUB,
})

const WHAT: Readonly<Record<AttemptKind, string>> = {
  'look-up': 'looked persons up',
  ssn: 'tried social security numbers',
}

function tooMany(kind: AttemptKind, wait: number) {
  const seconds = Math.max(1, Math.ceil(wait / 1000))
  return refuse(
    'too-many-attempts',
    `Your agency ${WHAT[kind]} as often as it may for now. Try again in ${seconds} seconds, or ask the board.`,
    { headers: { 'Retry-After': String(seconds) } },
  )
}
