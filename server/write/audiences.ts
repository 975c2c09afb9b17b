/**
 * Who may know of what a commit writes, and of what it does not write: when a referral, participation, consent or
 * agreement changes a participant's circle, every record of that participant gets its new audience in the same commit.
 *
 * The circle of a participant is kept as an internal record `Circle/<participant>`. A commit about a participant
 * holds to the circle it looked at, by version: whoever changes a circle makes every writer that looked at the old one
 * begin again, so an audience can never be computed from a circle that is gone.
 */
import type { Caller, Key, Resource } from '../fhir/types.ts'
import { audienceOf, classesOf, participantOf, type Roles } from '../domain/visibility/audience.ts'
import { circleOf, circleTypes, NOBODY, type Circle } from '../domain/visibility/circle.ts'
import type { Membership } from '../domain/visibility/membership.ts'
import { ALL, PARTICIPANT, type Filter } from '../search/query.ts'
import type { Guard, Version, Write } from '../store/store.ts'
import { codeSystem } from '../fhir/canonical.ts'
import { currentResource } from '../records/resource.ts'
import type { PreparedChange } from './change.ts'
import { CONSENT_CLASS } from './index-entries.ts'
import type { WriteNeeds } from './needs.ts'
import { sameMatches, sameRecords } from './circle-guards.ts'

export const CIRCLE = 'Circle'
export const BOARD = 'board'

export type Audiences = {
  /** The audience of each change, in order. */
  readonly of: readonly (readonly Membership[])[]
  /** Circles and audiences of other records that change along. */
  readonly writes: readonly Write[]
  readonly guards: readonly Guard[]
}

/**
 * The audience of every change of a commit, and of what else it moves.
 * Returns guards that make the commit fail (and the caller begin again) when a circle moved meanwhile.
 */
export async function audiencesOf(
  needs: WriteNeeds,
  caller: Caller,
  changes: readonly PreparedChange[],
): Promise<Audiences> {
  if (needs.rules === 'open') return { of: changes.map(() => [{ agency: '*' }]), writes: [], guards: [] }
  const roles: Roles = { board: BOARD, wageAgencies: rolesMatter(needs, changes) ? await wageAgencies(needs) : [] }
  const concerned = await participants(needs, changes)
  const moved = await Promise.all(concerned.ids.map((id) => circleAfter(needs, id, changes, roles)))
  const circles = new Map(moved.map((one) => [one.participant, one]))
  const circleOfParticipant = (id: string | undefined): Circle =>
    id === undefined ? NOBODY : (circles.get(id)?.circle ?? NOBODY)
  return {
    of: changes.map((one) => {
      const resource = one.after ?? one.before
      if (!resource) return []
      const written = { resource, owner: one.stored?.owner ?? caller.agency, author: caller.agency }
      return audienceOf(
        needs.visibility,
        written,
        circleOfParticipant(participantOf(needs.visibility, resource)),
        roles,
      )
    }),
    writes: moved.flatMap((one) => (one.changed ? [circleWrite(one), ...one.others] : [])),
    guards: [
      ...concerned.guards,
      ...moved.flatMap((one) => [
        ...one.guards,
        ...(one.changed ? [] : [{ key: circleKey(one.participant), expect: expectCircle(one.version) }]),
      ]),
    ],
  }
}

/** Wage agencies are looked up only where a restricted record or a circle can name them. */
function rolesMatter(needs: WriteNeeds, changes: readonly PreparedChange[]): boolean {
  const sources = sourceTypes(needs)
  return changes.some(
    (one) => sources.has(one.key.type) || [one.before, one.after].some((state) => state && classesOf(state).length > 0),
  )
}

const sourceTypes = (needs: WriteNeeds): ReadonlySet<string> =>
  new Set([...circleTypes(needs.visibility), needs.visibility.agreement.type])

