/** Each timer of capability/rules/timers.json: from when it runs, when its steps are due, and what ends it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createCalendar } from '../../../server/domain/calendar/working-days.ts'
import { checkHolidays, type HolidayRules } from '../../../server/domain/calendar/holidays.ts'
import { armAt } from '../../../server/domain/timer/arm.ts'
import { checkOutputs } from '../../../server/domain/timer/outputs.ts'
import { parseTimers, timersFor } from '../../../server/domain/timer/table.ts'
import { threadOf, type TaskVersion, type Thread } from '../../../server/domain/timer/thread.ts'
import { dueSteps, nextDue, runningTimers, takeSteps } from '../../../server/domain/timer/timers.ts'
import { audiencesOf, openWarnings } from '../../../server/domain/timer/warnings.ts'
import { dateRange } from '../../../server/fhir/dates.ts'
import type { JsonObject, Resource } from '../../../server/fhir/types.ts'
import { ROOT } from '../../checks/files.ts'
import { agency, business, codeSystemAt, coded } from '../../builders/index.ts'

const ZONE = 'America/Chicago'
const OPEN = ['requested', 'accepted', 'in-progress', 'on-hold']
const rules = (name: string) => JSON.parse(readFileSync(`${ROOT}/capability/rules/${name}.json`, 'utf8')) as JsonObject
const table = parseTimers(rules('timers'), OPEN)
const calendar = createCalendar(checkHolidays(rules('holidays') as unknown as HolidayRules), ZONE)
const needs = {
  hub: 'hub',
  board: 'board',
  range: (text: string) => dateRange(text, ZONE) ?? { start: Infinity, end: -Infinity },
  table,
  calendar,
}

/** What happens to a referral from es to vr: when (local time of the zone), by whom, and what it makes of the Task. */
type Event = readonly [at: string, author: string, change: object]

const BEGUN: Resource = {
  resourceType: 'Task',
  id: 't',
  code: coded('http://hl7.org/fhir/CodeSystem/task-code', 'fulfill'),
  requester: agency('es'),
  owner: agency('vr'),
  status: 'requested',
  ...business('awaiting-contact'),
}
const SENT: Event = ['2026-12-07T09:00', 'es', {}]

const instant = (local: string): number => needs.range(`${local}:00-06:00`).start
const local = (at: number): string => new Date(at - 6 * 3_600_000).toISOString().slice(0, 16)
const output = (type: string, value: object) => ({ type: coded(codeSystemAt('task-output'), type), ...value })
const attempt = (at: string) => output('contact-attempt', { valueDateTime: `${at}:00-06:00` })
const decision = output('decision', { valueAnnotation: { text: 'Re-route it.' } })
const appeal = output('appeal', { valueAnnotation: { text: 'Nobody answers.' } })

function historyOf(events: readonly Event[]): readonly TaskVersion[] {
  let resource: Resource = BEGUN
  return events.map(([at, author, change]) => {
    resource = { ...resource, ...change }
    return { at: instant(at), author, resource }
  })
}

/** The history goes on with what the hub does until a time: [when, what for each step, the level]. */
function played(events: readonly Event[], until: string): { thread: Thread; taken: string[] } {
  const taken: string[] = []
  const versions: TaskVersion[] = []
  const work = (limit: number): void => {
    for (;;) {
      const thread = threadOf(versions, needs)
      const due = thread && nextDue(runningTimers(thread, table.timers, calendar))
      if (thread === undefined || due === undefined || due > limit) return
      const at = Math.max(due, versions.at(-1)?.at ?? 0)
      const steps = dueSteps(runningTimers(thread, table.timers, calendar), at)
      taken.push(...steps.map(({ rule, level }) => `${local(at)} ${rule} ${level}`))
      versions.push({ at, author: 'hub', resource: takeSteps(thread.task, steps, at) })
    }
  }
  for (const [at, author, change] of events) {
    work(instant(at) - 1)
    const before = versions.at(-1)?.resource ?? BEGUN
    versions.push({ at: instant(at), author, resource: { ...before, ...change } })
  }
  work(instant(until))
  return { thread: threadOf(versions, needs)!, taken }
}

