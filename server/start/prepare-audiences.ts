/**
 * Compares the visibility rule with the one by which the audiences in the store were computed. Audiences of another rule
 * must not be used (closed by default), so all circles and audiences are computed again before the hub listens, page by
 * page; a start that was interrupted goes on where it was (docs/decisions/0013).
 */
import { ConfigFault } from '../config.ts'
import { audienceOf, participantOf } from '../domain/visibility/audience.ts'
import { NOBODY } from '../domain/visibility/circle.ts'
import { visibilityDigest } from '../domain/visibility/digest.ts'
import type { Key } from '../fhir/types.ts'
import { currentResource, isDeleted } from '../records/resource.ts'
import { unrestricted } from '../records/view.ts'
import { ALL, type Cursor } from '../search/query.ts'
import { CommitConflict } from '../store/errors.ts'
import type { Guard, Version, Write } from '../store/store.ts'
import type { CircleNeeds } from '../write/agreements.ts'
import { reaudienceParticipant } from '../write/audiences.ts'
import { retryOnConflict, WriteConflict } from '../write/conflict.ts'
import type { WriteNeeds } from '../write/needs.ts'
import { BOARD, HUB } from '../write/reserved-agencies.ts'
import { isNewer } from './software-version.ts'

export type AudienceNeeds = {
  readonly write: Pick<WriteNeeds, 'store' | 'definitions'>
  /** By what audiences are computed; undefined where every record is known to everyone. */
  readonly circles: CircleNeeds | undefined
  /** The version of this hub (semver). */
  readonly software: string
  /** Nothing was in the store when this hub opened it. */
  readonly isNewStore: boolean
  readonly log: { info(event: string, fields: { readonly count: number }): void }
}

/** Internal record: the digest of the rule by which all audiences are computed, and how far a change to another one is. */
const VISIBILITY: Key = { type: 'Published', id: 'visibility' }

/** Where a change of the rule is: the type and the cursor in it; `done` records. */
type AudienceProgress = {
  readonly digest: string
  readonly type: string
  readonly after?: Cursor
  readonly done: number
}
type Stored = { readonly digest?: string; readonly software?: string; readonly progress?: AudienceProgress }

const PAGE = 100
/** Without rules between agencies everybody may know of everything. */
const OPEN = 'open'

/** Errors: ConfigFault when a newer hub keeps the store under another rule. */
export async function prepareAudiences(needs: AudienceNeeds): Promise<void> {
  const { circles, software, isNewStore, log } = needs
  const digest = circles ? visibilityDigest(circles.visibility, circles.range) : OPEN
  const [stored] = await readStored(needs)
  if (stored.digest === digest && stored.progress === undefined) return
  if (isNewer(stored.software, software))
    throw new ConfigFault(
      `The store is kept by the hub ${String(stored.software)} under other visibility rules than those of this one (${software}): start that version, or a newer one.`,
    )
  if (!isNewStore && circles) await computeAll({ ...needs, circles }, stored, digest, log)
  await retryOnConflict(async () => {
    const [, version] = await readStored(needs)
    await commit(needs, { writes: [storedWrite({ digest, software }, version)], guards: [] })
  })
}

type ComputeNeeds = AudienceNeeds & { readonly circles: CircleNeeds }

async function computeAll(
  needs: ComputeNeeds,
  { digest: former, software, progress }: Stored,
  digest: string,
  log: AudienceNeeds['log'],
): Promise<void> {
  const types = needs.write.definitions.capabilities.map(({ type }) => type)
  let at: AudienceProgress | undefined =
    progress?.digest === digest && types.includes(progress.type) ? progress : { digest, type: types[0] ?? '', done: 0 }
  while (at !== undefined) {
    const from: AudienceProgress = at
    at = await retryOnConflict(async () => {
      const [, version] = await readStored(needs)
      const { next, writes, guards } = await page(needs, from, types)
      const kept = {
        ...(former === undefined ? {} : { digest: former }),
        ...(software === undefined ? {} : { software }),
      }
      const record = storedWrite({ ...kept, ...(next ? { progress: next } : {}) }, version)
      await commit(needs, { writes: [...writes, record], guards })
      return next
    })
    if (at) log.info('audiences computed', { count: at.done })
  }
}

/** The audiences of one page of a type, and where the next page begins. Circles and what is about them are committed at once. */
async function page(needs: ComputeNeeds, { digest, type, after, done }: AudienceProgress, types: readonly string[]) {
  const query = { type, where: ALL, limit: PAGE, deleted: true, ...(after ? { after } : {}) }
  const found = await unrestricted(needs.write.store).find(query)
  if (type === 'Patient')
    for (const { id } of found.versions) await commit(needs, await reaudienceParticipant(needs.circles, id))
  const own = await Promise.all(found.versions.map((version) => ownAudience(needs.circles, version)))
  const count = done + found.versions.length
  const following = types[types.indexOf(type) + 1]
  const next: AudienceProgress | undefined = found.next
    ? { digest, type, after: found.next, done: count }
    : following === undefined
      ? undefined
      : { digest, type: following, done: count }
  return { next, writes: own.flatMap(({ writes }) => writes), guards: own.flatMap(({ guards }) => guards) }
}

type Computed = { readonly writes: readonly Write[]; readonly guards: readonly Guard[] }

/** The audience of a record that is about no participant. */
async function ownAudience(needs: CircleNeeds, version: Version): Promise<Computed> {
  const { type, id, owner, author } = version
  const last = isDeleted(version) ? await unrestricted(needs.store).vread(version, version.version - 1) : version
  const resource = currentResource(last)
  if (!resource || participantOf(needs.visibility, resource) !== undefined) return { writes: [], guards: [] }
  const roles = { board: BOARD, hub: HUB, wageAgencies: [] }
  const audience = audienceOf(needs.visibility, { resource, owner, author }, NOBODY, roles)
  const key = { type, id }
  return {
    writes: [{ kind: 'audience', key, audience }],
    guards: [{ key, expect: isDeleted(version) ? 'absent' : { version: [version.version] } }],
  }
}

async function readStored({ write }: AudienceNeeds): Promise<readonly [Stored, Version | undefined]> {
  const version = await unrestricted(write.store).read(VISIBILITY)
  return [(currentResource(version) ?? {}) as Stored, version]
}

const storedWrite = (stored: Stored, before: Version | undefined): Write => ({
  kind: 'put',
  method: 'PUT',
  resource: { resourceType: VISIBILITY.type, id: VISIBILITY.id, ...stored },
  entries: [],
  audience: [],
  author: 'hub',
  expect: before ? { version: [before.version] } : 'absent',
})

/** @throws WriteConflict when another process wrote meanwhile */
async function commit({ write }: AudienceNeeds, work: Computed): Promise<void> {
  try {
    await write.store.commit(work)
  } catch (error) {
    throw error instanceof CommitConflict ? new WriteConflict(error.message) : error
  }
}
