/** What the referral rules say of single writes of a Task: texts, fixed elements, owners, outputs, the clock. */
import assert from 'node:assert/strict'
import { legalNow, legalText } from '../../../server/domain/referral/legal.ts'
import { parseLifecycle } from '../../../server/domain/referral/lifecycle.ts'
import { checkTask } from '../../../server/domain/referral/transition.ts'
import type { Caller, Resource } from '../../../server/fhir/types.ts'
import {
  ABE,
  activity,
  attempts,
  BOARD,
  brief,
  business,
  ES,
  HUB,
  lifecycle,
  outcome,
  output,
  reason,
  readJson,
  STRANGER,
  task,
} from './build.ts'

const accepted = (more: Partial<Resource> = {}): Resource =>
  task({ status: 'accepted', businessStatus: business('contacted'), ...more })
const judge = (before: Resource | undefined, after: Resource, actor: Caller) =>
  brief(checkTask(before, after, actor, lifecycle))

describe('Creating a referral Task', () => {
  it('is for the requester in its own name', () => {
    assert.deepEqual(judge(undefined, task(), ES), [])
    assert.deepEqual(judge(undefined, task(), ABE), ['agency-not-yours Task.requester'])
    assert.deepEqual(
      judge(undefined, task({ requester: { reference: 'https://elsewhere.example/Organization/es' } }), ES),
      ['agency-not-yours Task.requester'],
    )
  })

  it('is for the board in the name of any agency', () => assert.deepEqual(judge(undefined, task(), BOARD), []))

  it('is refused in any other status than draft, requested, or declined before sending', () => {
    const [issue] = checkTask(undefined, task({ status: 'in-progress' }), ES, lifecycle)
    assert.equal(issue?.detail, 'transition-illegal')
    assert.equal(
      issue?.text,
      'A referral cannot be created as `in-progress`. As requester you may set now: `draft` with businessStatus `proposed`; ' +
        '`requested` with businessStatus `awaiting-contact`; `cancelled` with businessStatus `declined-before-send` (needs `statusReason.text`).',
    )
  })

  it('is refused with the requester as owner, or with outputs and an execution period', () => {
    assert.deepEqual(judge(undefined, task({ owner: { reference: 'Organization/es' } }), ES), [
      'referral-rule Task.owner',
    ])
    assert.deepEqual(judge(undefined, task({ output: attempts(1), executionPeriod: { start: '2019-03-01' } }), ES), [
      'referral-rule Task.executionPeriod',
      'referral-rule Task.output',
    ])
  })
})

describe('An illegal step', () => {
  it('is answered with what this caller could do now, and what that needs', () => {
    const [issue, ...others] = checkTask(
      task(),
      task({ status: 'completed', businessStatus: business('services-received') }),
      ABE,
      lifecycle,
    )
    assert.deepEqual(others, [])
    assert.equal(
      issue?.text,
      'The referral cannot go from `requested` to `completed` by `abe`. As owner you may set now: ' +
        '`accepted` with businessStatus `accepted` or `awaiting-contact` or `contact-attempted` or `contacted` or `scheduled`; ' +
        '`rejected` with businessStatus `rejected-capacity` or `rejected-out-of-area` or `rejected-duplicate` (needs `statusReason.text`); ' +
        '`rejected` with businessStatus `ineligible-screened` (needs an output `outcome` of `ineligible` and `statusReason.text` and `statusReason.coding` with the reason code); ' +
        '`cancelled` with businessStatus `withdrawn` (needs `statusReason.text`); ' +
        '`cancelled` with businessStatus `declined` (needs an output `outcome` of `declined` and `statusReason.text`).',
    )
  })

  it('answers a stranger that nothing is legal for it', () => {
    const [issue] = checkTask(accepted(), accepted({ status: 'in-progress' }), STRANGER, lifecycle)
    assert.match(issue?.text ?? '', /You are neither its requester nor its owner/)
    assert.deepEqual(legalNow(accepted(), STRANGER, lifecycle), [])
  })

  it('is refused to the requester that acts as owner', () => {
    assert.deepEqual(judge(task(), accepted(), ES), ['transition-illegal Task.status'])
  })

  it('is refused to whoever leaves the status alone and is no party', () => {
    assert.deepEqual(judge(accepted(), accepted({ note: [{ text: 'Hello.' }] }), STRANGER), [
      'transition-illegal Task.status',
    ])
    const { owner: _, ...open } = task()
    assert.deepEqual(judge(open as Resource, { ...open, note: [{ text: 'Hello.' }] } as Resource, STRANGER), [
      'transition-illegal Task.status',
    ])
  })

  it('names no outcome that the caller would have to guess: the text lists every legal step', () => {
    for (const actor of [ES, ABE, BOARD, HUB]) {
      const text = legalText(accepted(), actor, lifecycle)
      for (const move of legalNow(accepted(), actor, lifecycle))
        assert.ok(text.includes(`\`${move.status}\``) && text.includes(`\`${move.businessStatus ?? move.status}\``))
    }
  })
})

