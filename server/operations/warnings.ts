/** $warnings: what the timers of referrals warn of and what still holds, each agency its own, the board everything. */
import type { Definitions } from '../definitions/definitions.ts'
import { endingOf } from '../domain/agency-task/consent-ending.ts'
import { areaOf } from '../domain/referral/area.ts'
import { openStatuses, type Lifecycle } from '../domain/referral/lifecycle.ts'
import {
  TIMER_LEVELS,
  WARNING_AUDIENCES,
  type TimerLevel,
  type TimerTable,
  type WarningAudience,
} from '../domain/timer/table.ts'
import { consentWarnings, CONSENT_TIMER } from '../domain/timer/consent-steps.ts'
import { ownerOf, OUTPUT, requesterOf, statusOf, TIMER } from '../domain/timer/thread.ts'
import { APPEAL, audiencesOf, openWarnings, type Warning } from '../domain/timer/warnings.ts'
import { codeSystem } from '../fhir/canonical.ts'
import { formatInstant } from '../fhir/dates.ts'
import { idOf } from '../fhir/element.ts'
import { refuse } from '../fhir/outcome.ts'
import { buildParameters, parts, readParameters, value, type Values } from '../fhir/parameters.ts'
import type { Json, JsonObject, Resource } from '../fhir/types.ts'
import type { Call } from '../interactions/call.ts'
import { keyOf, notFound } from '../interactions/target.ts'
import { readThread, type ThreadReading } from '../jobs/referral-thread.ts'
import { resourceOf } from '../records/resource.ts'
import { disclosing, insight, type View } from '../records/view.ts'
import type { Cursors } from '../search/page.ts'
import { aboutParticipant, type Filter } from '../search/query.ts'
import type { Version } from '../store/store.ts'
import { operationDefinition } from './define.ts'
import type { Operation } from './operation.ts'

export type WarningsNeeds = ThreadReading & {
  readonly definitions: Definitions
  readonly lifecycle: Lifecycle
  readonly cursors: Cursors
}

const COUNT = 50
const MOST = 200

export const warnings = (needs: WarningsNeeds): Operation => {
  const { takes, ...named } = operationDefinition(needs.definitions, 'warnings')
  return {
    ...named,
    levels: ['system', 'instance'],
    types: ['Patient'],
    affectsState: false,
    async run(call) {
      const filter = filterOf(needs, readParameters(takes, call))
      const view = insight(needs.store, call.caller, call.now)
      if (call.id !== undefined && !(await view.resource(keyOf(call)))) throw notFound(keyOf(call))
      const found = await view.find({
        type: 'Task',
        where: warnedWhere(needs, call.id),
        limit: filter.count,
        ...(filter.cursor === undefined ? {} : { after: needs.cursors.decode(filter.cursor, []) }),
      })
      const answer = disclosing(needs.store, call.caller, call.now)
      const lines: JsonObject[] = []
      for (const version of found.versions) {
        const own = await linesOf({ needs, view, call, filter }, version)
        if (own.length > 0) answer.disclose(version)
        lines.push(...own)
      }
      const next = found.next ? [value('next', 'string', needs.cursors.encode(found.next))] : []
      return { status: 200, resource: buildParameters([...lines, ...next]), disclosed: answer.disclosed() }
    },
  }
}

type WarningFilter = {
  readonly levels: readonly TimerLevel[]
  readonly audiences: readonly WarningAudience[]
  readonly rule: string | undefined
  readonly area: string | undefined
  readonly count: number
  readonly cursor: string | undefined
}

function filterOf({ timers }: WarningsNeeds, given: Values): WarningFilter {
  const { timers: ofReferrals, consents } = timers.table
  const rules = [...[...ofReferrals, ...consents].map(({ rule }) => rule), APPEAL]
  const { count = COUNT } = given
  if (typeof count !== 'number' || count < 1 || count > MOST)
    throw refuse('invalid-parameter', `\`count\` is \`${String(count)}\`; it takes 1 to ${MOST}.`)
  const text = (one: Json | undefined): string | undefined => (one === undefined ? undefined : String(one))
  return {
    levels: oneOf('level', given.level, TIMER_LEVELS),
    audiences: oneOf('audience', given.audience, WARNING_AUDIENCES),
    rule: oneOf('rule', given.rule, rules)[0],
    area: text(given.area),
    count,
    cursor: text(given.cursor),
  }
}

