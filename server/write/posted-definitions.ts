/**
 * Definitions that the board posts: every write is validated by the definitions in effect when it begins, and by those
 * that it posts itself; what it posts is in effect in this process from the commit on, and in every other process that
 * has the same store open as soon as that has read the log (jobs/posted-follower.ts).
 *
 * Commits that post take the next version of one internal record, so that the order of commits is the order in which
 * they take effect, and none is validated by definitions that another one is just changing. A write that finds this
 * record changed loads what was posted and begins again. Which records are posted definitions is an index entry of
 * theirs: those that the hub itself publishes (start/publish.ts) have none.
 */
import type { CanonicalResource } from '../definitions/canonical-resource.ts'
import type { Definitions } from '../definitions/definitions.ts'
import type { Source } from '../definitions/folders.ts'
import type { Live } from '../definitions/live.ts'
import { POSTED_TYPES, withPosted } from '../definitions/posted.ts'
import { parseJson, serialize } from '../fhir/json.ts'
import { keyText, type JsonObject, type Key } from '../fhir/types.ts'
import { resourceOf } from '../records/resource.ts'
import { unrestricted } from '../records/view.ts'
import type { Commit, Expect, Guard, Store, Version, Write } from '../store/store.ts'
import type { Validator } from '../validate/validator.ts'
import type { PreparedChange } from './change.ts'
import { WriteConflict } from './conflict.ts'
import { IS_POSTED } from './dependents.ts'
import { parameterFaults } from './search-parameter-faults.ts'

/** Internal record: its versions count the commits that posted. */
const POSTED: Key = { type: 'Published', id: 'posted' }

/** The definitions that one write is validated by. */
export type EffectiveDefinitions = {
  readonly definitions: Definitions
  readonly validator: Validator
  /** Holds in the commit that nothing was posted meanwhile. */
  readonly guard: Guard
  /** Of a write that posts: what is written with it, and what to call once it is committed. */
  readonly posts?: { readonly write: Write; takeEffect(): void }
}

export type PostedDefinitions = {
  /**
   * Runs one attempt of a write. One that posts waits for the one before it in this process and begins with the latest
   * posted definitions; after a WriteConflict they are loaded for the next attempt, which another process may have posted.
   */
  attempt<T>(posts: boolean, work: () => Promise<T>): Promise<T>
  effective(changes: readonly PreparedChange[]): EffectiveDefinitions
  /** Why a profile among these definitions cannot be used; undefined when it can. */
  faultOf(url: string, definitions: Definitions): Promise<string | undefined>
  /** Loads what the store has, if that is newer than what this process has. */
  load(): Promise<void>
  /** The same, where one of these commits posted a definition, or changed or withdrew a posted one. */
  follow(commits: readonly Commit[]): Promise<void>
}

export type PostedNeeds = {
  readonly store: Store
  /** What the hub was started with. */
  readonly start: Definitions
  readonly live: Live
  readonly faultOf: PostedDefinitions['faultOf']
  validatorFor(definitions: Definitions): Validator
  /** Called once for each posted definition that this hub cannot use, with the reason. */
  leftOut(key: string, reason: string): void
}

type Loaded = { readonly version: number; readonly posted: ReadonlyMap<string, Source> }

