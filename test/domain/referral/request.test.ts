/** The rules of a referral's ServiceRequest, what follows from its changes, and the consents that it needs. */
import assert from 'node:assert/strict'
import { consentCovers, newRecipients, recipients } from '../../../server/domain/referral/consent.ts'
import { followedRequest, followUps } from '../../../server/domain/referral/follow.ts'
import { checkReferral } from '../../../server/domain/referral/request.ts'
import { checkTask } from '../../../server/domain/referral/transition.ts'
import { codeSystem } from '../../../server/fhir/canonical.ts'
import { dateRange } from '../../../server/fhir/dates.ts'
import type { Caller, Resource } from '../../../server/fhir/types.ts'
import { ABE, BOARD, brief, business, ES, lifecycle, outcome, task } from './build.ts'

const request = (more: Partial<Resource> = {}): Resource => ({
  resourceType: 'ServiceRequest',
  id: 'sr-abe',
  status: 'active',
  intent: 'order',
  subject: { reference: 'Patient/elvis' },
  requester: { reference: 'Organization/es' },
  performer: [{ reference: 'Organization/abe' }],
  ...more,
})
const judge = (before: Resource | undefined, after: Resource, actor: Caller) =>
  brief(checkReferral(before, after, actor))

const ALL = ['draft', 'active', 'on-hold', 'revoked', 'completed', 'entered-in-error', 'unknown']
const LEGAL: Readonly<Record<string, readonly string[]>> = {
  draft: ['active', 'revoked', 'entered-in-error'],
  active: ['on-hold', 'revoked', 'completed', 'entered-in-error'],
  'on-hold': ['active', 'revoked', 'completed', 'entered-in-error'],
  revoked: ['entered-in-error'],
  completed: ['entered-in-error'],
}

describe('The ServiceRequest of a referral', () => {
  it('is created by its requester as draft, active, or revoked (declined before sending)', () => {
    for (const status of ALL) {
      const legal = ['draft', 'active', 'revoked'].includes(status)
      assert.deepEqual(
        judge(undefined, request({ status }), ES),
        legal ? [] : ['transition-illegal ServiceRequest.status'],
      )
    }
    assert.deepEqual(judge(undefined, request(), ABE), ['agency-not-yours ServiceRequest.requester'])
    assert.deepEqual(judge(undefined, request(), BOARD), [])
  })

  it('moves as requests do', () => {
    for (const from of ALL) {
      for (const to of ALL) {
        const legal = from === to || LEGAL[from]?.includes(to)
        assert.deepEqual(
          judge(request({ status: from }), request({ status: to }), ES),
          legal ? [] : ['transition-illegal ServiceRequest.status'],
          `${from} ${to}`,
        )
      }
    }
  })

  it('keeps its requester and its participant', () => {
    const other = request({ requester: { reference: 'Organization/vr' }, subject: { reference: 'Patient/other' } })
    assert.deepEqual(judge(request(), other, ES), [
      'element-immutable ServiceRequest.requester',
      'element-immutable ServiceRequest.subject',
    ])
  })

  it('is changed by its requester alone; the board may mark it entered in error', () => {
    assert.deepEqual(judge(request(), request({ priority: 'urgent' }), ABE), ['referral-rule ServiceRequest'])
    assert.deepEqual(judge(request(), request({ priority: 'urgent' }), BOARD), ['referral-rule ServiceRequest'])
    assert.deepEqual(judge(request(), request({ status: 'entered-in-error' }), BOARD), [])
  })
})