function oneOf<T extends string>(name: string, given: Json | undefined, allowed: readonly T[]): readonly T[] {
  if (given === undefined) return []
  const found = allowed.find((one) => one === given)
  if (found !== undefined) return [found]
  throw refuse(
    'invalid-parameter',
    `\`${name}\` is \`${String(given).slice(0, 100)}\`; it takes ${allowed.join(', ')}.`,
  )
}

/** Open referrals of which a timer went off at some time, or about which a party appealed; consents that end. */
function warnedWhere({ timers, lifecycle }: WarningsNeeds, participant: string | undefined): Filter {
  const rules = (timers.table satisfies TimerTable).timers.map(({ rule }): Filter => warning(TIMER, rule))
  const consents = timers.table.consents.map(({ rule }): Filter => warning(CONSENT_TIMER, rule))
  const statuses = openStatuses(lifecycle).map((code): Filter => ({ op: 'token', param: 'status', code }))
  return {
    op: 'and',
    of: [
      { op: 'or', of: [...rules, ...consents, warning(OUTPUT, APPEAL)] },
      { op: 'or', of: statuses },
      ...(participant === undefined ? [] : [aboutParticipant(participant)]),
    ],
  }
}

const warning = (system: string, code: string): Filter => ({ op: 'token', param: 'warning', system, code })

type Reading = {
  readonly needs: WarningsNeeds
  readonly view: View
  readonly call: Call
  readonly filter: WarningFilter
}

/** What is warned of: the Task, and the warnings about it that hold. */
async function warnedOf(
  needs: WarningsNeeds,
  version: Version,
  now: number,
): Promise<{ readonly task: Resource; readonly warnings: readonly Warning[] } | undefined> {
  const task = resourceOf(version)
  const ending = endingOf(task)
  if (ending) return { task, warnings: consentWarnings(needs.timers.table.consents, task, Date.parse(ending.end)) }
  const found = await readThread(needs, version.id, now)
  return found && { task: found.thread.task, warnings: openWarnings(found.thread, found.running) }
}

/** The warnings about one Task that the caller receives and that the filter lets through. */
async function linesOf(
  { needs, view, call: { caller, now }, filter }: Reading,
  version: Version,
): Promise<readonly JsonObject[]> {
  const found = await warnedOf(needs, version, now)
  if (found === undefined) return []
  const { task, warnings: holding } = found
  const participant = await view.resource({ type: 'Patient', id: idOf(task.for, 'Patient') ?? '' })
  const localAreas = needs.definitions.find(codeSystem('local-area'))
  const area = participant && localAreas && areaOf(participant, localAreas)
  if (filter.area !== undefined && filter.area !== area) return []
  const roles = audiencesOf({ task }, idOf(participant?.managingOrganization, 'Organization'), caller.agency)
  return holding.flatMap((one) => {
    const receivers = caller.role === 'board' ? one.tell : one.tell.filter((role) => roles.includes(role))
    const isShown = caller.role === 'board' || receivers.length > 0
    return isShown && isIn(filter, one, receivers) ? [line(version.id, task, one, { receivers, area })] : []
  })
}

const isIn = (
  { levels, audiences, rule }: WarningFilter,
  one: Warning,
  receivers: readonly WarningAudience[],
): boolean =>
  (levels.length === 0 || levels.includes(one.level)) &&
  (audiences.length === 0 || audiences.some((audience) => receivers.includes(audience))) &&
  (rule === undefined || rule === one.rule)

type WarningReceivers = { readonly receivers: readonly WarningAudience[]; readonly area: string | undefined }

function line(id: string, task: Resource, one: Warning, { receivers, area }: WarningReceivers): JsonObject {
  const reference = (name: string, type: string, of: string | undefined): readonly JsonObject[] =>
    of === undefined ? [] : [value(name, 'Reference', { reference: `${type}/${of}` })]
  return parts('warning', [
    ...reference('task', 'Task', id),
    ...reference('patient', 'Patient', idOf(task.for, 'Patient')),
    ...reference('requester', 'Organization', requesterOf(task)),
    ...reference('owner', 'Organization', ownerOf(task)),
    value('status', 'code', statusOf(task)),
    value('rule', 'code', one.rule),
    value('level', 'code', one.level),
    value('text', 'string', one.title),
    value('start', 'instant', formatInstant(one.start)),
    value('due', 'instant', formatInstant(one.due)),
    value('recorded', 'instant', formatInstant(one.recorded)),
    ...receivers.map((role) => value('audience', 'code', role)),
    ...(area === undefined ? [] : [value('area', 'code', area)]),
  ])
}
