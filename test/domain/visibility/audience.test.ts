/** Who may know, as memberships: periods joined and crossed, and an audience that fails closed. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { audienceOf, participantOf } from '../../../server/domain/visibility/audience.ts'
import { circleOf, NOBODY } from '../../../server/domain/visibility/circle.ts'
import { common, joined, type Membership } from '../../../server/domain/visibility/membership.ts'
import type { VisibilityRule } from '../../../server/domain/visibility/rule.ts'
import type { Resource } from '../../../server/fhir/types.ts'

const rule = JSON.parse(
  readFileSync(new URL('../../../capability/rules/visibility.json', import.meta.url), 'utf8'),
) as VisibilityRule
const roles = { board: 'board', hub: 'hub', wageAgencies: ['ui'] }
const about = (reference: string): Resource => ({ resourceType: 'Condition', id: 'c', subject: { reference } })

const ALIKE = [
  'https://elsewhere.example/fhir/Patient/p',
  '/Patient/p',
  'x/Patient/p',
  'Patient/p#1',
  'Patient/p/_history/',
  ' Patient/p',
  'Patient?identifier=p',
  'urn:uuid:0c4f0a4e-2b4e-4a39-a7a2-4a8f5a8c9f10',
]

describe('visibility / audience', () => {
  it('finds the participant of a record by a reference to the hub, also at a version', () => {
    assert.equal(participantOf(rule, about('Patient/p')), 'p')
    assert.equal(participantOf(rule, about('Patient/p/_history/2')), 'p')
  })

  for (const reference of ALIKE) {
    it(`leaves a record about \`${reference}\` to its writer and the board`, () => {
      assert.equal(participantOf(rule, about(reference)), undefined)
      const audience = audienceOf(rule, { resource: about(reference), owner: 'es', author: 'es' }, NOBODY, roles)
      assert.deepEqual(audience, [{ agency: 'board' }, { agency: 'es' }])
    })
  }

  it('lets a reference to an agency elsewhere make nobody a member', () => {
    const consent = (reference: string): Resource => ({
      resourceType: 'Consent',
      status: 'active',
      patient: { reference: 'Patient/p' },
      provision: {
        type: 'permit',
        actor: [{ reference: { reference } }],
        purpose: [{ system: 'https://no-wrong-door.example/fhir/CodeSystem/consent-purpose', code: 'referral' }],
      },
    })
    const members = (reference: string) =>
      circleOf(
        rule,
        { records: [{ resource: consent(reference), owner: 'es' }], agreements: [], wageAgencies: [] },
        () => ({ start: 0, end: 1 }),
      ).members
    assert.deepEqual(members('Organization/abe'), [{ agency: 'abe' }])
    assert.deepEqual(members('https://elsewhere.example/fhir/Organization/abe'), [])
  })
})

const instant = fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined })
const membership: fc.Arbitrary<Membership> = fc
  .record({ agency: fc.constantFrom('a', 'b'), from: instant, until: instant })
  .map(({ agency, from, until }) => ({
    agency,
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
  }))
const list = fc.array(membership, { maxLength: 6 })
const holds = (memberships: readonly Membership[], agency: string, at: number): boolean =>
  memberships.some((one) => one.agency === agency && (one.from ?? -Infinity) <= at && at < (one.until ?? Infinity))
const INSTANTS = Array.from({ length: 15 }, (_, index) => index - 1)
const same = (actual: readonly Membership[], expected: (agency: string, at: number) => boolean): void => {
  for (const agency of ['a', 'b'])
    for (const at of INSTANTS) assert.equal(holds(actual, agency, at), expected(agency, at), `${agency} at ${at}`)
}

describe('visibility / memberships', () => {
  it('joined say the same as the list, at every instant', () => {
    fc.assert(fc.property(list, (one) => same(joined(one), (agency, at) => holds(one, agency, at))))
  })

  it('joined are the same text for lists that say the same', () => {
    fc.assert(
      fc.property(list, (one) => {
        assert.deepEqual(joined([...one].reverse()), joined(one))
        assert.deepEqual(joined(joined(one)), joined(one))
        assert.deepEqual(joined([...one, ...one]), joined(one))
      }),
    )
  })

  it('in common are those of every list, at every instant', () => {
    fc.assert(
      fc.property(list, list, list, (one, other, third) =>
        same(common([one, other, third]), (agency, at) => [one, other, third].every((each) => holds(each, agency, at))),
      ),
    )
  })

  it('of no list are nobody', () => assert.deepEqual(common([]), []))
})
