/**
 * Definitions that the board posts: every write is judged by the definitions that hold when it begins, and by those
 * that it posts itself; what it posts holds for everybody from the commit on.
 *
 * Commits that post follow each other by the versions of one internal record, so that the order of commits is the
 * order in which they come to hold, and none is judged by definitions that another one is just changing. Which records
 * are posted definitions is an entry of theirs: those that the hub itself publishes (publish.ts) have none.
 */
import type { Definitions } from '../definitions/definitions.ts'
import type { Source } from '../definitions/folders.ts'
import type { Live } from '../definitions/live.ts'
import { POSTED_TYPES, withPosted } from '../definitions/posted.ts'
import { parseJson, serialize } from '../fhir/json.ts'
import { keyText, type JsonObject, type Key } from '../fhir/types.ts'
import type { Expect, Guard, Store, Write } from '../store/store.ts'
import type { Validator } from '../validate/validator.ts'
import { resourceOf } from '../records/resource.ts'
import type { PreparedChange } from './change.ts'
import { IS_POSTED } from './dependents.ts'

/** Internal record: its versions count the commits that posted. */
const POSTED: Key = { type: 'Published', id: 'posted' }

/** What a write is judged by. */
export type EffectiveDefinitions = {
  readonly definitions: Definitions
  readonly validator: Validator
  /** Holds in the commit that nothing was posted meanwhile. */
  readonly guard: Guard
  /** Of a write that posts: what is written with it, and what to call once it is committed. */
  readonly posts?: { readonly write: Write; takeEffect(): void }
}

export type PostedDefinitions = {
  /** Writes that post wait for each other: each is judged once, by what the one before it made. */
  inTurn<T>(work: () => Promise<T>): Promise<T>
  effective(changes: readonly PreparedChange[]): EffectiveDefinitions
  /** Why a profile among these definitions cannot be used; undefined when it can. */
  faultOf(url: string, definitions: Definitions): Promise<string | undefined>
  /** Puts what the store holds into force. `leftOut` is told of each that cannot be used any more, and why. */
  restore(store: Store, leftOut: (key: string, why: string) => void): Promise<void>
}

type Needs = {
  /** What the hub was started with. */
  readonly start: Definitions
  readonly live: Live
  readonly faultOf: PostedDefinitions['faultOf']
  validatorFor(definitions: Definitions): Validator
}

export function createPostedDefinitions({ start, live, faultOf, validatorFor }: Needs): PostedDefinitions {
  let now: { readonly version: number; readonly posted: ReadonlyMap<string, Source> } = {
    version: 0,
    posted: new Map(),
  }
  let last: Promise<unknown> = Promise.resolve()
  return {
    inTurn(work) {
      const done = last.then(work)
      last = done.catch(() => undefined)
      return done
    },
    effective(changes) {
      const { version, posted } = now
      const after = postedAfter(posted, changes)
      const definitions = after ? withPosted(start, [...after.values()]) : live.definitions.current()
      const standing = {
        definitions,
        validator: validatorFor(definitions),
        guard: { key: POSTED, expect: at(version) },
      }
      if (!after) return standing
      const takeEffect = (): void => {
        now = { version: version + 1, posted: after }
        live.exchange(definitions)
      }
      return { ...standing, posts: { write: counted(version), takeEffect } }
    },
    faultOf,
    async restore(store, leftOut) {
      const [counter, found] = [await store.read(POSTED, 'unrestricted'), await storedIn(store)]
      const { definitions, posted } = usable(start, found, leftOut)
      now = { version: counter?.version ?? 0, posted }
      live.exchange(definitions)
    },
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
  const { versions } = await store.find({
    type: '*',
    where: { op: 'token', param: IS_POSTED },
    viewer: 'unrestricted',
    limit: Number.MAX_SAFE_INTEGER,
  })
  return versions.map((one) => ({ file: keyText(one), content: resourceOf(one) as JsonObject }))
}

/** One that cannot be used may take others with it. */
function usable(start: Definitions, found: readonly Source[], leftOut: (key: string, why: string) => void) {
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