type Moved = {
  readonly participant: string
  readonly circle: Circle
  /** The version of the circle that was looked at; 0: there was none. */
  readonly version: number
  readonly changed: boolean
  readonly others: readonly Write[]
  /** Hold what the circle and the new audiences were computed from. */
  readonly guards: readonly Guard[]
}

/** Participants that the changes are about, and those whose circle rests on an agreement that changes. */
async function participants(
  needs: WriteNeeds,
  changes: readonly PreparedChange[],
): Promise<{ readonly ids: readonly string[]; readonly guards: readonly Guard[] }> {
  const about = changes.flatMap(({ before, after }) => [before, after].flatMap((one) => participantIn(needs, one)))
  if (!changes.some((one) => one.key.type === needs.visibility.agreement.type))
    return { ids: [...new Set(about)], guards: [] }
  const { versions, guards } = await consentsUnderAgreement(needs, keysOf(changes))
  const resting = versions.flatMap((one) => participantIn(needs, JSON.parse(one.text) as Resource))
  return { ids: [...new Set([...about, ...resting])], guards }
}

const keysOf = (changes: readonly PreparedChange[]): readonly Key[] => changes.map((one) => one.key)

function participantIn(needs: WriteNeeds, resource: Resource | undefined): readonly string[] {
  const id = resource && participantOf(needs.visibility, resource)
  return id === undefined ? [] : [id]
}

async function circleAfter(
  needs: WriteNeeds,
  participant: string,
  changes: readonly PreparedChange[],
  roles: Roles,
): Promise<Moved> {
  const stored = await needs.store.read(circleKey(participant), 'unrestricted')
  const old = stored ? (JSON.parse(stored.text) as { circle: Circle }).circle : NOBODY
  const version = stored?.version ?? 0
  const sources = sourceTypes(needs)
  if (!changes.some((one) => sources.has(one.key.type)))
    return { participant, circle: old, version, changed: false, others: [], guards: [] }

  const records = await recordsOf(needs, participant, changes)
  const coming = changes.flatMap((one) => (one.after ? [one.after] : []))
  const kept = records
    .filter((one) => one.text !== '' && sources.has(one.type))
    .map((one) => JSON.parse(one.text) as Resource)
  const own = [...kept, ...coming].filter((one) => participantIn(needs, one).includes(participant))
  const agreed = await agreements(needs, changes, own)
  const circle = circleOf(
    needs.visibility,
    { records: own, agreements: agreed.records, wageAgencies: roles.wageAgencies },
    needs.range,
  )
  const changed = version === 0 || JSON.stringify(circle) !== JSON.stringify(old)
  const others = changed ? await Promise.all(records.map((one) => reaudience(needs, one, circle, roles))) : []
  // Of a participant without a circle there is no record yet.
  const same = version === 0 ? [] : sameRecords(needs, participant, records, keysOf(changes))
  return { participant, circle, version, changed, others, guards: [...agreed.guards, ...same] }
}

/**
 * Computes the circle of a participant and the audiences of all its records from the records alone, whatever is stored:
 * as the writes and guards of one commit.
 */
export async function reaudienceParticipant(
  needs: WriteNeeds,
  participant: string,
): Promise<{ readonly writes: readonly Write[]; readonly guards: readonly Guard[] }> {
  const roles: Roles = { board: BOARD, wageAgencies: await wageAgencies(needs) }
  const version = (await needs.store.read(circleKey(participant), 'unrestricted'))?.version ?? 0
  const records = await recordsOf(needs, participant, [])
  const sources = sourceTypes(needs)
  const own = records.flatMap((one) => (sources.has(one.type) ? (currentResource(one) ?? []) : []))
  const agreed = await agreements(needs, [], own)
  const { wageAgencies: ofWages } = roles
  const circle = circleOf(
    needs.visibility,
    { records: own, agreements: agreed.records, wageAgencies: ofWages },
    needs.range,
  )
  const others = await Promise.all(records.map((one) => reaudience(needs, one, circle, roles)))
  const guards = [...agreed.guards, ...sameRecords(needs, participant, records, [])]
  const moved: Moved = { participant, circle, version, changed: true, others, guards }
  return { writes: [circleWrite(moved), ...others], guards }
}

