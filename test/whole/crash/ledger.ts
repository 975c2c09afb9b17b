/** What the hub has promised: every version that it acknowledged, with the body that it answered. */

export type Promised = { readonly type: string; readonly id: string; readonly version: number; readonly text: string }

export type Ledger = {
  /** Notes a resource of an answer 200 or 201. A version that was promised before with another body is a fault. */
  note(resource: Answered): void
  /** What was promised since the last call. */
  fresh(): readonly Promised[]
  readonly all: ReadonlyMap<string, Promised>
  /** Two answers that disagree on one version. */
  readonly faults: readonly string[]
}

export type Answered = {
  readonly resourceType: string
  readonly id: string
  readonly meta: { readonly versionId: string }
}

export const nameOf = (type: string, id: string, version: number): string => `${type}/${id}/_history/${version}`

export function ledger(): Ledger {
  const all = new Map<string, Promised>()
  const faults: string[] = []
  let fresh: Promised[] = []
  return {
    note(resource) {
      const { resourceType: type, id } = resource
      const promised = { type, id, version: Number(resource.meta.versionId), text: JSON.stringify(resource) }
      const name = nameOf(type, id, promised.version)
      if (all.has(name)) faults.push(`${name} was acknowledged twice`)
      all.set(name, promised)
      fresh.push(promised)
    },
    fresh() {
      const taken = fresh
      fresh = []
      return taken
    },
    all,
    faults,
  }
}
