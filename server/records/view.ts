/**
 * What one caller may see of the records, at the instant of a request. Everything outside `store/` and this folder reads
 * through a view, so that visibility is part of every query and cannot be forgotten.
 *
 * - insight: what rules may look at. It is the same visibility, but nothing that it reads is answered to anybody.
 * - disclosing: what may be answered. It remembers what it handed out, so that a reply can name it (for audit).
 *
 * A view remembers what it read within its request: one state for one request, and no round trip twice. A write that is
 * tried again takes a new view, which reads everything afresh.
 *
 * The views are classes, not objects of closures: each request makes several, and a closure is made anew for each.
 */
import { refuse } from '../fhir/outcome.ts'
import { keyText, type Caller, type Key } from '../fhir/types.ts'
import type { Filter, IndexEntry, Query, Viewer } from '../search/query.ts'
import type { Explanation } from '../store/explanation.ts'
import { QueryTooLong } from '../store/errors.ts'
import type { Found, FoundVersion, FoundHistory, HistoryPage, HistoryScope, Store, Version } from '../store/store.ts'
import { mayHoldConfidential, seesAll } from '../domain/visibility/confidential.ts'
import { currentResource, isDeleted, resourceOf, type StoredResource } from './resource.ts'
import { originalOf, withoutConfidential } from './without-confidential.ts'
import { withoutSecrets } from './without-secrets.ts'

/** A query without its viewer, which is the view's own. */
export type ViewQuery = Omit<Query, 'viewer'>
/** The same for everything that matches. */
export type WholeViewQuery = Omit<ViewQuery, 'limit' | 'bytes' | 'after' | 'backward' | 'total'>

export type View = {
  /** The last sequence when the view was made: nothing that it read is older. */
  readonly since: number
  /** The current version of a record, a deletion too; undefined where the viewer may know of none. */
  read(key: Key): Promise<Version | undefined>
  /** Several at once, in the order of the keys. */
  readMany(keys: readonly Key[]): Promise<readonly (Version | undefined)[]>
  /** The current resource; undefined where there is none, it is deleted, or the viewer may not know of it. */
  resource(key: Key): Promise<StoredResource | undefined>
  /** One version by its number; undefined for one from before the viewer came to know of the record. */
  vread(key: Key, version: number): Promise<Version | undefined>
  /** Versions of a record, or of those of some types, that the viewer may know; the newest first, unless the page says so. */
  history(scope: HistoryScope, page: HistoryPage): Promise<FoundHistory>
  /**
   * One page of the records that match.
   * @throws OutcomeError `search-too-long`
   */
  find(query: ViewQuery): Promise<Found>
  /**
   * How the query is answered. Only for whom the policy says that it sees all: elements are counted that the view may hide.
   * @throws OutcomeError `search-too-long`
   */
  explain(query: ViewQuery): Promise<Explanation>
  /** Every record that matches, as of one state of the store: there is no limit after which records are missing. */
  all(query: WholeViewQuery): AsyncIterable<FoundVersion>
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
  /** A version that the request wrote, as the caller may see it. */
  shown(version: Version): Version
  /** Adds a record that the reply shows and that this view did not hand out: one that the request wrote, for example. */
  disclose(key: Key): void
  /** The records of which the view handed out a resource, each once. A deletion has none. */
  disclosed(): readonly Key[]
}

/** For rules: what the caller may know (the hub itself: everything). `now` is the instant of the request (ms). */
export const insight = (store: Store, caller: Caller, now: number): View =>
  new StoreView(store, viewerOf(caller, now), seesAll(caller))

/** Everything, whoever may know of it: for decisions of the hub whose answer does not depend on what the caller knows. */
export const unrestricted = (store: Store): View => new StoreView(store, 'unrestricted', true)

/** For answers to the caller. */
export const disclosing = (store: Store, caller: Caller, now: number): DisclosingView =>
  new StoreDisclosingView(store, viewerOf(caller, now), seesAll(caller))

export const viewerOf = (caller: Caller, now: number): Viewer =>
  caller.role === 'hub'
    ? 'unrestricted'
    : { agency: caller.agency, at: now, ...(caller.role === 'board' ? { allVersions: true } : {}) }

/** Of versions that are current themselves. */
const CURRENT: ReadonlyMap<string, Version | undefined> = new Map()

