/** Every row of the referral lifecycle, of its business statuses and of its outcomes, both ways. */
import assert from 'node:assert/strict'
import { legalNow } from '../../../server/domain/referral/legal.ts'
import { parseLifecycle } from '../../../server/domain/referral/lifecycle.ts'
import { checkTask } from '../../../server/domain/referral/transition.ts'
import type { Caller, Resource } from '../../../server/fhir/types.ts'
import {
  ABE,
  activity,
  attempt,
  attempts,
  BOARD,
  brief,
  business,
  codesIn,
  ES,
  HUB,
  lifecycle,
  outcome,
  reason,
  readJson,
  STRANGER,
  task,
} from './build.ts'
import { BUSINESS, FINAL, mayProgress, outcomeFor, ROWS, STATUSES, type Who } from './model.ts'

const ACTORS: Readonly<Record<string, Caller>> = { R: ES, O: ABE, B: BOARD, H: HUB, S: STRANGER }
const NOW: Readonly<Record<string, string>> = {
  draft: 'proposed',
  requested: 'awaiting-contact',
  accepted: 'contacted',
  'in-progress': 'in-service',
  'on-hold': 'paused',
}

const storedTask = (status: string): Resource | undefined =>
  status === '-'
    ? undefined
    : task({ status, businessStatus: business(NOW[status] ?? 'withdrawn'), output: attempts(3) })

/** The state that a row arrives in, with everything that it needs. */
function arriving(from: string, to: string, code: string): Resource {
  const before = storedTask(from)
  const counted = outcomeFor(to, code)
  const outputs = [
    ...(before ? attempts(3) : []),
    ...(counted ? [outcome(counted)] : []),
    ...(to === 'completed' ? [activity] : []),
  ]
  const { businessStatus, output: _, ...rest } = before ?? task()
  return {
    ...rest,
    status: to,
    businessStatus: code === '=' ? businessStatus : business(code),
    ...(outputs.length > 0 ? { output: outputs } : {}),
    ...(['rejected', 'cancelled', 'on-hold', 'failed', 'entered-in-error'].includes(to)
      ? { statusReason: reason('As agreed.', 'income') }
      : {}),
  }
}

describe('The referral lifecycle, row by row', () => {
  for (const [from, to, who, codes] of ROWS) {
    for (const code of codes.split(' ')) {
      for (const [name, actor] of Object.entries(ACTORS)) {
        const may = who.includes(name)
        it(`${may ? 'lets' : 'does not let'} ${name} take ${from} to ${to} as ${code}`, () => {
          const issues = checkTask(storedTask(from), arriving(from, to, code), actor, lifecycle)
          if (may) assert.deepEqual(issues, [])
          else
            assert.ok(
              codesIn(issues).some((one) => one === 'transition-illegal' || one === 'agency-not-yours'),
              brief(issues).join(),
            )
        })
      }
    }
  }

  it('knows no other way from one status to another, whoever asks', () => {
    for (const from of ['-', ...STATUSES]) {
      for (const to of STATUSES) {
        if (from === to || ROWS.some((row) => row[0] === from && row[1] === to)) continue
        for (const actor of Object.values(ACTORS)) {
          for (const code of BUSINESS) {
            const issues = checkTask(storedTask(from), arriving(from, to, code), actor, lifecycle)
            assert.ok(
              codesIn(issues).some((one) => one === 'transition-illegal' || one === 'agency-not-yours'),
              `${from} ${to} ${code} ${actor.agency}`,
            )
          }
        }
      }
    }
  })

  it('takes no business status but those of the row', () => {
    for (const [from, to, who, codes] of ROWS) {
      const actor = ACTORS[who[0] ?? ''] as Caller
      for (const code of BUSINESS.filter((one) => codes !== '=' && !codes.split(' ').includes(one))) {
        const issues = checkTask(storedTask(from), arriving(from, to, code), actor, lifecycle)
        assert.ok(brief(issues).includes('referral-rule Task.businessStatus'), `${from} ${to} ${code}`)
      }
    }
  })

  it('keeps the business status of a referral that is entered in error', () => {
    const after = { ...arriving('accepted', 'entered-in-error', '='), businessStatus: business('withdrawn') }
    assert.deepEqual(brief(checkTask(storedTask('accepted'), after, ES, lifecycle)), [
      'referral-rule Task.businessStatus',
    ])
  })

  it('demands statusReason.text for rejected, cancelled, on-hold and failed', () => {
    for (const [from, to, who, codes] of ROWS.filter((row) =>
      ['rejected', 'cancelled', 'on-hold', 'failed'].includes(row[1]),
    )) {
      for (const code of codes.split(' ')) {
        const { statusReason: _, ...mute } = arriving(from, to, code)
        for (const after of [mute, { ...mute, statusReason: { text: '  ' } }]) {
          const issues = checkTask(storedTask(from), after as Resource, ACTORS[who[0] ?? ''] as Caller, lifecycle)
          assert.ok(brief(issues).includes('referral-rule Task.statusReason'), `${from} ${to} ${code}`)
        }
      }
    }
  })

  it('has the board say why it enters a referral in error, and the requester not', () => {
    const { statusReason: _, ...mute } = arriving('accepted', 'entered-in-error', '=')
    const after = mute as Resource
    assert.deepEqual(brief(checkTask(storedTask('accepted'), after, BOARD, lifecycle)), [
      'referral-rule Task.statusReason',
    ])
    assert.deepEqual(checkTask(storedTask('accepted'), after, ES, lifecycle), [])
  })
})

