/**
 * Which versions of a record an agency may know: those that were current when it came to know of the record, or later.
 * The store keeps, for each agency that came to know of a record after its first version, the version of that moment.
 */
import { knowing } from '../search/match.ts'
import type { AgencyViewer, Audience, Viewer } from '../search/query.ts'

/** By agency, the first version that it may know. An agency that is not named may know all. */
export type FirstVersions = Readonly<Record<string, number>>

export type AudienceChange = {
  readonly before: readonly Audience[]
  readonly after: readonly Audience[]
  readonly firsts: FirstVersions
  /** The instant of the commit, and the version that is current after it. */
  readonly at: number
  readonly version: number
}

/**
 * The first versions after a commit that gives an existing record a new audience. An agency that does not know of the
 * record now, and comes to know of it by the commit, may know none of the versions before; one that lost sight of it
 * in between begins anew.
 */
export function firstVersionsAfter({ before, after, firsts, at, version }: AudienceChange): FirstVersions {
  const agencies = [...new Set(after.map(({ agency }) => agency))].sort()
  const next = agencies.flatMap((agency): [string, number][] => {
    const viewer = { agency, at }
    const isNew = knowing(before, viewer).length === 0 && knowing(after, viewer).length > 0
    const first = isNew ? version : firsts[agency]
    return first === undefined ? [] : [[agency, first]]
  })
  return Object.fromEntries(next)
}

/** What a viewer may know of a record's versions: from `version` on, and from the one that was current at `at` on. */
export type Beginning = { readonly version: number; readonly at: number }

/** In: who may know of the record now. Out: the earliest beginning of the memberships by which the viewer knows of it. */
export function beginningFor(
  audience: readonly Audience[],
  firsts: FirstVersions,
  viewer: { readonly agency: string; readonly at: number },
): Beginning {
  const memberships = knowing(audience, viewer)
  return {
    version: Math.min(...memberships.map(({ agency }) => firsts[agency] ?? 0)),
    at: Math.min(...memberships.map(({ from }) => from ?? -Infinity)),
  }
}

/** A version as the rule looks at it. `replacedAt`: when the next version was made (ms); undefined for the last one. */
export type VersionInTime = {
  readonly version: number
  readonly author: string
  readonly replacedAt: number | undefined
}

/**
 * May an agency know this version of a record that it may know of? The one implementation: history, vread and searches as
 * of a sequence all ask it. `beginning`: that of the agency for the record.
 */
export const knowsVersion = (
  { version, author, replacedAt }: VersionInTime,
  agency: string,
  beginning: Beginning,
): boolean =>
  author === agency || (version >= beginning.version && (replacedAt === undefined || replacedAt > beginning.at))

/** Does the viewer know every version of each record that it may know of? */
export const knowsAllVersions = (viewer: Viewer): viewer is 'unrestricted' | (AgencyViewer & { allVersions: true }) =>
  viewer === 'unrestricted' || viewer.allVersions === true