describe('What never changes of a referral', () => {
  for (const [name, value] of [
    ['requester', { reference: 'Organization/vr' }],
    ['for', { reference: 'Patient/other' }],
    ['focus', { reference: 'ServiceRequest/other' }],
  ] as const) {
    it(`is its ${name}`, () =>
      assert.deepEqual(judge(accepted(), accepted({ [name]: value }), ABE), [`element-immutable Task.${name}`]))
  }
})

describe('The owner of a referral', () => {
  const { owner: _, ...rest } = task()
  const open = rest as Resource
  const to = (agency: string) => ({ owner: { reference: `Organization/${agency}` } })

  it('is whoever accepts an open referral', () => {
    assert.deepEqual(judge(open, accepted(), ABE), [])
    assert.deepEqual(judge(open, accepted(to('youth-north')), ABE), ['referral-rule Task.owner'])
    assert.deepEqual(judge(open, { ...accepted(), owner: undefined }, ABE), ['referral-rule Task.owner'])
  })

  it('is not the requester that accepts its own open referral', () => {
    assert.deepEqual(judge(open, accepted(to('es')), ES), ['transition-illegal Task.status'])
  })

  it('is changed by the requester while the referral is requested, and the waiting begins anew', () => {
    const overdue = task({ businessStatus: business('overdue') })
    assert.deepEqual(judge(task(), task(to('vr')), ES), [])
    assert.deepEqual(judge(overdue, task(to('vr')), ES), [])
    assert.deepEqual(judge(task(), task(to('es')), ES), ['referral-rule Task.owner'])
  })

  it('is not changed by the owner, nor by anyone once accepted', () => {
    assert.deepEqual(judge(task(), task(to('vr')), ABE), ['element-immutable Task.owner'])
    assert.deepEqual(judge(accepted(), accepted(to('vr')), ES), ['element-immutable Task.owner'])
    assert.deepEqual(judge(accepted(), accepted(to('vr')), ABE), ['element-immutable Task.owner'])
  })
})

