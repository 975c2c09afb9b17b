/**
 * What one caller may see of the records, at the instant of a request. Everything outside `store/` and this folder reads
 * through a view, so that visibility is part of every query and cannot be forgotten.
 *
 * - insight: what rules may look at. It is the same visibility, but nothing that it reads is answered to anybody.
 * - disclosing: what may be answered. It remembers what it handed out, so that a reply can name it (for audit).
 *
 * A view remembers what it read within its request: one state for one request, and no round trip twice. A write that is
 * tried again takes a new view, which reads everything afresh.
 */
import { keyText, type Caller, type Key } from '../fhir/types.ts'
import type { Filter, IndexEntry, Query, Viewer } from '../search/query.ts'
import type { Found, HistoryPage, Store, Version } from '../store/store.ts'
import { currentResource, isDeleted, resourceOf, type StoredResource } from './resource.ts'

/** A query without its viewer, which is the view's own. */
export type ViewQuery = Omit<Query, 'viewer'>

export type View = {
  /** The current version of a record, a deletion too; undefined where the viewer may know of none. */
  read(key: Key): Promise<Version | undefined>
  /** Several at once, in the order of the keys. */
  readMany(keys: readonly Key[]): Promise<readonly (Version | undefined)[]>
  /** The current resource; undefined where there is none, it is deleted, or the viewer may not know of it. */
  resource(key: Key): Promise<StoredResource | undefined>
  /** One version by its number. */
  vread(key: Key, version: number): Promise<Version | undefined>
  /** Versions of a record, newest first. */
  history(key: Key, page: HistoryPage): Promise<{ readonly versions: readonly Version[]; readonly total: number }>
  /** One page of the records that match. */
  find(query: ViewQuery): Promise<Found>
  /** Every record that matches, as of one state of the store: there is no limit after which records are missing. */
  all(query: Omit<ViewQuery, 'limit' | 'after' | 'total'>): AsyncIterable<Version>
  /** The first record that matches, if there is one. */
  first(type: string, where: Filter): Promise<Version | undefined>
  /** Every current resource of a type that matches, read once within the request. */
  list(type: string, where: Filter): Promise<readonly StoredResource[]>
  /** The same for several types in one query, in the order of the types. */
  listEach(types: readonly string[], where: Filter): Promise<readonly (readonly StoredResource[])[]>
  /** The index entries that a record has now; none where the viewer may not know of it. */
  entries(key: Key): Promise<readonly IndexEntry[]>
  /** A query as this viewer, for conditions that the commit decides (`Guard`, If-None-Exist). */
  query(query: ViewQuery): Query
}

export type DisclosingView = View & {
  /** Adds a record that the reply shows and that this view did not hand out: one that the request wrote, for example. */
  disclose(key: Key): void
  /** The records of which the view handed out a resource, each once. A deletion has none. */
  disclosed(): readonly Key[]
}

/** For rules: what the caller may know (the hub itself: everything). `now` is the instant of the request (ms). */
export const insight = (store: Store, caller: Caller, now: number): View => viewOf(store, viewerOf(caller, now))

/** Everything, whoever may know of it: for decisions of the hub whose answer does not depend on what the caller knows. */
export const unrestricted = (store: Store): View => viewOf(store, 'unrestricted')

/** For answers to the caller. */
export function disclosing(store: Store, caller: Caller, now: number): DisclosingView {
  const shown = new Map<string, Key>()
  const disclose = ({ type, id }: Key): void => void shown.set(keyText({ type, id }), { type, id })
  return {
    ...viewOf(store, viewerOf(caller, now), (version) => isDeleted(version) || disclose(version)),
    disclose,
    disclosed: () => [...shown.values()],
  }
}

export const viewerOf = (caller: Caller, now: number): Viewer =>
  caller.role === 'hub' ? 'unrestricted' : { agency: caller.agency, at: now }