/** All records of a participant but those that the commit itself writes, deleted ones included. */
async function recordsOf(
  needs: WriteNeeds,
  participant: string,
  changes: readonly PreparedChange[],
): Promise<readonly Version[]> {
  const where: Filter = { op: 'reference', param: PARTICIPANT, type: 'Patient', id: participant }
  const { versions } = await needs.store.find({
    type: '*',
    where,
    viewer: 'unrestricted',
    limit: Number.MAX_SAFE_INTEGER,
    deleted: true,
  })
  return versions.filter((one) => !changes.some(({ key }) => key.type === one.type && key.id === one.id))
}

async function reaudience(needs: WriteNeeds, version: Version, circle: Circle, roles: Roles): Promise<Write> {
  const written = { resource: await lastState(needs, version), owner: version.owner, author: version.author }
  return {
    kind: 'audience',
    key: { type: version.type, id: version.id },
    audience: audienceOf(needs.visibility, written, circle, roles),
  }
}

/** The state of a record, or the one that was deleted. */
async function lastState(needs: WriteNeeds, version: Version): Promise<Resource> {
  const state = version.text === '' ? await needs.store.vread(version, version.version - 1, 'unrestricted') : version
  return JSON.parse(state?.text ?? '{}') as Resource
}

function circleWrite({ participant, circle, version }: Moved): Write {
  return {
    kind: 'put',
    method: 'PUT',
    resource: { resourceType: CIRCLE, id: participant, circle },
    entries: [],
    audience: [],
    author: 'hub',
    expect: expectCircle(version),
  }
}

const circleKey = (participant: string): Key => ({ type: CIRCLE, id: participant })
const expectCircle = (version: number) => (version === 0 ? ('absent' as const) : { version: [version] })

async function agreements(
  needs: WriteNeeds,
  changes: readonly PreparedChange[],
  own: readonly Resource[],
): Promise<{ readonly records: readonly Resource[]; readonly guards: readonly Guard[] }> {
  if (!own.some((one) => one.resourceType === 'Consent' && JSON.stringify(one).includes('"wages"')))
    return { records: [], guards: [] }
  const { type } = needs.visibility.agreement
  const { versions } = await needs.store.find({
    type,
    where: ALL,
    viewer: 'unrestricted',
    limit: Number.MAX_SAFE_INTEGER,
  })
  const untouched = versions.filter((one) => !changes.some(({ key }) => key.type === type && key.id === one.id))
  const coming = changes.flatMap((one) => (one.after && one.key.type === type ? [one.after] : []))
  return {
    records: [...untouched.map((one) => JSON.parse(one.text) as Resource), ...coming],
    guards: sameMatches(type, ALL, untouched, keysOf(changes)),
  }
}

/** Consents that name a class which also needs an agreement. */
async function consentsUnderAgreement(needs: WriteNeeds, written: readonly Key[]) {
  const named = Object.entries(needs.visibility.classes).filter(([, one]) => one.agreement)
  const where: Filter = { op: 'or', of: named.map(([code]) => ({ op: 'token', param: CONSENT_CLASS, code })) }
  const { versions } = await needs.store.find({
    type: 'Consent',
    where,
    viewer: 'unrestricted',
    limit: Number.MAX_SAFE_INTEGER,
  })
  const untouched = versions.filter((one) => !written.some(({ type, id }) => type === one.type && id === one.id))
  return { versions, guards: sameMatches('Consent', where, untouched, written) }
}

async function wageAgencies(needs: WriteNeeds): Promise<readonly string[]> {
  const where: Filter = { op: 'token', param: 'type', system: codeSystem('agency-type'), code: 'wage-agency' }
  const { versions } = await needs.store.find({ type: 'Organization', where, viewer: 'unrestricted', limit: 100 })
  return versions.map((one) => one.id)
}