describe('Elements of a referral that are one party’s', () => {
  it('are restriction and priority for the requester', () => {
    const more = { priority: 'urgent', restriction: { period: { end: '2019-03-08' } } }
    assert.deepEqual(judge(accepted(), accepted(more), ES), [])
    assert.deepEqual(judge(accepted(), accepted(more), ABE).sort(), [
      'referral-rule Task.priority',
      'referral-rule Task.restriction',
    ])
  })

  it('are outputs and the execution period for the owner', () => {
    const more = { output: attempts(1), executionPeriod: { start: '2019-03-04' } }
    assert.deepEqual(judge(accepted(), accepted(more), ABE), [])
    assert.deepEqual(judge(accepted(), accepted(more), ES).sort(), [
      'referral-rule Task.executionPeriod',
      'referral-rule Task.output',
    ])
    assert.deepEqual(judge(accepted({ output: attempts(2) }), accepted({ output: attempts(1) }), ES), [
      'referral-rule Task.output',
    ])
  })

  it('are notes for both', () => {
    for (const actor of [ES, ABE])
      assert.deepEqual(judge(accepted(), accepted({ note: [{ text: 'Call after five.' }] }), actor), [])
  })

  it('are notes of the one who wrote them: another neither changes one, nor takes it away, nor writes one in the other’s name', () => {
    const by = (agency: string, text: string) => ({ text, authorReference: { reference: `Organization/${agency}` } })
    const before = accepted({ note: [by('es', 'Call after five.'), by('abe', 'Called.'), { text: 'Of old.' }] })
    const after = (...note: readonly object[]) => ({ ...before, note }) as Resource
    const [es, abe, old] = before.note as readonly object[]
    for (const notes of [
      [by('es', 'Never call.'), abe, old],
      [abe, old],
      [es, abe],
      [es, abe, { text: 'Of new.' }],
      [by('abe', 'Call after five.'), abe, old],
    ])
      assert.deepEqual(judge(before, after(...(notes as object[])), ABE), ['referral-rule Task.note'])
    assert.deepEqual(judge(before, after(es!, abe!, old!, by('es', 'Thanks.')), ABE), [
      'referral-rule Task.note[3].authorReference',
    ])
    assert.deepEqual(judge(undefined, task({ note: [by('abe', 'Welcome.')] }), ES), [
      'referral-rule Task.note[0].authorReference',
    ])
    assert.deepEqual(judge(before, after(es!, by('abe', 'Called twice.'), old!), ABE), [])
    assert.deepEqual(judge(before, after(es!, old!), ABE), [])
    assert.deepEqual(judge(before, after(abe!, old!, es!), ABE), [], 'in another order')
  })

  it('are what the requester asked for, and the number that each gave', () => {
    const number = (code: string, value: string) => ({
      type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code }] },
      value,
    })
    const before = accepted({ description: 'Help with reading.', identifier: [number('PLAC', 'R-1')] })
    for (const more of [{ description: 'Nothing.' }, { input: [] as never }, { authoredOn: '2019-03-01' }])
      assert.deepEqual(judge(before, { ...before, ...more } as Resource, ABE), [
        `referral-rule Task.${Object.keys(more)[0]}`,
      ])
    const given = (...identifier: readonly object[]) => ({ ...before, identifier }) as Resource
    assert.deepEqual(judge(before, given(number('PLAC', 'R-2')), ABE), ['referral-rule Task.identifier'])
    const filled = given(number('PLAC', 'R-1'), number('FILL', 'A-1'))
    assert.deepEqual(judge(before, filled, ABE), [])
    assert.deepEqual(judge(before, filled, ES), ['referral-rule Task.identifier'])
    assert.deepEqual(judge(filled, before, ES), ['referral-rule Task.identifier'])
  })

  it('are the reason why it waits, for the owner who set it', () => {
    const waiting = task({ status: 'on-hold', businessStatus: business('paused'), statusReason: reason('No teacher.') })
    const other = { ...waiting, statusReason: reason('He does not want to.') }
    assert.deepEqual(judge(waiting, other, ES), ['referral-rule Task.statusReason'])
    assert.deepEqual(judge(waiting, other, ABE), [])
  })

  it('are, for the owner too, no escalation', () => {
    const escalation = output('escalation', { valueAnnotation: { text: 'To the area.' } })
    assert.deepEqual(judge(accepted({ output: [escalation] }), accepted(), ABE), ['referral-rule Task.output'])
    assert.deepEqual(judge(accepted(), accepted({ output: [escalation] }), ABE), ['referral-rule Task.output'])
  })

  it('are, for the hub, overdue and escalated with an output that says so', () => {
    const escalated = {
      businessStatus: business('escalated'),
      output: [output('escalation', { valueAnnotation: { text: 'To the area.' } })],
    }
    assert.deepEqual(judge(accepted(), accepted(escalated), HUB), [])
    assert.deepEqual(judge(accepted(), accepted({ ...escalated, output: attempts(1) }), HUB), [
      'referral-rule Task.output',
    ])
    assert.deepEqual(judge(accepted(), accepted({ ...escalated, priority: 'stat' }), HUB), [
      'referral-rule Task.priority',
    ])
    assert.deepEqual(
      judge(accepted(), accepted({ status: 'in-progress', businessStatus: business('in-service') }), HUB),
      ['transition-illegal Task.status'],
    )
  })

  it('are, for the board, no more than marking it entered in error', () => {
    const error = { status: 'entered-in-error', statusReason: reason('Wrong person.') }
    assert.deepEqual(judge(accepted(), accepted(error), BOARD), [])
    assert.deepEqual(judge(accepted(), accepted({ ...error, priority: 'stat' }), BOARD), [
      'referral-rule Task.priority',
    ])
    assert.deepEqual(
      judge(accepted(), accepted({ status: 'cancelled', businessStatus: business('withdrawn') }), BOARD),
      ['transition-illegal Task.status'],
    )
  })
})