const accepted = (code = 'accepted') => ({ status: 'accepted', ...business(code) })

/** [what happens, the events, until when, the steps that the hub takes]. */
const CASES: readonly (readonly [title: string, events: readonly Event[], until: string, taken: readonly string[]])[] =
  [
    [
      'nobody answers',
      [SENT],
      '2027-01-21T09:00',
      [
        '2026-12-09T09:00 first-contact warning',
        '2026-12-10T09:00 answer warning',
        '2026-12-14T09:00 first-contact overdue',
        '2026-12-16T09:00 answer escalated',
        '2027-01-21T09:00 open-long escalated',
      ],
    ],
    [
      'it is sent on the eve of a holiday before a weekend',
      [['2026-11-25T15:00', 'es', {}]],
      '2026-12-01T15:00',
      ['2026-11-30T15:00 first-contact warning', '2026-12-01T15:00 answer warning'],
    ],
    [
      'the former owner tried to reach the participant, and it is routed to another',
      [
        SENT,
        ['2026-12-08T09:00', 'vr', { output: [attempt('2026-12-08T08:00')] }],
        ['2026-12-09T08:00', 'es', { owner: agency('abe') }],
      ],
      '2026-12-16T08:00',
      [
        '2026-12-11T08:00 first-contact warning',
        '2026-12-14T08:00 answer warning',
        '2026-12-16T08:00 first-contact overdue',
      ],
    ],
    [
      'it is a draft',
      [['2026-12-07T09:00', 'es', { status: 'draft', ...business('proposed') }]],
      '2027-12-07T09:00',
      [],
    ],
    [
      'a draft is sent later',
      [
        ['2026-12-01T09:00', 'es', { status: 'draft', ...business('proposed') }],
        ['2026-12-07T09:00', 'es', { status: 'requested', ...business('awaiting-contact') }],
      ],
      '2026-12-09T09:00',
      ['2026-12-09T09:00 first-contact warning'],
    ],
    [
      'it is accepted, and then nobody calls',
      [SENT, ['2026-12-08T10:00', 'vr', accepted()]],
      '2026-12-16T09:00',
      ['2026-12-09T09:00 first-contact warning', '2026-12-14T09:00 first-contact overdue'],
    ],
    [
      'it is re-routed',
      [SENT, ['2026-12-15T09:00', 'es', { owner: agency('abe'), ...business('awaiting-contact') }]],
      '2026-12-18T09:00',
      [
        '2026-12-09T09:00 first-contact warning',
        '2026-12-10T09:00 answer warning',
        '2026-12-14T09:00 first-contact overdue',
        '2026-12-17T09:00 first-contact warning',
        '2026-12-18T09:00 answer warning',
      ],
    ],
    [
      'the date of contact comes before the first warning',
      [['2026-12-07T09:00', 'es', { restriction: { period: { end: '2026-12-08' } } }]],
      '2026-12-09T09:00',
      ['2026-12-08T23:59 contact-by warning', '2026-12-09T09:00 first-contact warning'],
    ],
    [
      'the date of contact is put off',
      [
        ['2026-12-07T09:00', 'es', { restriction: { period: { end: '2026-12-08T09:00:00-06:00' } } }],
        ['2026-12-07T10:00', 'es', { restriction: { period: { end: '2026-12-08T17:00:00-06:00' } } }],
      ],
      '2026-12-09T08:00',
      ['2026-12-08T17:00 contact-by warning'],
    ],
    [
      'there is a gap after each of two attempts',
      [
        SENT,
        ['2026-12-08T10:00', 'vr', { ...accepted('contact-attempted'), output: [attempt('2026-12-08T09:30')] }],
        ['2026-12-14T10:00', 'vr', { output: [attempt('2026-12-08T09:30'), attempt('2026-12-14T09:30')] }],
      ],
      '2026-12-18T10:00',
      ['2026-12-11T09:30 attempt-gap warning', '2026-12-17T09:30 attempt-gap warning'],
    ],
    [
      'an appointment passes without a word',
      [
        SENT,
        ['2026-12-08T10:00', 'vr', { ...accepted('scheduled'), executionPeriod: { end: '2026-12-10T11:00:00-06:00' } }],
      ],
      '2026-12-16T10:00',
      ['2026-12-11T11:00 event-passed warning', '2026-12-15T11:00 event-passed overdue'],
    ],
    [
      'an appointment passes, and is made anew after the hub called it overdue',
      [
        SENT,
        ['2026-12-08T10:00', 'vr', { ...accepted('scheduled'), executionPeriod: { end: '2026-12-10' } }],
        ['2026-12-17T10:00', 'vr', { ...business('rescheduled'), executionPeriod: { end: '2026-12-18' } }],
      ],
      '2026-12-22T10:00',
      [
        '2026-12-11T23:59 event-passed warning',
        '2026-12-15T23:59 event-passed overdue',
        '2026-12-21T23:59 event-passed warning',
      ],
    ],
    [
      'it is on hold',
      [
        SENT,
        ['2026-12-08T10:00', 'vr', accepted('contacted')],
        ['2026-12-09T10:00', 'vr', { status: 'on-hold', ...business('waitlisted') }],
        // What the requester writes is no sign of life of the owner.
        ['2026-12-20T10:00', 'es', { priority: 'urgent' }],
      ],
      '2027-01-19T10:00',
      ['2026-12-23T10:00 on-hold-stale warning'],
    ],
    [
      'it is in progress without an update',
      [SENT, ['2026-12-08T10:00', 'vr', { status: 'in-progress', ...business('in-service') }]],
      '2027-01-21T10:00',
      ['2027-01-07T10:00 no-update warning', '2027-01-21T09:00 open-long escalated'],
    ],
    [
      'nothing changes after the area monitor decided',
      [SENT, ['2026-12-17T09:00', 'board', { output: [decision] }]],
      '2027-01-20T09:00',
      [
        '2026-12-09T09:00 first-contact warning',
        '2026-12-10T09:00 answer warning',
        '2026-12-14T09:00 first-contact overdue',
        '2026-12-16T09:00 answer escalated',
        '2027-01-04T09:00 after-decision escalated',
      ],
    ],
    ['it is closed', [SENT, ['2026-12-08T10:00', 'vr', { status: 'rejected' }]], '2027-12-07T09:00', []],
    [
      'it is a Task of another code',
      [['2026-12-07T09:00', 'es', { code: coded('http://hl7.org/fhir/CodeSystem/task-code', 'approve') }]],
      '2026-12-08T09:00',
      [],
    ],
  ]