export function createPostedDefinitions({ store, start, live, faultOf, ...needs }: PostedNeeds): PostedDefinitions {
  let loaded: Loaded = { version: 0, posted: new Map() }
  let last: Promise<unknown> = Promise.resolve()
  const reportOnce = once(needs.leftOut)

  /** Writes that post, and loads, follow one another: none takes effect in the middle of another. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = last.then(work)
    last = done.catch(() => undefined)
    return done
  }

  async function load(): Promise<void> {
    // The counter first: what is posted after it was read is loaded again for its next version.
    const version = (await unrestricted(store).read(POSTED))?.version ?? 0
    if (version === loaded.version) return
    const { definitions, posted } = usable(start, await storedIn(store), reportOnce)
    loaded = { version, posted }
    live.exchange(definitions)
  }

  return {
    async attempt(posts, work) {
      try {
        return await (posts ? inTurn(() => load().then(work)) : work())
      } catch (error) {
        if (error instanceof WriteConflict) await inTurn(load)
        throw error
      }
    },
    effective(changes) {
      const { version, posted } = loaded
      const after = postedAfter(posted, changes)
      const definitions = after ? withPosted(start, [...after.values()]) : live.definitions.current()
      const effective = {
        definitions,
        validator: needs.validatorFor(definitions),
        guard: { key: POSTED, expect: at(version) },
      }
      if (!after) return effective
      const takeEffect = (): void => {
        loaded = { version: version + 1, posted: after }
        live.exchange(definitions)
      }
      return { ...effective, posts: { write: counted(version), takeEffect } }
    },
    faultOf,
    load: () => inTurn(load),
    async follow(commits) {
      if (posts(commits)) await inTurn(load)
    },
  }
}

/** Did one of these commits post a definition, or change or withdraw a posted one? */
const posts = (commits: readonly Commit[]): boolean =>
  commits.some(({ versions }) => versions.some(({ type, id }) => type === POSTED.type && id === POSTED.id))

/** Calls back once for each key and reason. */
function once(report: PostedNeeds['leftOut']): PostedNeeds['leftOut'] {
  const reported = new Map<string, string>()
  return (key, reason) => {
    if (reported.get(key) === reason) return
    reported.set(key, reason)
    report(key, reason)
  }
}

const at = (version: number): Expect => (version === 0 ? 'absent' : { version: [version] })

const counted = (version: number): Write => ({
  kind: 'put',
  method: 'PUT',
  resource: { resourceType: POSTED.type, id: POSTED.id },
  entries: [],
  audience: [],
  author: 'hub',
  expect: at(version),
})

/** The posted definitions as they would be; undefined when the changes change none. */
function postedAfter(
  posted: ReadonlyMap<string, Source>,
  changes: readonly PreparedChange[],
): ReadonlyMap<string, Source> | undefined {
  const changed = changes.filter(({ key, before, after }) => POSTED_TYPES.includes(key.type) && (before ?? after))
  if (changed.length === 0) return undefined
  const all = new Map(posted)
  for (const { key, after } of changed) {
    const name = keyText(key)
    // Behind the others, which keep their urls.
    all.delete(name)
    // As it will be read from the store.
    if (after) all.set(name, { file: name, content: parseJson(serialize(after)).value as JsonObject })
  }
  return all
}

async function storedIn(store: Store): Promise<readonly Source[]> {
  const sources: Source[] = []
  const where = { op: 'token', param: IS_POSTED } as const
  for await (const version of unrestricted(store).all({ type: '*', where })) sources.push(sourceOf(version))
  return sources
}

const sourceOf = (version: Version): Source => ({
  file: keyText(version),
  content: resourceOf(version) as unknown as JsonObject,
})

/** One that cannot be used may take others with it. */
function usable(start: Definitions, found: readonly Source[], leftOut: PostedNeeds['leftOut']) {
  let kept = found
  for (;;) {
    const definitions = withPosted(start, kept)
    const faults = new Map(kept.flatMap((one) => faultIn(one, start, definitions) ?? []))
    if (faults.size === 0) return { definitions, posted: new Map(kept.map((one) => [one.file, one])) }
    for (const [{ file }, why] of faults) leftOut(file, why)
    kept = kept.filter((one) => !faults.has(one))
  }
}

function faultIn(source: Source, start: Definitions, all: Definitions): readonly (readonly [Source, string])[] {
  const { resourceType, id, url } = source.content
  if (isOfStart(start, { type: String(resourceType), id: String(id) }) || start.find(String(url)))
    return [[source, 'the hub itself publishes a definition of its url or id now.']]
  if (resourceType === 'SearchParameter') {
    const fault = parameterFaults(source.content as CanonicalResource, all).find(({ isWarning }) => isWarning !== true)
    return fault ? [[source, `${fault.element}: ${fault.text}`]] : []
  }
  if (resourceType !== 'StructureDefinition') return []
  try {
    all.structures.tree(String(url))
    return []
  } catch (fault) {
    return [[source, fault instanceof Error ? fault.message : String(fault)]]
  }
}

/** Is this the record of a definition that the hub itself publishes? */
export const isOfStart = (definitions: Definitions, { type, id }: Key): boolean =>
  definitions.all.some((one) => one.resourceType === type && one.id === id && !definitions.isPosted(one.url))
