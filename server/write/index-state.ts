/**
 * Which search parameters have a complete index. An internal record of the store keeps, for each type, a digest of every
 * parameter by which the index entries of all its records were extracted; what differs from the parameters in effect is
 * incomplete until the reindex job (jobs/reindex.ts) has been through the records of the type.
 */
import { createHash } from 'node:crypto'
import type { Definitions, IncompleteParameter, ResourceCapability } from '../definitions/definitions.ts'
import type { MatchingRule } from '../domain/participant/matching-rule.ts'
import type { VisibilityRule } from '../domain/visibility/rule.ts'
import type { Key } from '../fhir/types.ts'
import { currentResource } from '../records/resource.ts'
import { unrestricted } from '../records/view.ts'
import { CONTAINED } from '../search/contained.ts'
import type { Store, Write } from '../store/store.ts'

/** Digests by code, and INTERNAL for the entries that are none of a search parameter. */
export type TypeDigests = Readonly<Record<string, string>>
export type IndexDigests = Readonly<Record<string, TypeDigests>>

/** Internal record: the digests by which the index entries in the store are complete, and the newest software that wrote it. */
export const INDEX: Key = { type: 'Published', id: 'index' }

/** The kind of the job that indexes all records of a type anew (jobs/reindex.ts). */
export const REINDEX = 'reindex'

/** The name of the entries of the hub's own (index-entries.ts), beside those of search parameters. */
export const INTERNAL = '_internal'
/** Raise it when the extraction of a search type changes what it makes of a resource. */
const VERSION = 2
/** Raise it when index-entries.ts does. */
const INTERNAL_VERSION = 1

/**
 * Parameters by which the rules of the hub itself look for records: they are complete before the hub listens, as
 * INTERNAL is, for a rule that sees a part of the records decides wrongly.
 */
export const USED_BY_RULES: readonly string[] = [
  'actor',
  'category',
  'code',
  'focus',
  'identifier',
  'open-referral',
  'status',
  'type',
  'url',
  'warning',
]

export type IndexInputs = {
  readonly timeZone: string
  readonly base: string
  /** Undefined where there are no rules between agencies. */
  readonly visibility: VisibilityRule | undefined
  /** The code systems of the hub itself, and of the settings, whose codes are compared by their case. */
  readonly caseSensitive?: readonly string[]
  /** By what the blocks of participants are made. */
  readonly matching: Pick<MatchingRule, 'tables'>
}

/** The digests of the parameters in effect: another code, type, expression, target, or way to read a value is another digest. */
export function indexDigests(capabilities: readonly ResourceCapability[], context: IndexInputs): IndexDigests {
  const caseSensitive = digest(context.caseSensitive ?? [])
  return Object.fromEntries(
    capabilities.map((capability) => [capability.type, typeDigests(capability, { ...context, caseSensitive })]),
  )
}

type TypeInputs = Omit<IndexInputs, 'caseSensitive'> & { readonly caseSensitive: string }

function typeDigests({ type, searchParameters }: ResourceCapability, context: TypeInputs): TypeDigests {
  const readBy: Readonly<Record<string, string>> = { date: context.timeZone, reference: context.base }
  const parameters = searchParameters.map((one) => [
    one.code,
    digest([
      ...[VERSION, one.code, one.type, one.expression, one.target, one.component ?? '', readBy[one.type] ?? ''],
      CODED.has(one.type) ? context.caseSensitive : '',
    ]),
  ])
  const blocks = type === 'Patient' ? context.matching.tables : []
  const internal = digest([INTERNAL_VERSION, context.visibility?.participant[type] ?? '', ...blocks])
  return { ...Object.fromEntries(parameters), [CONTAINED]: digest([CONTAINED]), [INTERNAL]: internal } as TypeDigests
}

/** Types of search parameter whose entries depend on the code systems. */
const CODED = new Set(['token', 'reference', 'composite'])

const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16)

export type StoredIndex = { readonly version: number; readonly digests: IndexDigests; readonly software?: string }

/** What the store holds; undefined when no hub that keeps digests has written to it. */
export async function readStoredIndex(store: Store): Promise<StoredIndex | undefined> {
  const version = await unrestricted(store).read(INDEX)
  const record = currentResource(version) as (StoredIndex & { readonly resourceType: string }) | undefined
  if (!version || !record) return undefined
  const { digests, software } = record
  return { version: version.version, digests, ...(software === undefined ? {} : { software }) }
}

export const indexWrite = (stored: StoredIndex | undefined, digests: IndexDigests, software: string): Write => ({
  kind: 'put',
  method: 'PUT',
  resource: { resourceType: INDEX.type, id: INDEX.id, digests, software },
  entries: [],
  audience: [],
  author: 'hub',
  expect: stored ? { version: [stored.version] } : 'absent',
})

/** Codes whose digests differ: new, changed, or no longer there. */
export function differingCodes(current: TypeDigests, stored: TypeDigests = {}): readonly string[] {
  const codes = new Set([...Object.keys(current), ...Object.keys(stored)])
  return [...codes].filter((code) => current[code] !== stored[code])
}

/** The state of the index as this process knows it; search and the CapabilityStatement read it at every request. */
export type IndexState = {
  /** Of the parameters in effect. */
  readonly current: IndexDigests
  /** From now on these are in effect: the board posted, changed or withdrew a search parameter. */
  declare(current: IndexDigests): void
  incomplete(type: string): readonly IncompleteParameter[]
  /** Takes what the store holds now. */
  update(stored: IndexDigests): void
  /** Records of a type that the job has been through, of so many. */
  progress(type: string, done: number, total: number): void
}

export function createIndexState(start: IndexDigests): IndexState {
  const incomplete = new Map<string, readonly IncompleteParameter[]>()
  let [current, complete]: [IndexDigests, IndexDigests | undefined] = [start, undefined]

  function compare(): void {
    for (const [type, digests] of Object.entries(current)) {
      const codes = differingCodes(digests, complete?.[type]).filter((code) => code !== INTERNAL && digests[code])
      const before = incomplete.get(type) ?? []
      incomplete.set(
        type,
        codes.map((code) => before.find((one) => one.code === code) ?? { code }),
      )
    }
  }

  return {
    get current() {
      return current
    },
    declare(next) {
      current = next
      if (complete) compare()
    },
    incomplete: (type) => incomplete.get(type) ?? [],
    update(stored) {
      complete = stored
      compare()
    },
    progress(type, done, total) {
      const before = incomplete.get(type) ?? []
      incomplete.set(
        type,
        before.map(({ code }) => ({ code, done, total })),
      )
    },
  }
}

/** The definitions of a hub whose types say, at every moment, which of their parameters are incomplete. */
export function withIndexState(definitions: Definitions, state: IndexState): Definitions {
  const capabilities = definitions.capabilities.map((capability) => ({
    ...capability,
    get incomplete() {
      return state.incomplete(capability.type)
    },
  }))
  const byType = new Map(capabilities.map((one) => [one.type, one]))
  const made: Definitions = {
    ...definitions,
    capabilities,
    capability: (type) => byType.get(type),
    current: () => made,
  }
  return made
}
