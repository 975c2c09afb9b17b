/** The ServiceRequest and Task that a referral is made of. */
import assert from 'node:assert/strict'
import { createCalendar } from '../../../server/domain/calendar/working-days.ts'
import { draftProposals, draftReferral, serviceCoding, type Decision } from '../../../server/domain/referral/draft.ts'
import { recipients } from '../../../server/domain/referral/consent.ts'
import { checkFocus } from '../../../server/domain/referral/linked.ts'
import type { Proposal } from '../../../server/domain/referral/propose.ts'
import { checkReferral } from '../../../server/domain/referral/request.ts'
import { checkTask } from '../../../server/domain/referral/transition.ts'
import { codeSystem } from '../../../server/fhir/canonical.ts'
import { ES, lifecycle } from './build.ts'

const NOW = Date.parse('2019-03-01T15:12:00Z')
const { workingDaysAfter } = createCalendar(
  { weekend: ['saturday', 'sunday'], yearly: [], closed: [], open: [] },
  'UTC',
)
const made = () => {
  let last = 0
  return { newId: () => `id-${(last += 1)}`, now: NOW, workingDaysAfter }
}

const proposal = (rule: string, more: Partial<Proposal> = {}): Proposal => ({
  rule,
  canonical: `https://no-wrong-door.example/fhir/PlanDefinition/referral-rules|1.0#${rule}`,
  title: rule,
  text: `Services of ${rule} will help you.`,
  service: serviceCoding(rule),
  category: { system: codeSystem('service-category'), code: 'agency-specific' },
  program: rule,
  performer: rule,
  providers: [rule],
  alreadyServed: false,
  declinedBefore: [],
  noShowBefore: [],
  warnings: [],
  ...more,
})

const submit = (decisions: readonly Decision[]) =>
  draftProposals({ participant: 'elvis', requester: 'es', response: 'QuestionnaireResponse/qr', decisions }, made())

describe('A referral made from an accepted proposal', () => {
  const [referral] = submit([{ proposal: proposal('abe', { contactByDays: 5 }), accepted: true, consent: 'Consent/c' }])
  assert.ok(referral)
  const { request, task } = referral

  it('passes the rules of referrals', () => {
    assert.deepEqual(checkReferral(undefined, request, ES), [])
    assert.deepEqual(checkTask(undefined, task, ES, lifecycle), [])
    assert.deepEqual(checkFocus(undefined, task, request), [])
  })

  it('is an active request with the rule, the form and the consent behind it', () => {
    const { id: _, ...rest } = request
    assert.deepEqual(rest, {
      resourceType: 'ServiceRequest',
      meta: { profile: ['https://no-wrong-door.example/fhir/StructureDefinition/hub-referral'] },
      extension: [
        { url: 'https://no-wrong-door.example/fhir/StructureDefinition/ext-origin', valueCode: 'questionnaire' },
      ],
      instantiatesCanonical: ['https://no-wrong-door.example/fhir/PlanDefinition/referral-rules|1.0#abe'],
      status: 'active',
      intent: 'order',
      category: [{ coding: [{ system: codeSystem('service-category'), code: 'agency-specific' }] }],
      priority: 'routine',
      code: { coding: [{ system: codeSystem('service-catalogue'), code: 'abe' }] },
      subject: { reference: 'Patient/elvis' },
      authoredOn: '2019-03-01T15:12:00.000Z',
      requester: { reference: 'Organization/es' },
      performer: [{ reference: 'Organization/abe' }],
      supportingInfo: [{ reference: 'QuestionnaireResponse/qr' }, { reference: 'Consent/c' }],
      patientInstruction: 'Services of abe will help you.',
    })
  })

  it('and a requested Task that awaits contact, by a day where the program names one', () => {
    assert.equal(task.status, 'requested')
    assert.deepEqual(task.focus, { reference: `ServiceRequest/${request.id}` })
    assert.deepEqual(task.restriction, { period: { end: '2019-03-08T15:12:00.000Z' } })
    assert.deepEqual(recipients(task), ['abe'])
  })
})

describe('A proposal declined before sending', () => {
  const [referral] = submit([
    { proposal: proposal('abe'), accepted: false, consent: 'Consent/c', reason: 'He has a class already.' },
  ])
  assert.ok(referral)
  const { request, task } = referral

  it('is kept as a revoked request and a cancelled Task, which the rules allow', () => {
    assert.deepEqual([request.status, task.status], ['revoked', 'cancelled'])
    assert.deepEqual(task.statusReason, { text: 'He has a class already.' })
    assert.deepEqual(checkReferral(undefined, request, ES), [])
    assert.deepEqual(checkTask(undefined, task, ES, lifecycle), [])
  })

  it('discloses nothing and needs no consent', () => {
    assert.deepEqual([...recipients(request), ...recipients(task)], [])
    assert.deepEqual(request.supportingInfo, [{ reference: 'QuestionnaireResponse/qr' }])
  })
})

describe('Proposals of one group', () => {
  it('share a requisition that no other referral has', () => {
    const grouped = { group: 'snap-tanf', performer: 'dhs' }
    const list = submit([
      { proposal: proposal('snap', grouped), accepted: true },
      { proposal: proposal('abe'), accepted: true },
      { proposal: proposal('tanf', grouped), accepted: true },
    ])
    const [snap, abe, tanf] = list.map((one) => one.request.requisition)
    assert.ok(snap)
    assert.deepEqual(snap, tanf)
    assert.equal(abe, undefined)
  })

  it('have none when only one of them was proposed', () => {
    const [only] = submit([{ proposal: proposal('snap', { group: 'snap-tanf' }), accepted: true }])
    assert.equal(only?.request.requisition, undefined)
  })
})

describe('An ad hoc referral', () => {
  it('carries its number, priority, reasons and instructions, and may be open', () => {
    const { request, task } = draftReferral(
      {
        participant: 'elvis',
        requester: 'es',
        service: serviceCoding('smart-class'),
        category: { system: codeSystem('service-category'), code: 'agency-specific' },
        origin: 'ad-hoc',
        priority: 'urgent',
        reasons: ['Condition/no-diploma'],
        placer: 'ES-R-10233',
        partOf: 'Task/first',
        instructions: [{ system: codeSystem('referral-instruction'), code: 'contacting-subject-prohibited' }],
      },
      made(),
    )
    assert.deepEqual(checkReferral(undefined, request, ES), [])
    assert.deepEqual(checkTask(undefined, task, ES, lifecycle), [])
    assert.deepEqual(
      [task.owner, request.performer, request.requisition, task.description],
      [undefined, undefined, undefined, undefined],
    )
    assert.ok(!('owner' in task) && !('supportingInfo' in request))
    assert.equal(task.priority, 'urgent')
    assert.deepEqual(task.partOf, [{ reference: 'Task/first' }])
    assert.deepEqual(task.identifier, request.identifier)
    assert.deepEqual(request.reasonReference, [{ reference: 'Condition/no-diploma' }])
  })
})
