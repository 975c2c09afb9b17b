/**
 * What `_include` and `_revinclude` bring along with the matches of one page: each record once, as far as the caller may
 * know of it, and no more than a limit, which the answer reports.
 * https://hl7.org/fhir/R4/search.html#include and #revinclude
 */
import type { Definitions, SearchParameter } from '../definitions/definitions.ts'
import type { ErrorCode, Issue } from '../fhir/outcome.ts'
import { parseReference, type Canonical } from '../fhir/reference.ts'
import { keyText, type Key } from '../fhir/types.ts'
import { nextTurn } from '../fhir/turns.ts'
import { isDeleted, resourceOf } from '../records/resource.ts'
import type { View } from '../records/view.ts'
import { canonicalOf, canonicalsIn, isCanonicalType, leadsTo, namedBy, URL_PARAMETER } from '../search/canonical.ts'
import { referencesOf } from '../search/extract.ts'
import type { IncludeParameter } from '../search/include.ts'
import { ofKeys } from '../search/keys.ts'
import type { SearchLimits } from '../search/limits.ts'
import type { Filter, IndexEntry, Query } from '../search/query.ts'
import { PAGE_BYTES } from '../store/page-bytes.ts'
import type { FoundVersion, Version } from '../store/store.ts'

export type Included = { readonly records: readonly Version[]; readonly issues: readonly Issue[] }

type Inclusion = {
  readonly definitions: Definitions
  readonly base: string
  /** An insight: who answers the records discloses them. */
  readonly view: View
  readonly includes: readonly IncludeParameter[]
  readonly limits: SearchLimits
  /** The sequence of the search, where it is one of the past. */
  readonly asOf?: number
}

/** Records that are read at once. */
const PIECE = 200

/** Most bytes of what is included with a page. */
const INCLUDED_BYTES = 2 * PAGE_BYTES

const NOTHING: Included = { records: [], issues: [] }

/**
 * The parameters whose entries are followed: `withEntries` of the matches.
 * A definition is included in reverse by its url.
 */
export const followedParameters = (includes: readonly IncludeParameter[]): true | readonly string[] =>
  includes.every(({ param }) => param !== undefined)
    ? includes.flatMap(({ param, reverse }) => (reverse ? URL_PARAMETER : (param ?? [])))
    : true

/** `matches` come with the entries of the followed parameters. */
export async function include(inclusion: Inclusion, matches: readonly FoundVersion[]): Promise<Included> {
  const { includes, limits } = inclusion
  if (includes.length === 0 || matches.length === 0) return NOTHING
  const found = new IncludedRecords(matches, limits)
  const iterated = includes.filter((one) => one.iterate)
  let rules = includes
  let from = matches
  for (let step = 0; from.length > 0 && rules.length > 0; step += 1) {
    if (step === limits.iterate) found.cut('steps')
    if (found.isFull) break
    const before = found.records.length
    const followed = iterated.length > 0 ? { withEntries: followedParameters(iterated) } : {}
    await follow(inclusion, { rules: rules.filter((one) => !one.reverse), from, followed }, found)
    await followBack(inclusion, { rules: rules.filter((one) => one.reverse), from, followed }, found)
    from = found.records.slice(before)
    rules = iterated
  }
  return { records: found.records, issues: found.issues() }
}

type Step = {
  readonly rules: readonly IncludeParameter[]
  readonly from: readonly FoundVersion[]
  /** The entries that are read of the included records, where they are followed, too. */
  readonly followed: Followed
}

type Followed = Pick<Query, 'withEntries'>

