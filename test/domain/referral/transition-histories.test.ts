/** Random histories of referrals: at every step the rules and the model of model.ts must agree. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { checkTask } from '../../../server/domain/referral/transition.ts'
import type { Caller, JsonObject, Resource } from '../../../server/fhir/types.ts'
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
  STRANGER,
  task,
} from './build.ts'
import {
  BUSINESS,
  FINAL,
  legal,
  mayProgress,
  outcomeFor,
  OUTCOMES,
  ROWS,
  STATUSES,
  type State,
  type Who,
} from './model.ts'
import { TIMES } from '../../times.ts'

const HISTORIES = 4_000 * TIMES
const ACTORS: Readonly<Record<Who, Caller>> = { R: ES, O: ABE, C: ABE, B: BOARD, H: HUB, S: STRANGER }

/** One attempt: a step that the model holds legal (the pick-th), perhaps spoiled; or anything at all. */
type Attempt = { readonly pick: number; readonly spoil: number; readonly wild: State; readonly who: Who }

const state: fc.Arbitrary<State> = fc.record({
  status: fc.constantFrom(...STATUSES),
  business: fc.constantFrom(...BUSINESS),
  owned: fc.boolean(),
  attempts: fc.nat({ max: 4 }),
  served: fc.boolean(),
  outcome: fc.option(fc.constantFrom(...OUTCOMES), { nil: undefined }),
  text: fc.constantFrom('', 'So it was.', 'It was a mistake.'),
  coded: fc.boolean(),
})

const attempt: fc.Arbitrary<Attempt> = fc.record({
  pick: fc.nat({ max: 1000 }),
  spoil: fc.nat({ max: 11 }),
  wild: state,
  who: fc.constantFrom<Who[]>('R', 'O', 'B', 'H', 'S'),
})

/** The steps that the model holds legal here, each with everything that it needs. */
function legalSteps(before: State | undefined): readonly { who: Who; after: State }[] {
  const from = before?.status ?? '-'
  const taken = ROWS.filter((row) => row[0] === from).flatMap(([, to, who, codes]) =>
    codes
      .split(' ')
      .flatMap((code) =>
        [...who].map((one) => ({ who: one as Who, status: to, code: code === '=' ? (before?.business ?? '') : code })),
      ),
  )
  const parties: readonly Who[] = ['R', 'O', 'H']
  const stayed = before
    ? parties.flatMap((who) =>
        BUSINESS.filter((code) => mayProgress(who, from, before.business, code)).map((code) => ({
          who,
          status: from,
          code,
        })),
      )
    : []
  return [...taken, ...stayed]
    .map(({ who, status, code }) => ({ who, after: equipped(who, before, status, code) }))
    .filter(
      ({ who, after }) =>
        legal(who === 'C' && before?.owned ? 'S' : who, before, after) && (who !== 'O' || before?.owned !== false),
    )
}

function equipped(who: Who, before: State | undefined, status: string, code: string): State {
  const owner = who === 'O' || who === 'C'
  const counted = outcomeFor(status, code)
  return {
    status,
    business: code,
    owned: who === 'C' || (before?.owned ?? true),
    attempts: owner && counted === 'no-show' ? 3 : (before?.attempts ?? 0),
    served: (owner && status === 'completed') || (before?.served ?? false),
    ...(outcomeAfter(before, status, counted) ?? {}),
    text: before?.text === 'So it was.' ? 'It was a mistake.' : 'So it was.',
    coded: true,
  }
}

/** The outcome of the state; a mistake keeps the one that it had. */
function outcomeAfter(before: State | undefined, status: string, counted: string | undefined) {
  const outcome = status === 'entered-in-error' ? before?.outcome : counted
  return outcome === undefined ? undefined : { outcome }
}

