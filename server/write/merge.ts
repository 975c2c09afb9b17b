/**
 * The changes of a merge and of its undo: every record of the source, whoever may know of it, is about the target
 * afterwards, in one commit (docs/decisions/0022). An internal record keeps what was done, for the undo.
 */
import {
  combined,
  conflictsOf,
  retired,
  separated,
  UNDO_DAYS,
  type ElementConflict,
} from '../domain/participant/merge.ts'
import { isRetired } from '../domain/participant/retirement.ts'
import { isDenial } from '../domain/referral/consent.ts'
import type { Lifecycle } from '../domain/referral/lifecycle.ts'
import { isActiveSuccessPlan } from '../domain/plan/rules.ts'
import { participantOf } from '../domain/visibility/audience.ts'
import { MERGED_INTO, mergedIntoOf } from '../domain/visibility/merged-into.ts'
import { isInteragency, isServing } from '../domain/staff/care-team.ts'
import type { VisibilityRule } from '../domain/visibility/rule.ts'
import { refuse } from '../fhir/outcome.ts'
import { localReferences, rewriteReferences } from '../fhir/reference.ts'
import { inTurns } from '../fhir/turns.ts'
import { keyFrom, keyText, type JsonObject, type Key, type Resource } from '../fhir/types.ts'
import { currentResource, type StoredResource } from '../records/resource.ts'
import type { View } from '../records/view.ts'
import { REFERENCE, aboutParticipant, type Filter } from '../search/query.ts'
import type { Expect, Version, Write } from '../store/store.ts'
import type { Change } from './change.ts'
import { endedByMerge } from './merge-denials.ts'
import { duplicatesByMerge, type DuplicateNeeds } from './merge-duplicates.ts'
import { SSN_HASH } from './index-entries.ts'
import { HUB } from './reserved-agencies.ts'

export const MERGE = 'Merge'

/** More records than this are not moved in one commit. */
const MOST = 20_000
const DAY = 86_400_000

/** Both records, and a view of everything: a record that the board may not know of moves as well. */
export type MergeRequest = DuplicateNeeds & {
  readonly lifecycle: Lifecycle
  readonly visibility: VisibilityRule
  readonly view: View
  readonly source: string
  readonly target: string
  readonly now: number
}

export type MergePlan = {
  readonly changes: readonly Change[]
  /** The internal record, for the same commit. */
  readonly record: Write
  readonly conflicts: readonly ElementConflict[]
  /** Keys of the records that move. */
  readonly moved: readonly string[]
  /** Keys of the consents and referrals that a denial of the other participant ends. */
  readonly ended: readonly string[]
  /** Keys of a moved record and one of the target that are duplicates of one another. */
  readonly duplicates: readonly (readonly [string, string])[]
  readonly result: Resource
}

/** `left`: records of the target, made later, that refer to one which goes back. `denials`: denials made later. */
export type UndoPlan = MergePlan & { readonly left: readonly string[]; readonly denials: readonly string[] }

/** What an internal record of a merge keeps. */
type StoredMerge = {
  readonly target: string
  readonly at: number
  /** `Type/id` of the records that moved, and of those among them that named the target before. */
  readonly moved: readonly string[]
  readonly named: readonly string[]
  readonly source: StoredResource
  readonly before: StoredResource
  readonly merged: Resource
  readonly undone?: number
}

/** @throws OutcomeError `not-found`, `merge-conflict`, `too-costly` */
export async function planMerge(
  request: MergeRequest,
  result?: Resource & { readonly id: string },
): Promise<MergePlan> {
  const { view, visibility, source: from, target: into, now } = request
  const [source, target] = await bothOf(request)
  const records = await recordsNaming(view, from, into)
  await refuseSecond(view, records, { from, into, visibility })
  const map = new Map([[`Patient/${from}`, `Patient/${into}`]])
  const named = records.filter((one) => names(one, into)).map(keyOf)
  const mergedInto = { url: MERGED_INTO, valueReference: { reference: `Patient/${into}` } }
  const merged = combined(source, target, result)
  const ssn = await missingSsn(view, from, into)
  const about = await inTurns(records, (one) => rewriteReferences(one, map))
  const moved = records.map(keyOf)
  const ended = await endedByMerge(view, into, about, request)
  const own = [...ended].filter(([key]) => !moved.includes(key)).map(([, one]) => one)
  const changes = [
    put(merged, 'participant', ssn),
    put(retired(source, into, mergedInto), 'participant'),
    ...about.map((one) => movedOrEnded(one, ended.get(keyOf(one)))),
    ...own.map(endedOfTarget),
  ]
  const stored: StoredMerge = { target: into, at: now, moved, named, source, before: target, merged }
  return {
    changes,
    record: await recordWrite(view, from, stored),
    conflicts: [...conflictsOf(source, target), ...(await ssnConflict(view, from, into))],
    moved,
    ended: [...ended.keys()],
    duplicates: await duplicatesByMerge(view, into, about, request),
    result: merged,
  }
}