/** The records that these refer to. */
async function follow(inclusion: Inclusion, { rules, from, followed }: Step, found: IncludedRecords): Promise<void> {
  if (rules.length === 0) return
  const keys = new Map<string, Key>()
  const versioned: VersionedReference[] = []
  for (const version of from) {
    const old = versionedReferences(inclusion, rules, version)
    versioned.push(...old.filter((one) => one.version !== undefined))
    for (const entry of version.entries ?? []) {
      if (entry.kind !== 'reference' || !rules.some((rule) => isFollowed(rule, version.type, entry, inclusion)))
        continue
      const key = { type: entry.type, id: entry.id }
      const isOld = old.some((one) => one.param === entry.param && keyText(one.key) === keyText(key))
      if (!isOld && !found.has(keyText(key))) keys.set(keyText(key), key)
    }
  }
  await addVersions(inclusion, versioned, found)
  for (let list = [...keys.values()]; list.length > 0 && !found.isFull; list = list.slice(PIECE)) {
    for (const version of await current(inclusion, list.slice(0, PIECE), followed)) found.add(version)
    if (list.length > PIECE) await nextTurn()
  }
  await followCanonicals(inclusion, { rules, from, followed }, found)
}

/** Canonicals that are looked up at once: each is a condition of its own. */
const CANONICALS = 150

/** The definitions that these name by their urls. */
async function followCanonicals(inclusion: Inclusion, { rules, from, followed }: Step, found: IncludedRecords) {
  const urlsByType = canonicalsByType(inclusion, rules, from)
  const { view, asOf } = inclusion
  for (const [type, all] of urlsByType) {
    for (let urls = [...all]; urls.length > 0; urls = urls.slice(CANONICALS)) {
      const where = namedBy(urls.slice(0, CANONICALS))
      for await (const version of view.all({ type, where, ...followed, ...(asOf === undefined ? {} : { asOf }) })) {
        if (found.isFull) return
        found.add(version)
      }
    }
  }
}