describe('The clock of a referral', () => {
  it('does not go back', () => {
    assert.deepEqual(judge(accepted(), accepted({ lastModified: '2019-03-01T15:12:01Z' }), ABE), [])
    assert.deepEqual(judge(accepted(), accepted({ lastModified: '2019-03-01T15:11:59Z' }), ABE), [
      'referral-rule Task.lastModified',
    ])
  })
})

describe('A closed referral', () => {
  const done = (more: readonly unknown[] = []): Resource =>
    task({
      status: 'completed',
      businessStatus: business('services-received'),
      output: [outcome('received-services'), activity, ...more] as never,
    })

  it('takes feedback, a back-referral and notes from its owner', () => {
    const back = output('back-referral', { valueReference: { reference: 'Task/back' } })
    assert.deepEqual(
      judge(
        done(),
        { ...done([back]), note: [{ text: 'He passed.' }], lastModified: '2019-07-15T10:00:00-06:00' },
        ABE,
      ),
      [],
    )
  })

  it('takes nothing else, and loses nothing', () => {
    assert.deepEqual(judge(done(), done(attempts(1)), ABE), ['referral-rule Task.output'])
    assert.deepEqual(judge(done(), done([outcome('received-services')]), ABE), ['referral-rule Task.output'])
    assert.deepEqual(judge(done(attempts(1)), done(), ABE), ['referral-rule Task.output'])
    assert.deepEqual(judge(done(), { ...done(), businessStatus: business('withdrawn') }, ABE), [
      'referral-rule Task.businessStatus',
    ])
    assert.deepEqual(judge(done(), { ...done(), note: [{ text: 'Hello.' }] }, STRANGER), ['referral-rule Task'])
    assert.deepEqual(judge(done(), done([output('feedback', { valueString: 'Thanks.' })]), ES), [
      'referral-rule Task.output',
    ])
  })
})

describe('A closed referral that was a mistake', () => {
  const closed = (): Resource =>
    task({
      status: 'failed',
      businessStatus: business('no-show'),
      statusReason: reason('Did not come.'),
      output: [...attempts(3), outcome('no-show')],
    })
  const wrong = { status: 'entered-in-error', statusReason: reason('Another person of the same name.') }

  it('is marked as an error by its requester, its owner or the board, with a reason of its own', () => {
    for (const actor of [ES, ABE, BOARD]) {
      assert.deepEqual(judge(closed(), { ...closed(), ...wrong }, actor), [])
      assert.deepEqual(judge(closed(), { ...closed(), status: 'entered-in-error' }, actor), [
        'referral-rule Task.statusReason',
      ])
    }
    for (const actor of [STRANGER, HUB])
      assert.deepEqual(judge(closed(), { ...closed(), ...wrong }, actor), ['transition-illegal Task.status'])
  })

  it('keeps everything else, and its end', () => {
    const error = { ...closed(), ...wrong }
    assert.deepEqual(judge(closed(), { ...error, output: attempts(3) }, ES), ['referral-rule Task.output'])
    assert.deepEqual(judge(closed(), { ...error, businessStatus: business('withdrawn') }, ES), [
      'referral-rule Task.businessStatus',
    ])
    assert.deepEqual(judge(error, closed(), BOARD), ['transition-illegal Task.status'])
  })
})