function viewOf(store: Store, viewer: Viewer, noted: (version: Version) => unknown = () => {}): View {
  const memory = rememberingReads(store, viewer)
  const note = <T extends Version | undefined>(version: T): T => {
    if (version !== undefined) noted(version)
    return version
  }
  const readMany = async (keys: readonly Key[]) => (await memory.read(keys)).map(note)
  const find = async (query: ViewQuery): Promise<Found> => {
    const found = await store.find({ ...query, viewer })
    found.versions.forEach(note)
    return found
  }
  async function* all(query: Omit<ViewQuery, 'limit' | 'after' | 'total'>): AsyncGenerator<Version> {
    for await (const version of store.all({ ...query, viewer })) yield note(version)
  }
  const lists = new Map<string, Promise<readonly StoredResource[]>>()
  const nameOf = (type: string, where: Filter): string => JSON.stringify([type, where])
  const listTypes = async (types: readonly string[], where: Filter): Promise<ReadonlyMap<string, StoredResource[]>> => {
    const byType = new Map(types.map((type) => [type, [] as StoredResource[]]))
    for await (const version of all({ type: types, where })) {
      memory.keep(version)
      byType.get(version.type)?.push(resourceOf(version))
    }
    return byType
  }
  /** The types that were not listed before, in one query. */
  const listEach = (types: readonly string[], where: Filter): Promise<readonly (readonly StoredResource[])[]> => {
    const missing = types.filter((type) => !lists.has(nameOf(type, where)))
    const found = missing.length > 0 ? listTypes(missing, where) : undefined
    for (const type of missing)
      lists.set(
        nameOf(type, where),
        found!.then((byType) => byType.get(type) ?? []),
      )
    return Promise.all(types.map((type) => lists.get(nameOf(type, where)) ?? []))
  }
  return {
    read: async (key) => (await readMany([key]))[0],
    readMany,
    resource: async (key) => currentResource((await readMany([key]))[0]),
    vread: async (key, version) => note(await store.vread(key, version, viewer)),
    history: async (key, page) => {
      const found = await store.history(key, viewer, page)
      found.versions.forEach(note)
      return found
    },
    find,
    all,
    first: async (type, where) => (await find({ type, where, limit: 1 })).versions[0],
    list: async (type, where) => (await listEach([type], where))[0] ?? [],
    listEach,
    entries: remembered(async (key: Key) => {
      const [version] = await memory.read([key])
      return version === undefined ? [] : ((await store.indexed(key))?.entries ?? [])
    }),
    query: (query) => ({ ...query, viewer }),
  }
}

/** A function whose answer for the same arguments is computed once. */
function remembered<A extends readonly unknown[], T>(compute: (...args: A) => Promise<T>): (...args: A) => Promise<T> {
  const answers = new Map<string, Promise<T>>()
  return (...args) => {
    const name = JSON.stringify(args)
    const answer = answers.get(name) ?? compute(...args)
    answers.set(name, answer)
    return answer
  }
}

/** Reads current versions, each key once within the request, and those of one call in one round trip. */
function rememberingReads(store: Store, viewer: Viewer) {
  const current = new Map<string, Promise<Version | undefined>>()
  const load = (keys: readonly Key[]): void => {
    const missing = [...new Map(keys.map((key) => [keyText(key), key])).values()].filter(
      (key) => !current.has(keyText(key)),
    )
    const [only] = missing
    if (only === undefined) return
    const found = missing.length === 1 ? store.read(only, viewer).then((one) => [one]) : store.readMany(missing, viewer)
    for (const [index, key] of missing.entries()) {
      current.set(
        keyText(key),
        found.then((versions) => versions[index]),
      )
    }
  }
  return {
    read(keys: readonly Key[]): Promise<readonly (Version | undefined)[]> {
      load(keys)
      return Promise.all(keys.map((key) => current.get(keyText(key))))
    },
    /** A version that a query answered is the current one, too. */
    keep(version: Version): void {
      if (!current.has(keyText(version))) current.set(keyText(version), Promise.resolve(version))
    },
  }
}