/** @throws OutcomeError `not-found`, `merge-conflict` */
export async function planUndo(request: MergeRequest): Promise<UndoPlan> {
  const { view, visibility, source: from, target: into, now } = request
  const stored = (await view.resource({ type: MERGE, id: from })) as (Resource & StoredMerge) | undefined
  const [source, target] = await view
    .readMany([patientKey(from), patientKey(into)])
    .then((all) => all.map(currentResource))
  if (!source || !target || !stored || stored.undone !== undefined || stored.target !== into)
    throw conflict(`\`Patient/${from}\` is not merged into \`Patient/${into}\`.`)
  if (mergedIntoOf(source) !== into || mergedIntoOf(target) !== undefined)
    throw conflict(`\`Patient/${into}\` was itself merged into another record since; undo that merge first.`)
  if (now - stored.at > UNDO_DAYS * DAY)
    throw conflict(`The merge is more than ${UNDO_DAYS} days old and stays; create a new record where one is needed.`)
  const keys = stored.moved.map(keyFrom)
  const current = (await view.readMany(keys)).map(currentResource)
  const back = current.filter((one): one is StoredResource => one !== undefined && names(one, into))
  const changes = [
    put(separated(target, stored), 'participant', await takenSsn(view, stored, from, into)),
    put({ ...stored.source, id: from }, 'participant'),
    ...back.map((one) => put(sentBack(visibility, stored, one, { from, into }), 'moved')),
  ]
  const moved = back.map(keyOf)
  return {
    changes,
    record: await recordWrite(view, from, { ...stored, undone: now }),
    conflicts: [],
    moved,
    ended: [],
    duplicates: [],
    ...(await leftBehind(view, into, moved, stored.at)),
    result: stored.source,
  }
}

const patientKey = (id: string): Key => ({ type: 'Patient', id })
const keyOf = ({ resourceType, id }: Resource): string => `${resourceType}/${String(id)}`

type Put = Extract<Change, { kind: 'put' }>

const conflict = (text: string) => refuse('merge-conflict', text, { expression: 'Parameters.parameter' })

function put(resource: Resource & { readonly id?: string }, merge: 'moved' | 'participant', ssn?: string): Put {
  return {
    kind: 'put',
    create: false,
    derived: true,
    merge,
    resource: resource as Resource & { readonly id: string },
    ...(ssn === undefined ? {} : { ssn }),
    at: resource.resourceType,
  }
}

/** What a denial ends, the hub ends in its own name. */
function movedOrEnded(moved: StoredResource, ended: StoredResource | undefined): Change {
  return ended ? { ...put(ended, 'moved'), derived: 'hub' } : put(moved, 'moved')
}

const endedOfTarget = (resource: StoredResource): Change => ({
  kind: 'put',
  create: false,
  derived: 'hub',
  resource,
  at: resource.resourceType,
})

async function bothOf({ view, source, target }: MergeRequest): Promise<readonly [StoredResource, StoredResource]> {
  if (source === target) throw conflict(`\`Patient/${source}\` is not merged with itself; name two records.`)
  const found = (await view.readMany([patientKey(source), patientKey(target)])).map(currentResource)
  const [from, into] = found
  if (!from || !into)
    throw refuse('not-found', `There is no \`Patient/${from ? target : source}\`; name two participants of this hub.`, {
      expression: 'Parameters.parameter',
    })
  for (const one of [from, into])
    if (isRetired(one)) throw conflict(`\`Patient/${one.id}\` is retired already; name the record that is in use.`)
  return [from, into]
}

/** Every current record about the source, or that names it, but for the two themselves. AuditEvents stay what happened: no entry finds them by the participant. */
async function recordsNaming(view: View, source: string, target: string): Promise<readonly StoredResource[]> {
  const naming: Filter = { op: 'reference', param: REFERENCE, type: 'Patient', id: source }
  const where: Filter = { op: 'or', of: [aboutParticipant(source), naming] }
  const found: StoredResource[] = []
  for await (const version of view.all({ type: '*', where })) {
    const resource = currentResource(version)
    if (resource && ![`Patient/${source}`, `Patient/${target}`].includes(keyText(version))) found.push(resource)
  }
  if (found.length <= MOST) return found
  throw refuse('too-costly', `\`Patient/${source}\` has ${found.length} records; a merge moves at most ${MOST}.`)
}