/** One thing made different. */
function spoiled(after: State, spoil: number, wild: State): State {
  const names = ['status', 'business', 'owned', 'attempts', 'served', 'outcome', 'text', 'coded'] as const
  const name = names[spoil]
  return name === undefined ? after : { ...after, [name]: wild[name] }
}

const resource = (one: State): Resource => {
  const outputs: readonly JsonObject[] = [
    ...attempts(one.attempts),
    ...(one.served ? [activity] : []),
    ...(one.outcome ? [outcome(one.outcome)] : []),
  ]
  const { owner, ...rest } = task()
  return {
    ...rest,
    status: one.status,
    businessStatus: business(one.business),
    ...(one.owned ? { owner } : {}),
    ...(outputs.length > 0 ? { output: outputs } : {}),
    ...(one.text !== '' || one.coded
      ? {
          statusReason: {
            ...(one.text !== '' ? { text: one.text } : {}),
            ...(one.coded ? { coding: [{ code: 'income' }] } : {}),
          },
        }
      : {}),
  }
}

/** ABE is the owner where there is one, and claims where there is none. */
const seen = (who: Who, before: State | undefined): Who => {
  if (who !== 'O' && who !== 'C') return who === 'S' && before?.status === 'requested' && !before.owned ? 'C' : who
  if (before?.owned !== false) return 'O'
  return before.status === 'requested' ? 'C' : 'S'
}

/** Of a stranger that meets an open referral, the model's claim makes ABE the owner: the resource must name it. */
const named = (who: Who, party: Who, before: State | undefined, after: State): Resource => {
  const made = resource(after)
  const claims = party === 'C' && who === 'S' && before?.owned === false && after.owned
  return claims ? { ...made, owner: { reference: `Organization/${STRANGER.agency}` } } : made
}

describe('domain / referral / random histories', function () {
  this.timeout(120_000 * TIMES)

  it(`agree with the model at every step (${HISTORIES} histories)`, () => {
    const rows = new Set<string>()
    const count = { steps: 0, legal: 0, illegal: 0, closed: 0 }
    const run = (attempts: readonly Attempt[]) => {
      let now: State | undefined
      for (const { pick, spoil, wild, who } of attempts) {
        const steps = legalSteps(now)
        const step = steps.length > 0 && pick < 900 ? steps[pick % steps.length] : undefined
        const [actor, after] = step ? [step.who, spoiled(step.after, spoil, wild)] : [who, wild]
        const party = seen(actor, now)
        const expected = legal(party, now, after)
        // Once a stranger has claimed, the story would go on with another owner: it is judged, not taken.
        const issues = checkTask(now && resource(now), named(actor, party, now, after), ACTORS[actor], lifecycle)
        count.steps += 1
        assert.equal(
          issues.length === 0,
          expected,
          `${party} ${JSON.stringify(now)} -> ${JSON.stringify(after)}: ${brief(issues).join()}`,
        )
        if (!expected) {
          count.illegal += 1
          continue
        }
        count.legal += 1
        assert.ok(
          now === undefined || !FINAL.includes(now.status) || FINAL.includes(after.status),
          'a final status was left',
        )
        rows.add(`${now?.status ?? '-'} ${after.status} ${after.business}`)
        if (actor !== 'S') now = after
        if (FINAL.includes(after.status)) count.closed += 1
      }
    }
    fc.assert(fc.property(fc.array(attempt, { minLength: 1, maxLength: 14 }), run), { numRuns: HISTORIES, seed: 2019 })
    const missed = ROWS.flatMap(([from, to, , codes]) =>
      codes.split(' ').map((code) => [from, to, code] as const),
    ).filter(
      ([from, to, code]) =>
        ![...rows].some((row) => (code === '=' ? row.startsWith(`${from} ${to} `) : row === `${from} ${to} ${code}`)),
    )
    assert.deepEqual(missed, [], 'every row of the table is taken by some history')
    assert.ok(count.legal > HISTORIES && count.illegal > HISTORIES, JSON.stringify(count))
  })
})