describe('domain / timer / timers', () => {
  for (const [title, events, until, taken] of CASES)
    it(`take these steps when ${title}`, () => {
      assert.deepEqual(played(events, until).taken, taken)
    })

  it('warn of nothing twice, whatever the hub reads again', () => {
    const { thread } = played([SENT], '2026-12-14T09:00')
    assert.deepEqual(dueSteps(runningTimers(thread, table.timers, calendar), instant('2026-12-14T09:00')), [])
  })

  it('put the status of the hub on the Task, and never a lower one over a higher', () => {
    const [version] = historyOf([SENT])
    const running = runningTimers(threadOf([version!], needs)!, table.timers, calendar)
    const steps = dueSteps(running, instant('2026-12-16T09:00'))
    const code = (task: Resource) => (task.businessStatus as { coding: { code: string }[] }).coding[0]?.code
    assert.equal(code(takeSteps(BEGUN, steps.slice(0, 2), 0)), 'awaiting-contact')
    assert.equal(code(takeSteps(BEGUN, steps, 0)), 'escalated')
    assert.equal(code(takeSteps({ ...BEGUN, ...business('escalated') }, steps.slice(0, 3), 0)), 'escalated')
    assert.equal(code(takeSteps({ ...BEGUN, ...business('overdue') }, [], 0)), 'overdue')
  })

  it('arm a job no later than any step of any history falls due', () => {
    for (const [title, events, until] of CASES) {
      const versions = historyOf(events)
      const current = threadOf(versions, needs)
      const due = current && nextDue(runningTimers(current, table.timers, calendar))
      if (title.includes('another code') || due === undefined) continue
      const armed = versions.map(({ at, author, resource }, index) =>
        armAt(needs, { before: versions[index - 1]?.resource, after: resource, author, now: at }),
      )
      assert.ok(Math.min(...armed.map((one) => one ?? Infinity)) <= due, `${title} until ${until}`)
    }
  })

  it('arm nothing for what is not open, or is no referral', () => {
    const arm = (more: object) => armAt(needs, { after: { ...BEGUN, ...more }, author: 'es', now: 0 })
    assert.deepEqual(
      [arm({ status: 'cancelled' }), arm({ status: 'draft' }), arm({ code: undefined })],
      [undefined, undefined, undefined],
    )
  })
})