/** By the types that they may be urls of. */
function canonicalsByType(
  { definitions }: Inclusion,
  rules: readonly IncludeParameter[],
  from: readonly FoundVersion[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const urlsByType = new Map<string, Set<string>>()
  for (const { type, entries = [] } of from) {
    if (!entries.some(({ kind }) => kind === 'uri')) continue
    for (const { code, target } of parametersOf(definitions, type)) {
      const followed = rules.filter((one) => (one.type ?? type) === type && (one.param ?? code) === code)
      const urls = followed.length === 0 ? [] : canonicalsIn(entries, code)
      if (urls.length === 0) continue
      for (const one of definitions.capabilities) {
        if (!isCanonicalType(one) || (target.length > 0 && !target.includes(one.type))) continue
        if (!followed.some((rule) => (rule.target ?? one.type) === one.type)) continue
        const all = urlsByType.get(one.type) ?? new Set()
        for (const url of urls) all.add(url)
        urlsByType.set(one.type, all)
      }
    }
  }
  return urlsByType
}

function isFollowed(rule: IncludeParameter, type: string, entry: IndexEntry, { definitions }: Inclusion): boolean {
  if (entry.kind !== 'reference' || (rule.type ?? type) !== type) return false
  if (rule.target !== undefined && rule.target !== entry.type) return false
  return rule.param === undefined ? isReference(definitions, type, entry.param) : rule.param === entry.param
}

/** Is it a parameter of the type, and not an entry of the hub's own? */
const isReference = (definitions: Definitions, type: string, param: string): boolean =>
  parametersOf(definitions, type).some(({ code }) => code === param)

const parametersOf = (definitions: Definitions, type: string): readonly SearchParameter[] =>
  (definitions.capability(type)?.searchParameters ?? []).filter((one) => one.type === 'reference')

async function current(
  { view, asOf }: Inclusion,
  keys: readonly Key[],
  followed: Followed,
): Promise<readonly FoundVersion[]> {
  if (keys.length === 0) return []
  if (followed.withEntries === undefined && asOf === undefined) {
    const versions = await view.readMany(keys)
    return versions.filter((one): one is Version => one !== undefined && !isDeleted(one))
  }
  const { versions } = await view.find({
    ...ofKeys(keys),
    limit: keys.length,
    ...followed,
    ...(asOf === undefined ? {} : { asOf }),
  })
  const byKey = new Map(versions.map((version) => [keyText(version), version]))
  return keys.flatMap((key) => byKey.get(keyText(key)) ?? [])
}

/** The records that refer to these. */
async function followBack(inclusion: Inclusion, step: Step, found: IncludedRecords): Promise<void> {
  const sources = sourcesOf(inclusion, step)
  if (sources.length === 0) return
  const types = [...new Set(sources.flatMap((one) => [...one.types]))]
  const idsByType = new Map<string, string[]>()
  for (const { type, id } of step.from) idsByType.set(type, [...(idsByType.get(type) ?? []), id])
  const definitions = canonicalsOf(inclusion, step.from)
  const where: Filter = {
    op: 'or',
    of: sources.map((one): Filter => {
      const id = idsByType.get(one.target) ?? []
      const byId: Filter = { op: 'reference', param: one.param, type: one.target, id }
      const named = definitions.get(one.target)
      const reference: Filter = named ? { op: 'or', of: [byId, leadsTo(one.param, named)] } : byId
      if (one.types.size === types.length) return reference
      return { op: 'and', of: [{ op: 'type', types: [...one.types] }, reference] }
    }),
  }
  const { view, asOf } = inclusion
  const query = { type: types.length === 1 ? types[0]! : types, where, ...(asOf === undefined ? {} : { asOf }) }
  for await (const version of view.all({ ...query, ...step.followed })) {
    found.add(version)
    if (found.isFull) return
  }
}

/** The urls and versions of those that are definitions, by type. */
function canonicalsOf(
  { definitions }: Inclusion,
  from: readonly FoundVersion[],
): ReadonlyMap<string, readonly Canonical[]> {
  const byType = new Map<string, Canonical[]>()
  for (const { type, entries } of from) {
    const capability = definitions.capability(type)
    const found = capability && isCanonicalType(capability) ? canonicalOf(entries) : undefined
    if (found) byType.set(type, [...(byType.get(type) ?? []), found])
  }
  return byType
}

/** A parameter and the type that it refers to: the types whose records have such references. */
type Source = { readonly param: string; readonly target: string; readonly types: Set<string> }

function sourcesOf({ definitions }: Inclusion, { rules, from }: Step): readonly Source[] {
  const sources = new Map<string, Source>()
  const targets = [...new Set(from.map(({ type }) => type))]
  for (const rule of rules) {
    const types = rule.type === undefined ? definitions.capabilities.map(({ type }) => type) : [rule.type]
    for (const [type, param, target] of types.flatMap((one) => referring(definitions, rule, one, targets))) {
      const name = `${param} ${target}`
      const source = sources.get(name) ?? { param, target, types: new Set() }
      source.types.add(type)
      sources.set(name, source)
    }
  }
  return [...sources.values()]
}

/** The parameters of a type by which a rule leads to these targets. */
const referring = (
  definitions: Definitions,
  rule: IncludeParameter,
  type: string,
  targets: readonly string[],
): readonly (readonly [type: string, param: string, target: string])[] =>
  parametersOf(definitions, type)
    .filter(({ code }) => rule.param === undefined || rule.param === code)
    .flatMap(({ code, target: allowed }) =>
      targets
        .filter((target) => rule.target === undefined || rule.target === target)
        .filter((target) => allowed.length === 0 || allowed.includes(target))
        .map((target) => [type, code, target] as const),
    )

type VersionedReference = {
  readonly param: string
  readonly key: Key
  readonly version?: number
  readonly text: string
}

/**
 * References to a version, which the index does not tell apart; beside them those of the same parameter without one.
 * https://hl7.org/fhir/R4/search.html#versions
 */
function versionedReferences(
  { definitions, base }: Inclusion,
  rules: readonly IncludeParameter[],
  match: FoundVersion,
): readonly VersionedReference[] {
  if (!match.text.includes('/_history/')) return []
  const resource = resourceOf(match)
  const followed = parametersOf(definitions, match.type).filter(({ code }) =>
    rules.some((rule) => (rule.type ?? match.type) === match.type && (rule.param ?? code) === code),
  )
  return followed.flatMap((parameter) => {
    const references = referencesOf(resource, parameter).flatMap((text): readonly VersionedReference[] => {
      const target = parseReference(text, base)
      if (target?.kind !== 'local') return []
      if (!rules.some((rule) => (rule.target ?? target.type) === target.type)) return []
      const key = { type: target.type, id: target.id }
      if (target.version === undefined) return [{ param: parameter.code, key, text }]
      return [{ param: parameter.code, key, version: Number(target.version), text }]
    })
    // One without a version asks for the record of today, too: the entry of the index stands for it.
    const isPlain = (one: VersionedReference): boolean =>
      references.some((other) => other.version === undefined && keyText(other.key) === keyText(one.key))
    return references.filter((one) => one.version !== undefined && !isPlain(one))
  })
}

/** The version that the reference names; where there is none that the caller may know of, the current one and a warning. */
async function addVersions(
  inclusion: Inclusion,
  references: readonly VersionedReference[],
  found: IncludedRecords,
): Promise<void> {
  for (const { key, version = 0, text } of references) {
    if (found.has(`${keyText(key)}/${version}`) || found.isFull) continue
    const old = Number.isSafeInteger(version) ? await inclusion.view.vread(key, version) : undefined
    if (old && !isDeleted(old)) {
      found.addVersion(old)
      continue
    }
    const [now] = await current(inclusion, [key], { withEntries: true })
    if (!now) continue
    found.add(now)
    found.warn(
      'reference-not-found',
      `The reference \`${text}\` names a version that you may not know of, or that there is not; the current version of \`${keyText(key)}\` is included in its place.`,
    )
  }
}

/** What is included so far: each record once, or each of the versions that references name. */
class IncludedRecords {
  readonly records: FoundVersion[] = []
  readonly #keys: Set<string>
  readonly #issues: Issue[] = []
  readonly #limits: SearchLimits
  #isFull = false
  #bytes = 0

  constructor(matches: readonly Version[], limits: SearchLimits) {
    this.#limits = limits
    this.#keys = new Set(matches.flatMap((one) => [keyText(one), versionText(one)]))
  }

  get room(): number {
    return this.#limits.included - this.records.length
  }

  get isFull(): boolean {
    return this.#isFull
  }

  has(key: string): boolean {
    return this.#keys.has(key)
  }

  add(version: FoundVersion): void {
    if (!this.has(keyText(version))) this.#put(version, keyText(version))
  }

  addVersion(version: FoundVersion): void {
    if (!this.has(versionText(version))) this.#put(version)
  }

  /** Ends the inclusion at a limit, and says so. */
  cut(limit: 'records' | 'bytes' | 'steps'): void {
    if (this.#isFull) return
    this.#isFull = true
    const { included, iterate } = this.#limits
    const what = {
      records: `More than ${included} records would be included with this page; only ${included} are.`,
      bytes: `More than ${INCLUDED_BYTES} bytes would be included with this page; only ${this.records.length} records are.`,
      steps: `Included records lead on over more than ${iterate} references; only those within ${iterate} are included.`,
    }
    this.warn(
      'too-costly',
      `${what[limit]} Request smaller pages with \`_count\`, or read the others by a search of their own.`,
    )
  }

  warn(detail: ErrorCode, text: string): void {
    this.#issues.push({ severity: 'warning', detail, text })
  }

  issues(): readonly Issue[] {
    return this.#issues
  }

  #put(version: FoundVersion, key?: string): void {
    if (this.room === 0) return this.cut('records')
    if (this.records.length > 0 && this.#bytes + version.text.length > INCLUDED_BYTES) return this.cut('bytes')
    this.#bytes += version.text.length
    // The current version of a record may be there already as one that a reference names.
    const isThere = this.has(versionText(version))
    this.#keys.add(versionText(version))
    if (key !== undefined) this.#keys.add(key)
    if (!isThere) this.records.push(version)
  }
}

const versionText = (version: Version): string => `${keyText(version)}/${version.version}`
