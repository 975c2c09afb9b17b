/** Tasks between agencies that are no referral: how they move. */
import assert from 'node:assert/strict'
import { AGENCY_TASK, checkAgencyTask, kindOf } from '../../../server/domain/agency-task/agency-task.ts'
import type { Caller, Resource } from '../../../server/fhir/types.ts'

const ABE: Caller = { agency: 'abe', role: 'agency' }
const ES: Caller = { agency: 'es', role: 'agency' }
const VR: Caller = { agency: 'vr', role: 'agency' }
const BOARD: Caller = { agency: 'board', role: 'board' }

const task = (more: Partial<Resource> = {}): Resource => ({
  resourceType: 'Task',
  id: 't',
  status: 'requested',
  intent: 'proposal',
  code: { coding: [{ system: AGENCY_TASK, code: 'review-change' }] },
  requester: { reference: 'Organization/abe' },
  owner: { reference: 'Organization/es' },
  ...more,
})
const codes = (...[before, after, caller]: Parameters<typeof checkAgencyTask>) =>
  checkAgencyTask(before, after, caller).map(({ detail, expression }) => `${detail} ${String(expression)}`)

describe('a Task between agencies', () => {
  it('is made by its requester, as requested', () => {
    assert.deepEqual(codes(undefined, task(), ABE), [])
    assert.deepEqual(codes(undefined, task(), ES), ['agency-not-yours Task.requester'])
    assert.deepEqual(codes(undefined, task({ status: 'completed' }), ABE), ['transition-illegal Task.status'])
  })

  it('is answered by its owner and taken back by its requester', () => {
    const MAY: readonly (readonly [Caller, string])[] = [
      [ES, 'completed'],
      [ES, 'rejected'],
      [ABE, 'cancelled'],
      [ABE, 'entered-in-error'],
    ]
    for (const caller of [ES, ABE, VR])
      for (const status of ['completed', 'rejected', 'cancelled', 'entered-in-error']) {
        const may = MAY.some(([who, to]) => who === caller && to === status)
        const expected = may ? [] : ['transition-illegal Task.status']
        assert.deepEqual(codes(task(), task({ status }), caller), expected, `${caller.agency} ${status}`)
        assert.deepEqual(codes(task(), task({ status }), BOARD), [])
      }
  })

  it('keeps what was proposed, and nothing of it changes when it is over', () => {
    assert.deepEqual(codes(task(), task({ owner: { reference: 'Organization/vr' } }), ABE), [
      'element-immutable Task.owner',
    ])
    const over = task({ status: 'rejected' })
    assert.deepEqual(codes(over, task({ status: 'completed' }), ES), ['transition-illegal Task.status'])
    assert.deepEqual(codes(over, { ...over, lastModified: '2026-01-01T00:00:00Z' }, ES), [])
  })

  it('has a kind, which a referral has not', () => {
    assert.equal(kindOf(task()), 'review-change')
    assert.equal(
      kindOf(task({ code: { coding: [{ system: 'http://hl7.org/fhir/CodeSystem/task-code', code: 'fulfill' }] } })),
      undefined,
    )
  })
})