describe('domain / timer / warnings', () => {
  const warnings = (events: readonly Event[], until: string) => {
    const { thread } = played(events, until)
    return openWarnings(thread, runningTimers(thread, table.timers, calendar))
  }
  const lines = (...args: Parameters<typeof warnings>) =>
    warnings(...args).map(({ rule, level, due }) => `${rule} ${level} ${local(due)}`)

  it('are the last step of each timer that still runs', () => {
    assert.deepEqual(lines([SENT], '2026-12-14T09:00'), [
      'first-contact overdue 2026-12-14T09:00',
      'answer warning 2026-12-10T09:00',
    ])
    assert.deepEqual(lines([SENT, ['2026-12-11T09:00', 'vr', accepted()]], '2026-12-11T10:00'), [
      'first-contact warning 2026-12-09T09:00',
    ])
    assert.deepEqual(lines([SENT, ['2026-12-11T09:00', 'vr', accepted('contacted')]], '2026-12-11T10:00'), [])
  })

  it('end with a decision of the area monitor, and so does an appeal', () => {
    const appealed: Event = ['2026-12-08T09:00', 'es', { output: [appeal] }]
    assert.deepEqual(lines([SENT, appealed], '2026-12-08T09:00'), ['appeal escalated 2026-12-08T09:00'])
    const decided: Event = ['2026-12-09T10:00', 'board', { output: [appeal, decision] }]
    assert.deepEqual(lines([SENT, appealed, decided], '2026-12-09T10:00'), [])
  })

  it('are for the owner, the requester and the agency of entry', () => {
    const { thread } = played([SENT], '2026-12-08T09:00')
    assert.deepEqual(audiencesOf(thread, 'es', 'es'), ['requester', 'case-manager'])
    assert.deepEqual(audiencesOf(thread, 'es', 'vr'), ['owner'])
    assert.deepEqual(audiencesOf(thread, 'ui', 'abe'), [])
  })
})