describe('Revoking a ServiceRequest', () => {
  const NOW = { now: Date.parse('2019-04-01T00:00:00Z'), terminal: lifecycle.terminal }
  const OPEN = [
    task({ status: 'draft', businessStatus: business('proposed') }),
    task(),
    task({ status: 'accepted', businessStatus: business('contacted') }),
    task({ status: 'in-progress', businessStatus: business('in-service') }),
    task({ status: 'on-hold', businessStatus: business('paused'), statusReason: { text: 'Waits.' } }),
  ]

  it('cancels its open Tasks, each by a step that its requester may take', () => {
    const changed = followUps(request(), request({ status: 'revoked' }), OPEN, NOW)
    assert.deepEqual(
      changed.map((one) => one.status),
      OPEN.map(() => 'cancelled'),
    )
    changed.forEach((after, n) => assert.deepEqual(checkTask(OPEN[n], after, ES, lifecycle), []))
    assert.equal(changed[0]?.lastModified, '2019-04-01T00:00:00.000Z')
  })

  it('and an entry in error does the same to them', () => {
    const changed = followUps(request(), request({ status: 'entered-in-error' }), OPEN, NOW)
    changed.forEach((after, n) => assert.deepEqual(checkTask(OPEN[n], after, ES, lifecycle), []))
    assert.deepEqual(
      changed.map((one) => one.status),
      OPEN.map(() => 'entered-in-error'),
    )
  })

  it('leaves closed Tasks as they are, but an entry in error marks them as errors too', () => {
    const closed = task({ status: 'failed', businessStatus: business('declined'), output: [outcome('declined')] })
    assert.deepEqual(followUps(request(), request({ status: 'revoked' }), [closed], NOW), [])
    const wrong = request({ status: 'entered-in-error', note: [{ text: 'Another person of the same name.' }] })
    const [after] = followUps(request(), wrong, [closed], NOW)
    assert.deepEqual(
      [after?.status, after?.statusReason],
      ['entered-in-error', { text: 'Another person of the same name.' }],
    )
    assert.deepEqual(checkTask(closed, after as Resource, ES, lifecycle), [])
  })

  it('never turns the clock of a Task back', () => {
    const [changed] = followUps(
      request(),
      request({ status: 'revoked' }),
      [task({ lastModified: '2030-01-01T00:00:00Z' })],
      NOW,
    )
    assert.equal(changed?.lastModified, '2030-01-01T00:00:00Z')
  })

  it('is a change of status: other changes touch no Task', () => {
    assert.deepEqual(followUps(request(), request({ status: 'completed' }), OPEN, NOW), [])
    assert.deepEqual(
      followUps(request({ status: 'revoked' }), request({ status: 'revoked', note: [{ text: 'x' }] }), OPEN, NOW),
      [],
    )
  })
})

describe('The ServiceRequest of a Task that ends', () => {
  const follow = (before: Resource, after: Resource, one = request(), others: readonly Resource[] = []) =>
    followedRequest(before, after, one, { others, lifecycle })

  it('is an error when the Task is one and no other Task of it is left', () => {
    for (const status of ['draft', 'active', 'on-hold', 'revoked', 'completed']) {
      const after = follow(task(), task({ status: 'entered-in-error' }), request({ status }))
      assert.equal(after?.status, 'entered-in-error', status)
    }
    const wrong = task({ status: 'entered-in-error' })
    assert.equal(follow(task(), wrong, request(), [task({ id: 'other' })]), undefined)
    assert.equal(follow(task(), wrong, request(), [{ ...wrong, id: 'other' }])?.status, 'entered-in-error')
    assert.equal(follow(task(), wrong, request({ status: 'entered-in-error' })), undefined)
  })

  it('is revoked when the draft that was to send it is unchecked', () => {
    const unsent = { status: 'cancelled', businessStatus: business('declined-before-send') }
    assert.equal(follow(task({ status: 'draft' }), task(unsent), request({ status: 'draft' }))?.status, 'revoked')
  })

  it('stays as it is after every other end, and after none', () => {
    for (const [status, code] of [
      ['cancelled', 'withdrawn'],
      ['cancelled', 'declined'],
      ['rejected', 'rejected-capacity'],
      ['failed', 'no-show'],
      ['completed', 'services-received'],
      ['accepted', 'accepted'],
    ] as const)
      assert.equal(follow(task(), task({ status, businessStatus: business(code) })), undefined, status)
    assert.equal(follow(task(), task({ priority: 'urgent' })), undefined)
    assert.equal(
      followedRequest(undefined, task({ status: 'entered-in-error' }), request(), { others: [], lifecycle }),
      undefined,
    )
  })

  it('names the agency to which it was routed, or that claimed it', () => {
    const to = (agency: string) => ({ owner: { reference: `Organization/${agency}` } })
    const agencies = (one: Resource | undefined) => one?.performer
    assert.deepEqual(agencies(follow(task(), task(to('vr')))), [{ reference: 'Organization/vr' }])
    const { owner: _, ...open } = task()
    const { performer: __, ...unaddressed } = request()
    const claimed = task({ status: 'accepted', ...to('vr') })
    assert.deepEqual(agencies(follow(open as Resource, claimed, unaddressed as Resource)), [
      { reference: 'Organization/vr' },
    ])
    assert.equal(follow(task(), task()), undefined)
  })
})