/** Does the page of one record begin with its last version? */
const isNewest = ({ oldestFirst, after, upTo, before, currentIn }: HistoryPage): boolean =>
  !oldestFirst && [after, upTo, before, currentIn].every((one) => one === undefined)

/** @throws OutcomeError `search-too-long`; any other fault as it is */
function refuseTooLong(fault: unknown): never {
  if (!(fault instanceof QueryTooLong)) throw fault
  throw refuse(
    'search-too-long',
    'The search takes longer than this hub allows. Add a parameter that few records meet, or leave out `_total` and `_sort`.',
  )
}

class StoreView implements View {
  readonly since: number
  readonly #store: Store
  readonly #viewer: Viewer
  /** Is nothing of a record hidden from the viewer? */
  readonly #seesAll: boolean
  /** By `Type/id`: the current version of each key that was read. */
  readonly #current = new Map<string, Promise<Version | undefined>>()
  /** By type and filter. */
  #lists: Map<string, Promise<readonly StoredResource[]>> | undefined
  /** By `Type/id`. */
  #entries: Map<string, Promise<readonly IndexEntry[]>> | undefined

  constructor(store: Store, viewer: Viewer, seesAll: boolean) {
    this.since = store.seen()
    this.#store = store
    this.#viewer = viewer
    this.#seesAll = seesAll
  }