const names = (resource: Resource, id: string): boolean =>
  localReferences(resource).some((key) => key.type === 'Patient' && key.id === id)

/** Of what a participant has one, and what to do where both have it. */
const ONE_EACH = [
  {
    type: 'CarePlan',
    is: isActiveSuccessPlan,
    text: 'the active success plan; complete or revoke one of them first.',
  },
  {
    type: 'CareTeam',
    is: (team: Resource): boolean => isInteragency(team) && isServing(team),
    text: 'the interagency team; set one of them to `inactive` first.',
  },
] as const

/** hub-cp-6: a participant has one active success plan; and one interagency team that serves. */
async function refuseSecond(
  view: View,
  records: readonly Resource[],
  { from, into, visibility }: { readonly from: string; readonly into: string; readonly visibility: VisibilityRule },
): Promise<void> {
  for (const { type, is, text } of ONE_EACH) {
    const own = records.find((one) => one.resourceType === type && is(one) && participantOf(visibility, one) === from)
    const theirs = own && (await view.list(type, aboutParticipant(into))).find(is)
    if (own && theirs) throw conflict(`\`${keyOf(own)}\` and \`${keyOf(theirs)}\` are both ${text}`)
  }
}

async function ssnOf(view: View, id: string): Promise<string | undefined> {
  const entry = (await view.entries(patientKey(id))).find(({ param }) => param === SSN_HASH)
  return entry?.kind === 'token' ? entry.code : undefined
}

/** The hash of the source's number, where the target has none. */
async function missingSsn(view: View, from: string, into: string): Promise<string | undefined> {
  return (await ssnOf(view, into)) === undefined ? ssnOf(view, from) : undefined
}

async function ssnConflict(view: View, from: string, into: string): Promise<readonly ElementConflict[]> {
  const [one, other] = [await ssnOf(view, from), await ssnOf(view, into)]
  if (one === undefined || other === undefined || one === other) return []
  return [{ element: 'social security number', source: 'another', target: 'another' }]
}

/** Empty: the target has the number by the merge alone, and had none before. */
async function takenSsn(view: View, { before, merged }: StoredMerge, from: string, into: string) {
  const given = JSON.stringify(before.extension ?? []) !== JSON.stringify(merged.extension ?? [])
  const [one, other] = [await ssnOf(view, from), await ssnOf(view, into)]
  const had = JSON.stringify(before).includes('/ext-ssn-last4')
  return given && !had && one !== undefined && one === other ? '' : undefined
}

/** The record as it was about the source; one that named the target before goes on naming it elsewhere. */
function sentBack(
  visibility: VisibilityRule,
  { named }: StoredMerge,
  record: StoredResource,
  { from, into }: { readonly from: string; readonly into: string },
): StoredResource {
  const reference = `Patient/${from}`
  if (!named.includes(keyOf(record))) return rewriteReferences(record, new Map([[`Patient/${into}`, reference]]))
  const element = visibility.participant[record.resourceType]
  if (element === undefined || element === 'self') return record
  return { ...record, [element]: { ...(record[element] as JsonObject), reference } }
}

/** Records of the target, made later, that refer to records which go back; and its denials of the time since the merge (ms). */
async function leftBehind(view: View, into: string, moved: readonly string[], since: number) {
  const back = new Set(moved)
  const [left, denials]: [string[], string[]] = [[], []]
  for await (const version of view.all({ type: '*', where: aboutParticipant(into) })) {
    const resource = currentResource(version)
    if (!resource || back.has(keyText(version))) continue
    if (localReferences(resource).some((key) => back.has(keyText(key)))) left.push(keyText(version))
    if (isDenial(resource) && Date.parse(String(resource.meta?.lastUpdated)) >= since) denials.push(keyText(version))
  }
  return { left, denials }
}

async function recordWrite(view: View, source: string, merge: StoredMerge): Promise<Write> {
  const before: Version | undefined = await view.read({ type: MERGE, id: source })
  const expect: Expect = before ? { version: [before.version] } : 'absent'
  return {
    kind: 'put',
    method: 'PUT',
    resource: { ...(merge as unknown as JsonObject), resourceType: MERGE, id: source, meta: {} },
    entries: [],
    audience: [],
    author: HUB,
    expect,
  }
}