describe('domain / timer / outputs', () => {
  const output = (type: string, text = 'x') => ({
    type: coded(codeSystemAt('task-output'), type),
    valueAnnotation: { text },
  })
  const withOutputs = (...outputs: object[]): Resource => ({ ...BEGUN, output: outputs as JsonObject[] })
  const check = (role: 'agency' | 'board' | 'hub', before: Resource, after: Resource): number =>
    checkOutputs(before, after, { agency: role === 'agency' ? 'vr' : role, role }).length

  it('of the hub and of the area monitor are written by nobody else', () => {
    const roles = ['agency', 'board', 'hub'] as const
    const refused = (type: string) => roles.filter((role) => check(role, BEGUN, withOutputs(output(type))) > 0)
    assert.deepEqual(refused('warning'), ['agency', 'board'])
    assert.deepEqual(refused('escalation'), ['agency', 'board'])
    assert.deepEqual(refused('decision'), ['agency', 'hub'])
    assert.deepEqual(['appeal', 'feedback', 'outcome'].flatMap(refused), [])
  })

  it('are taken away and changed by nobody', () => {
    for (const type of ['warning', 'escalation', 'decision'])
      for (const role of ['agency', 'board', 'hub'] as const) {
        assert.equal(check(role, withOutputs(output(type)), BEGUN), 1, `${role} takes a ${type} away`)
        assert.equal(check(role, withOutputs(output(type)), withOutputs(output(type, 'y'))), 1)
        assert.equal(check(role, withOutputs(output(type)), withOutputs(output('feedback'), output(type))), 0)
      }
  })

  it('count as a decision or an appeal only from those who may write them', () => {
    const forged: Event = ['2026-12-11T09:00', 'vr', { output: [decision] }]
    const thread = threadOf(historyOf([SENT, forged]), needs)
    assert.equal(thread?.decided, undefined)
    const stranger: Event = ['2026-12-11T09:00', 'abe', { output: [appeal] }]
    assert.equal(threadOf(historyOf([SENT, stranger]), needs)?.appealed, undefined)
  })
})

describe('domain / timer / table', () => {
  const [first] = table.timers
  const steps = [{ after: 9, unit: 'days' as const, level: 'warning' as const, tell: [] }]
  const withOverrides = (...overrides: object[]) =>
    parseTimers({ ...rules('timers'), overrides: overrides as unknown as JsonObject[] }, OPEN)
  const stepsOf = (overrides: readonly object[], agency: string, programs: readonly string[]) =>
    timersFor(withOverrides(...overrides), { agency, programs })[0]?.steps[0]?.after

  it('takes the steps of an agency, of a program, and before both those of an agency in a program', () => {
    const rule = 'first-contact'
    const overrides = [
      { rule, agency: 'vr', steps: [{ ...steps[0], after: 3 }] },
      { rule, program: 'snap', steps: [{ ...steps[0], after: 4 }] },
      { rule, program: 'snap', agency: 'vr', steps: [{ ...steps[0], after: 5 }] },
    ]
    assert.equal(stepsOf(overrides, 'dhs', []), 2)
    assert.equal(stepsOf(overrides, 'vr', ['tanf']), 3)
    assert.equal(stepsOf(overrides, 'dhs', ['tanf', 'snap']), 4)
    assert.equal(stepsOf(overrides, 'vr', ['snap']), 5)
  })

  it('is refused with a sentence that names what the hub cannot work with', () => {
    const parse = (...timers: object[]) => parseTimers({ timers, overrides: [] } as unknown as JsonObject, OPEN)
    assert.throws(() => parse({ ...first, start: 'once' }), /`first-contact.start` names `once`/)
    assert.throws(() => parse({ ...first, steps: [] }), /`first-contact` needs at least one step/)
    assert.throws(() => parse({ ...first, while: { status: ['draft'] } }), /names `draft`/)
    assert.throws(() => parse({ ...first, steps: [{ ...steps[0], unit: 'weeks' }] }), /names `weeks`/)
    assert.throws(() => parse({ ...first, steps: [...steps, ...steps] }), /each later than the one before/)
    assert.throws(() => withOverrides({ rule: 'first-contact', steps }), /names neither/)
    assert.throws(() => withOverrides({ rule: 'no-contact', agency: 'vr', steps }), /names `no-contact`/)
  })

  it('is refused where it would leave an open referral without a timer', () => {
    for (const status of OPEN) {
      const timers = table.timers.map((one) => ({
        ...one,
        while: { ...one.while, status: one.while.status.filter((other) => other !== status) },
      }))
      const broken = { timers, overrides: [] } as unknown as JsonObject
      assert.throws(() => parseTimers(broken, OPEN), new RegExp(`nothing watches a referral that is \`${status}\``))
    }
  })
})