describe('The business statuses of a referral', () => {
  it('move by themselves exactly as they may, from each to each, in every status, for everyone', () => {
    for (const status of STATUSES.filter((one) => !FINAL.includes(one))) {
      const storedTask = task({ status, statusReason: reason('So.') })
      for (const from of BUSINESS) {
        for (const to of BUSINESS.filter((one) => one !== from)) {
          for (const [name, actor] of Object.entries(ACTORS)) {
            const before = { ...storedTask, businessStatus: business(from) }
            const issues = checkTask(before, { ...storedTask, businessStatus: business(to) }, actor, lifecycle)
            assert.equal(
              issues.length === 0,
              mayProgress(name as Who, status, from, to),
              `${name} ${status} ${from} ${to}`,
            )
          }
        }
      }
    }
  })

  it('are those of the code system', () => {
    const { concept } = readJson('valuesets/CodeSystem-referral-business-status.json') as unknown as {
      concept: { code: string }[]
    }
    assert.deepEqual(concept.map(({ code }) => code).sort(), [...BUSINESS].sort())
  })

  it('can all be reached, and so can every status', () => {
    const seen = new Set<string>()
    const queue: Resource[] = []
    const visit = (next: Resource, code: string) => {
      const key = `${String(next.status)} ${code}`
      if (!seen.has(key)) queue.push(next)
      seen.add(key)
    }
    for (const move of legalNow(undefined, ES, lifecycle))
      visit(
        task({ status: move.status, businessStatus: business(move.businessStatus ?? '') }),
        move.businessStatus ?? '',
      )
    for (let before = queue.shift(); before; before = queue.shift()) {
      for (const actor of [ES, ABE, HUB]) {
        for (const move of legalNow(before, actor, lifecycle)) {
          const own = before.output as readonly never[] | undefined
          const outputs = move.outcome ? [...(own ?? []), outcome(move.outcome)] : own
          const code: string =
            move.businessStatus ?? String((before.businessStatus as { coding: { code: string }[] }).coding[0]?.code)
          const evidence =
            actor === ABE && move.status !== 'entered-in-error'
              ? [
                  ...(outputs ?? []),
                  ...(outputs ? [] : attempts(3)),
                  ...(move.status === 'completed' ? [activity] : []),
                ]
              : outputs
          const after: Resource = {
            ...before,
            status: move.status,
            businessStatus: business(code),
            statusReason: reason(`So it became ${move.status}.`, 'age'),
            ...(evidence ? { output: evidence } : {}),
          }
          if (actor !== HUB)
            assert.deepEqual(
              checkTask(before, after, actor, lifecycle),
              [],
              `${actor.agency} ${String(before.status)} -> ${move.status} ${code}`,
            )
          visit(after, code)
        }
      }
    }
    assert.deepEqual([...new Set([...seen].map((key) => key.split(' ')[0]))].sort(), [...STATUSES].sort())
    assert.deepEqual([...new Set([...seen].map((key) => key.split(' ')[1]))].sort(), [...BUSINESS].sort())
  })
})