describe('The recipients of a referral', () => {
  it('are the performer of an active request and the owner of a requested Task', () => {
    assert.deepEqual(recipients(request()), ['abe'])
    assert.deepEqual(recipients(task()), ['abe'])
    for (const status of ['draft', 'revoked', 'completed']) assert.deepEqual(recipients(request({ status })), [])
    for (const status of ['draft', 'accepted', 'cancelled']) assert.deepEqual(recipients(task({ status })), [])
    assert.deepEqual(recipients(request({ performer: undefined })), [])
    assert.deepEqual(newRecipients(undefined, request({ performer: [{ reference: 'Organization/es' }] })), [])
    assert.deepEqual(recipients(task({ owner: undefined })), [])
  })

  it('are new only where a change adds them', () => {
    assert.deepEqual(newRecipients(request(), request({ priority: 'urgent' })), [])
    assert.deepEqual(newRecipients(request({ status: 'draft' }), request()), ['abe'])
    assert.deepEqual(newRecipients(task(), task({ owner: { reference: 'Organization/vr' } })), ['vr'])
    assert.deepEqual(newRecipients(undefined, task()), ['abe'])
  })
})

describe('A consent covers a recipient', () => {
  const range = (text: string) => dateRange(text, 'America/Chicago')
  const NOW = Date.parse('2019-03-01T15:12:00Z')
  type Provision = { readonly [name: string]: unknown }
  const consent = (more: Partial<Resource> = {}, provision: Provision = {}): Resource => ({
    resourceType: 'Consent',
    status: 'active',
    dateTime: '2019-03-01T09:00:00-06:00',
    provision: {
      type: 'permit',
      actor: [{ reference: { reference: 'Organization/abe' } }, { reference: { reference: 'Organization/dhs' } }],
      purpose: [{ system: codeSystem('consent-purpose'), code: 'referral' }],
      ...provision,
    } as never,
    ...more,
  })
  const covers = (one: Resource, more: { recipient?: string; purpose?: string; now?: number } = {}) =>
    consentCovers([one], { recipient: 'abe', now: NOW, range, ...more })

  it('when it is active, permits, names the agency and was given', () => {
    assert.ok(covers(consent()))
    assert.ok(covers(consent(), { recipient: 'dhs', purpose: 'referral' }))
    assert.ok(!covers(consent(), { recipient: 'vr' }))
    assert.ok(!covers(consent({ status: 'inactive' })))
    assert.ok(!covers(consent({}, { type: 'deny' })))
    assert.ok(!covers(consent({ dateTime: '2019-03-01T09:12:01-06:00' })))
    assert.ok(!covers(consent(), { purpose: 'research' }))
  })

  it('within its period, the last day included, in the time zone of the hub', () => {
    const end = (text: string) => consent({}, { period: { end: text } })
    assert.ok(covers(end('2019-03-01'), { now: Date.parse('2019-03-02T05:59:59Z') }))
    assert.ok(!covers(end('2019-03-01'), { now: Date.parse('2019-03-02T06:00:00Z') }))
    assert.ok(!covers(consent({}, { period: { start: '2019-03-02' } })))
    assert.ok(!covers(end('never')))
  })
})