describe('A closed referral whose outcome was wrong', () => {
  const DAY = 86_400_000
  const closed = (): Resource =>
    task({
      status: 'failed',
      businessStatus: business('no-show'),
      statusReason: reason('Did not come.'),
      output: [...attempts(3), outcome('no-show')],
    })
  const served = (more: Partial<Resource> = {}): Resource => ({
    ...closed(),
    status: 'completed',
    businessStatus: business('services-received'),
    statusReason: reason('He came to another center.'),
    output: [...attempts(3), outcome('received-services'), activity],
    ...more,
  })
  const correct = (after: Resource, actor: Caller, days: number | undefined = 1, before = closed()) =>
    brief(
      checkTask(before, after, actor, {
        ...lifecycle,
        ...(days === undefined ? {} : { closing: { at: 0, now: days * DAY } }),
      }),
    )

  it('is corrected by its owner within 30 days, and by the board at any time', () => {
    assert.deepEqual(correct(served(), ABE, 0), [])
    assert.deepEqual(correct(served(), ABE, 30), [])
    assert.deepEqual(correct(served(), ABE, 30 + 1 / DAY), ['transition-illegal Task.status'])
    for (const days of [0, 31, 3650]) assert.deepEqual(correct(served(), BOARD, days), [])
    for (const actor of [ES, STRANGER, HUB])
      assert.deepEqual(correct(served(), actor), ['transition-illegal Task.status'])
  })

  it('needs a reason of its own, and the outcome and the evidence of the new end', () => {
    assert.deepEqual(correct(served({ statusReason: closed().statusReason }), ABE), ['referral-rule Task.statusReason'])
    assert.deepEqual(correct(served({ output: [...attempts(3), outcome('no-show'), activity] }), ABE), [
      'referral-rule Task.output',
    ])
    assert.deepEqual(correct(served({ output: [...attempts(3), outcome('received-services')] }), ABE), [
      'referral-rule Task.output',
    ])
    const missed = {
      ...closed(),
      statusReason: reason('He never came.'),
      output: [attempts(1)[0]!, outcome('no-show')],
    }
    assert.deepEqual(correct(missed, ABE, 1, served()), ['referral-rule Task.output'])
    assert.deepEqual(correct({ ...missed, output: [...attempts(3), outcome('no-show')] }, ABE, 1, served()), [])
  })

  it('changes nothing else, becomes nothing open, and no end that is not counted', () => {
    assert.deepEqual(correct(served({ priority: 'stat' }), ABE), ['referral-rule Task.priority'])
    assert.deepEqual(correct(served({ owner: { reference: 'Organization/vr' } }), BOARD), ['referral-rule Task.owner'])
    for (const [status, code] of [
      ['accepted', 'accepted'],
      ['requested', 'awaiting-contact'],
      ['cancelled', 'withdrawn'],
      ['rejected', 'rejected-capacity'],
    ] as const)
      assert.deepEqual(correct({ ...closed(), status, businessStatus: business(code) }, BOARD), [
        'transition-illegal Task.status',
      ])
    const withdrawn = task({ status: 'cancelled', businessStatus: business('withdrawn') })
    assert.deepEqual(correct(served(), BOARD, 1, withdrawn), ['transition-illegal Task.status'])
  })
})

describe('The table of the lifecycle', () => {
  it('is refused with a sentence that names the row when it names something unknown', () => {
    const table = readJson('capability/rules/referral-lifecycle.json')
    const broken = (change: object) => () => parseLifecycle({ ...table, ...change })
    assert.throws(
      broken({ transitions: [{ from: [], to: 'done', by: ['requester'] }] }),
      /`transitions\[0\].to` names `done`; it may name `draft`/,
    )
    assert.throws(
      broken({ progress: [{ while: ['accepted'], by: ['friend'], to: [] }] }),
      /`progress\[0\].by` names `friend`/,
    )
    assert.throws(broken({ contactAttempts: 'three' }), /`contactAttempts.count` must be a whole number/)
    assert.throws(broken({ follow: [{ task: 'accepted' }] }), /`follow\[0\].task` names `accepted`/)
    assert.throws(broken({ outcomes: undefined }), /`outcomes` must be a list/)
  })
})