describe('The four outcomes of a referral', () => {
  const CLOSINGS = [
    ['accepted', 'completed', 'services-received', 'received-services'],
    ['in-progress', 'completed', 'services-received', 'received-services'],
    ['on-hold', 'completed', 'services-received', 'received-services'],
    ['accepted', 'failed', 'no-show', 'no-show'],
    ['in-progress', 'failed', 'unable-to-reach', 'no-show'],
    ['in-progress', 'failed', 'declined', 'declined'],
    ['requested', 'cancelled', 'declined', 'declined'],
    ['accepted', 'failed', 'ineligible', 'ineligible'],
    ['requested', 'rejected', 'ineligible-screened', 'ineligible'],
  ] as const
  const ALL = ['received-services', 'no-show', 'declined', 'ineligible']
  const without = (after: Resource, type: string): Resource => ({
    ...after,
    output: (after.output as readonly { type: { coding: { code: string }[] } }[]).filter(
      (one) => one.type.coding[0]?.code !== type,
    ) as never,
  })

  for (const [from, to, code, expected] of CLOSINGS) {
    it(`closes ${from} as ${to}, ${code}, with ${expected} and no other outcome`, () => {
      const right = arriving(from, to, code)
      assert.deepEqual(checkTask(storedTask(from), right, ABE, lifecycle), [])
      const bare = without(right, 'outcome')
      const wrong = [
        bare,
        ...ALL.filter((one) => one !== expected).map((one) => ({
          ...bare,
          output: [...(bare.output as never[]), outcome(one)],
        })),
      ]
      const twice = { ...right, output: [...(right.output as never[]), outcome(expected)] }
      for (const after of [...wrong, twice]) {
        assert.deepEqual(brief(checkTask(storedTask(from), after as Resource, ABE, lifecycle)), [
          'referral-rule Task.output',
        ])
      }
    })
  }

  it('counts no outcome for capacity, area, duplicate, withdrawal or a proposal declined before sending', () => {
    for (const [from, to, code, actor] of [
      ['requested', 'rejected', 'rejected-capacity', ABE],
      ['requested', 'rejected', 'rejected-out-of-area', ABE],
      ['requested', 'rejected', 'rejected-duplicate', ABE],
      ['requested', 'cancelled', 'withdrawn', ABE],
      ['in-progress', 'cancelled', 'withdrawn', ABE],
      ['draft', 'cancelled', 'declined-before-send', ES],
    ] as const) {
      const after = arriving(from, to, code)
      assert.deepEqual(checkTask(storedTask(from), after, actor, lifecycle), [])
      const counted: Resource = { ...after, output: [...((after.output as never[]) ?? []), outcome('declined')] }
      assert.deepEqual(brief(checkTask(storedTask(from), counted, actor, lifecycle)), ['referral-rule Task.output'])
    }
  })

  it('needs a resulting activity, or a service code, for services received', () => {
    const bare = without(arriving('in-progress', 'completed', 'services-received'), 'resulting-activity')
    assert.deepEqual(brief(checkTask(storedTask('in-progress'), bare, ABE, lifecycle)), ['referral-rule Task.output'])
  })

  it('needs three contact attempts on different working days by two ways, or a missed event before, for a no-show', () => {
    const after = (output: readonly unknown[]): Resource => ({
      ...arriving('accepted', 'failed', 'no-show'),
      output: [...output, outcome('no-show')] as never,
    })
    const before = (code: string) => task({ status: 'accepted', businessStatus: business(code) })
    const [one] = attempts(1)
    assert.deepEqual(brief(checkTask(before('contacted'), after(attempts(2)), ABE, lifecycle)), [
      'referral-rule Task.output',
    ])
    assert.deepEqual(brief(checkTask(before('contacted'), after([one, one, one]), ABE, lifecycle)), [
      'referral-rule Task.output',
    ])
    for (const few of [
      ['2019-03-04T10:00:00Z', '2019-03-04T10:00:01Z', '2019-03-04T10:00:02Z'],
      ['2019-03-04', '2019-03-05', '2019-03-05T17:00:00-06:00'],
      ['2019-03-01', '2019-03-02', '2019-03-03'],
      ['2019-03-09', '2019-03-10', '2019-03-16'],
    ]) {
      const outputs = few.map((day, n) => attempt(day, n === 0 ? 'letter' : 'phone'))
      const [issue, ...others] = checkTask(before('contacted'), after(outputs), ABE, lifecycle)
      assert.match(issue?.text ?? '', /on 3 working days and by 2 ways \(ext-contact-way\)/, few.join())
      assert.deepEqual(others, [])
    }
    const days = ['2019-03-04', '2019-03-05', '2019-03-06']
    for (const ways of [
      ['phone', 'phone', 'phone'],
      [undefined, undefined, undefined],
      ['phone', undefined, 'phone'],
    ])
      assert.deepEqual(
        brief(checkTask(before('contacted'), after(days.map((day, n) => attempt(day, ways[n]))), ABE, lifecycle)),
        ['referral-rule Task.output'],
      )
    assert.deepEqual(checkTask(before('contacted'), after(attempts(3)), ABE, lifecycle), [])
    assert.deepEqual(checkTask(before('event-missed'), after([]), ABE, lifecycle), [])
  })

  it('take the numbers of a no-show from the table, and the working days from the calendar of the state', () => {
    const table = readJson('capability/rules/referral-lifecycle.json')
    const lenient = { ...table, contactAttempts: { count: 1, days: 1, ways: 0 } }
    const closing = (day: string): Resource => ({
      ...arriving('accepted', 'failed', 'no-show'),
      output: [attempt(day), outcome('no-show')],
    })
    const bare = { ...storedTask('accepted'), output: [] } as unknown as Resource
    const holiday = parseLifecycle(lenient, (text) => (text.startsWith('2019-03-05') ? undefined : text.slice(0, 10)))
    assert.deepEqual(checkTask(bare, closing('2019-03-04'), ABE, holiday), [])
    assert.deepEqual(brief(checkTask(bare, closing('2019-03-05'), ABE, holiday)), ['referral-rule Task.output'])
  })

  it('needs a reason by code and by text for ineligible', () => {
    const right = arriving('accepted', 'failed', 'ineligible')
    for (const statusReason of [reason('Income.'), { coding: reason('', 'income').coding }, undefined]) {
      const issues = checkTask(storedTask('accepted'), { ...right, statusReason } as Resource, ABE, lifecycle)
      assert.ok(issues.length > 0 && issues.every((one) => one.expression === 'Task.statusReason'))
    }
  })
})

describe('A closed referral', () => {
  it('has no way out but to be marked as an error', () => {
    for (const from of FINAL) {
      for (const to of STATUSES.filter((one) => one !== from && one !== 'entered-in-error')) {
        for (const actor of Object.values(ACTORS)) {
          const issues = checkTask(task({ status: from }), task({ status: to }), actor, lifecycle)
          assert.deepEqual(brief(issues), ['transition-illegal Task.status'])
          assert.match(issues[0]?.text ?? '', /is final: send a new Task with `partOf` this one/)
        }
      }
    }
  })
})
