/**
 * Which agencies are active, kept in memory: each request names one, and there are few. A commit of this process changes
 * it before the commit is answered; what another process commits comes through the log (jobs/process-state.ts).
 */
import { currentResource } from '../records/resource.ts'
import { unrestricted } from '../records/view.ts'
import { ALL } from '../search/query.ts'
import type { Commit, Store, Version } from '../store/store.ts'

const AGENCY = 'Organization'

export type ActiveAgencies = {
  /** Is there an Organization of this id, not deleted and not inactive? One that is not in memory is read. */
  isActive(id: string): Promise<boolean>
  /** Reads all agencies. */
  load(): Promise<void>
  /** Takes over what was committed. */
  follow(commits: readonly Pick<Commit, 'versions'>[]): Promise<void>
  /** The store, with what is committed through it taken over at once. */
  readonly store: Store
}

export function createActiveAgencies(store: Store): ActiveAgencies {
  const latest = new Map<string, { readonly version: number; readonly active: boolean }>()

  function note(agency: Version): boolean {
    const existing = latest.get(agency.id)
    if (existing && existing.version >= agency.version) return existing.active
    const resource = currentResource(agency)
    const active = resource !== undefined && resource.active !== false
    latest.set(agency.id, { version: agency.version, active })
    return active
  }

  function noteAll(versions: readonly (Version | undefined)[]): void {
    for (const version of versions) if (version?.type === AGENCY) note(version)
  }

  return {
    async isActive(id) {
      const existing = latest.get(id)
      if (existing) return existing.active
      const version = await unrestricted(store).read({ type: AGENCY, id })
      return version !== undefined && note(version)
    },
    async load() {
      for await (const version of unrestricted(store).all({ type: AGENCY, where: ALL, deleted: true })) note(version)
    },
    async follow(commits) {
      for (const { versions } of commits) noteAll(versions)
    },
    store: {
      ...store,
      async commit(work) {
        const committed = await store.commit(work)
        noteAll(committed.versions)
        return committed
      },
    },
  }
}