  async read(key: Key): Promise<Version | undefined> {
    return this.note(await this.#readCurrent(key))
  }

  async readMany(keys: readonly Key[]): Promise<readonly (Version | undefined)[]> {
    this.#load(keys)
    const versions = await Promise.all(keys.map((key) => this.#current.get(keyText(key))))
    for (const version of versions) this.note(version)
    return versions
  }

  async resource(key: Key): Promise<StoredResource | undefined> {
    return currentResource(await this.read(key))
  }

  async vread(key: Key, version: number): Promise<Version | undefined> {
    const [found, current] = await Promise.all([this.#store.vread(key, version, this.#viewer), this.#currentOf(key)])
    return this.note(this.#shown(found, current))
  }

  async history(scope: HistoryScope, page: HistoryPage): Promise<FoundHistory> {
    const found = await this.#store.history(scope, this.#viewer, page)
    const [newest] = found.versions
    const isOne = typeof scope === 'object' && 'id' in scope
    const currents =
      isOne && newest && isNewest(page) ? new Map([[keyText(newest), newest]]) : await this.#currentsOf(found.versions)
    return { ...found, versions: this.#noted(found.versions, currents) }
  }

  async find(query: ViewQuery): Promise<Found> {
    const found = await this.#store.find(this.query(query)).catch(refuseTooLong)
    // What is found as of an earlier sequence may be an old version.
    const currents = query.asOf === undefined ? CURRENT : await this.#currentsOf(found.versions)
    const versions = this.#noted(found.versions, currents)
    if (query.asOf === undefined) this.#keep(versions)
    return { ...found, versions }
  }

  async explain(query: ViewQuery): Promise<Explanation> {
    return this.#store.explain(this.query(query)).catch(refuseTooLong)
  }

  async *all(query: WholeViewQuery): AsyncGenerator<FoundVersion> {
    try {
      for await (const version of this.#store.all({ ...query, viewer: this.#viewer })) {
        const current = query.asOf === undefined ? undefined : await this.#currentOf(version)
        yield this.note(this.#shown(version, current))
      }
    } catch (fault) {
      refuseTooLong(fault)
    }
  }

  async first(type: string, where: Filter): Promise<Version | undefined> {
    return (await this.find({ type, where, limit: 1 })).versions[0]
  }

  async list(type: string, where: Filter): Promise<readonly StoredResource[]> {
    return (await this.listEach([type], where))[0] ?? []
  }

  listEach(types: readonly string[], where: Filter): Promise<readonly (readonly StoredResource[])[]> {
    const lists = (this.#lists ??= new Map())
    const nameOf = (type: string): string => JSON.stringify([type, where])
    const missing = types.filter((type) => !lists.has(nameOf(type)))
    const found = missing.length > 0 ? this.#listTypes(missing, where) : undefined
    for (const type of missing)
      lists.set(
        nameOf(type),
        found!.then((byType) => byType.get(type) ?? []),
      )
    return Promise.all(types.map((type) => lists.get(nameOf(type)) ?? []))
  }

  entries(key: Key): Promise<readonly IndexEntry[]> {
    const entries = (this.#entries ??= new Map())
    const read = entries.get(keyText(key)) ?? this.#readEntries(key)
    entries.set(keyText(key), read)
    return read
  }

  query(query: ViewQuery): Query {
    return { ...query, viewer: this.#viewer }
  }

  protected hide(version: Version): Version {
    return this.#shown(version)
  }

  /** Called with each version that the view hands out; answers it. */
  protected note<T extends Version | undefined>(version: T): T {
    return version
  }

  #readCurrent(key: Key): Promise<Version | undefined> {
    const name = keyText(key)
    const read = this.#current.get(name) ?? this.#store.read(key, this.#viewer).then((version) => this.#shown(version))
    this.#current.set(name, read)
    return read
  }

  /** What a query of the present answers is the current version: whoever reads it afterwards reads what was found. */
  #keep(versions: readonly Version[]): void {
    for (const version of versions) {
      const name = keyText(version)
      if (!this.#current.has(name)) this.#current.set(name, Promise.resolve(version))
    }
  }

  /** Reads what was not read before, in one round trip. */
  #load(keys: readonly Key[]): void {
    const byName = new Map(keys.map((key) => [keyText(key), key]))
    const missing = [...byName].filter(([name]) => !this.#current.has(name))
    const [only] = missing
    if (only === undefined) return
    if (missing.length === 1) return void this.#readCurrent(only[1])
    const found = this.#store.readMany(
      missing.map(([, key]) => key),
      this.#viewer,
    )
    for (const [index, [name]] of missing.entries()) {
      this.#current.set(
        name,
        found.then((versions) => this.#shown(versions[index])),
      )
    }
  }

  /** A version as a caller may see it: no view of a caller has a secret that an earlier hub kept in the resource. */
  #shown<T extends Version | undefined>(version: T, current?: Version): T {
    if (this.#viewer === 'unrestricted') return version
    const shown = withoutSecrets(version)
    return this.#seesAll ? shown : withoutConfidential(shown, this.#viewer.agency, current)
  }

  /** Versions as the view hands them out. `currents`: the versions of today by `Type/id`, where others are shown. */
  #noted<T extends Version>(versions: readonly T[], currents: ReadonlyMap<string, Version | undefined>): readonly T[] {
    const currentOf = (version: T) => (currents === CURRENT ? undefined : currents.get(keyText(version)))
    return versions.map((version) => this.note(this.#shown(version, currentOf(version))))
  }

  /** The versions of today, as they are stored, where old ones must not show what is hidden in them; one round trip. */
  async #currentsOf(versions: readonly Version[]): Promise<ReadonlyMap<string, Version | undefined>> {
    if (this.#seesAll || !versions.some(({ type }) => mayHoldConfidential(type))) return CURRENT
    this.#load(versions)
    const found = await Promise.all(versions.map((one) => this.#current.get(keyText(one))))
    return new Map(versions.map((one, index) => [keyText(one), originalOf(found[index])]))
  }

  /** The version of today as it is stored, where an old one must not show what is hidden in it. */
  async #currentOf(key: Key): Promise<Version | undefined> {
    return this.#seesAll || !mayHoldConfidential(key.type) ? undefined : this.#store.read(key, this.#viewer)
  }

  async #listTypes(types: readonly string[], where: Filter): Promise<ReadonlyMap<string, StoredResource[]>> {
    const byType = new Map(types.map((type) => [type, [] as StoredResource[]]))
    for await (const version of this.all({ type: types, where })) {
      this.#keep([version])
      byType.get(version.type)?.push(resourceOf(version))
    }
    return byType
  }

  async #readEntries(key: Key): Promise<readonly IndexEntry[]> {
    if ((await this.#readCurrent(key)) === undefined) return []
    return (await this.#store.indexed(key))?.entries ?? []
  }
}

class StoreDisclosingView extends StoreView implements DisclosingView {
  readonly #disclosed = new Map<string, Key>()

  shown(version: Version): Version {
    return this.hide(version)
  }

  disclose({ type, id }: Key): void {
    const key = { type, id }
    this.#disclosed.set(keyText(key), key)
  }

  disclosed(): readonly Key[] {
    return [...this.#disclosed.values()]
  }

  protected override note<T extends Version | undefined>(version: T): T {
    if (version !== undefined && !isDeleted(version)) this.disclose(version)
    return version
  }
}
