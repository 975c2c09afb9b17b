/** What a referral Task must agree on with its ServiceRequest and with the services that it names. */
import assert from 'node:assert/strict'
import { activitiesOf, checkActivity, checkFocus, focusOf } from '../../../server/domain/referral/linked.ts'
import type { Resource } from '../../../server/fhir/types.ts'
import { activity, brief, task } from './build.ts'

const request = (more: Partial<Resource> = {}): Resource => ({
  resourceType: 'ServiceRequest',
  id: 'sr-abe',
  status: 'active',
  subject: { reference: 'Patient/elvis' },
  requester: { reference: 'Organization/es' },
  ...more,
})

const procedure = (more: Partial<Resource> = {}): Resource => ({
  resourceType: 'Procedure',
  id: 'class',
  status: 'in-progress',
  subject: { reference: 'Patient/elvis' },
  performer: [{ actor: { reference: 'Organization/abe' } }],
  ...more,
})

describe('A referral Task and its ServiceRequest', () => {
  it('are about one participant and of one requester', () => {
    assert.equal(focusOf(task()), 'sr-abe')
    assert.deepEqual(checkFocus(undefined, task(), request()), [])
    assert.deepEqual(brief(checkFocus(undefined, task(), request({ subject: { reference: 'Patient/other' } }))), [
      'referral-rule Task.for',
    ])
    assert.deepEqual(brief(checkFocus(undefined, task(), request({ requester: { reference: 'Organization/vr' } }))), [
      'referral-rule Task.requester',
    ])
  })

  it('are sent only together: the request is active when the Task becomes requested', () => {
    assert.deepEqual(brief(checkFocus(undefined, task(), request({ status: 'draft' }))), ['referral-rule Task.focus'])
    assert.deepEqual(brief(checkFocus(task({ status: 'draft' }), task(), request({ status: 'revoked' }))), [
      'referral-rule Task.focus',
    ])
    assert.deepEqual(checkFocus(task(), task(), request({ status: 'on-hold' })), [])
    assert.deepEqual(checkFocus(undefined, task({ status: 'draft' }), request({ status: 'draft' })), [])
  })
})

describe('A service that proves an outcome', () => {
  const done = task({ status: 'completed', output: [activity] })

  it('was given to the participant by the owner', () => {
    assert.deepEqual(activitiesOf(done), ['class'])
    assert.deepEqual(checkActivity(done, procedure()), [])
    assert.deepEqual(checkActivity(done, procedure({ status: 'completed' })), [])
    for (const more of [
      { status: 'preparation' },
      { status: 'not-done' },
      { subject: { reference: 'Patient/other' } },
      { performer: [{ actor: { reference: 'Organization/es' } }] },
      { performer: undefined },
    ]) {
      assert.deepEqual(brief(checkActivity(done, procedure(more))), ['referral-rule Task.output'])
    }
  })
})
