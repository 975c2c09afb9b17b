/** Who leads a case after any number of transfers: the team always says it, and keeps everybody who led it before. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { dateRange } from '../../../server/fhir/dates.ts'
import type { Resource } from '../../../server/fhir/types.ts'
import {
  caseManagerFault,
  checkCareTeam,
  leadingRoleOf,
  newTeam,
  primaryRoleOf,
  transferred,
  type Transfer,
} from '../../../server/domain/staff/care-team.ts'
import { agencyTeam, careTeam, teamMember } from '../../builders/index.ts'

const at = (index: number): string => new Date(Date.UTC(2026, 0, 1, 12, index)).toISOString()
const transfer = (to: string, index = 0, reason?: string): Transfer => ({
  to,
  now: at(index),
  by: 'es',
  ...(reason ? { reason } : {}),
})

describe('domain / staff / care team', () => {
  it('is led by the last one to whom the case was handed, and lists all others with the period in which they led it', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 12 }), (leaders) => {
        const [first = '', ...others] = leaders
        const team = others.reduce<Resource>(
          (one, to, index) => transferred(one, transfer(to, index + 1)),
          newTeam('p', 'es', transfer(first)),
        )
        assert.equal(primaryRoleOf(team), leaders.at(-1))
        const entries = team.participant as { member: { reference: string }; period: { start: string; end?: string } }[]
        assert.deepEqual(
          entries.map(({ member, period }) => [member.reference, period.start, period.end]),
          leaders.map((to, index) => [
            `PractitionerRole/${to}`,
            at(index),
            leaders[index + 1] ? at(index + 1) : undefined,
          ]),
        )
      }),
    )
  })

  it('keeps the other members, their order and the notes of others through a transfer', () => {
    const note = { authorReference: { reference: 'Organization/abe' }, text: 'Tuesdays only.' }
    const before = {
      ...careTeam('Patient/p', 'PractitionerRole/a', teamMember('agency', 'Organization/abe')),
      note: [note],
    }
    const after = transferred(before as Resource, transfer('b', 1, 'Moved.'))
    assert.deepEqual((after.participant as object[])[1], teamMember('agency', 'Organization/abe'))
    assert.deepEqual((after.note as object[])[0], note)
    assert.equal((after.note as { text: string }[])[1]?.text, 'Moved.')
    assert.deepEqual(checkCareTeam({ ...STEP, before, after, transfers: true }), [])
    assert.deepEqual(
      checkCareTeam({ ...STEP, before, after }).map(({ detail }) => detail),
      ['element-immutable'],
    )
  })
  const STEP = { agency: 'es', leads: true, transfers: false, agencyOf: () => undefined }

  it('has no leader where it is the team of an agency, or serves nobody now', () => {
    const team = careTeam('Patient/p', 'PractitionerRole/a')
    assert.equal(leadingRoleOf(team), 'a')
    for (const status of ['inactive', 'entered-in-error']) assert.equal(leadingRoleOf({ ...team, status }), undefined)
    assert.equal(leadingRoleOf(agencyTeam('Patient/p', teamMember('instructor', 'PractitionerRole/a'))), undefined)
    assert.equal(leadingRoleOf({ resourceType: 'CarePlan' }), undefined)
  })

  it('lets an agency that does not lead change exactly the entries of its own staff and of family', () => {
    const STAFF = [
      'Organization/es',
      'Organization/abe',
      'PractitionerRole/abe-1',
      'PractitionerRole/es-1',
      'RelatedPerson/child',
      'Practitioner/x',
    ]
    const agencyOf = ({ member }: { readonly member?: unknown }): string | undefined =>
      /\/(es|abe)/.exec((member as { reference: string }).reference)?.[1]
    const isFree = (who: string): boolean => who.startsWith('RelatedPerson') || /\/abe/.test(who)
    fc.assert(
      fc.property(fc.subarray(STAFF), fc.subarray(STAFF), (old, now) => {
        const team = (members: readonly string[]) =>
          careTeam('Patient/p', 'PractitionerRole/leader', ...members.map((who) => teamMember('counselor', who)))
        const step = { before: team(old), after: team(now), agency: 'abe', leads: false, transfers: false, agencyOf }
        const changed = STAFF.filter((who) => old.includes(who) !== now.includes(who))
        assert.equal(checkCareTeam(step).length, changed.filter((who) => !isFree(who)).length)
        assert.deepEqual(checkCareTeam({ ...step, leads: true }), [])
      }),
    )
  })

  it('says what keeps somebody from leading a case', () => {
    const role = { resourceType: 'PractitionerRole', active: true, organization: { reference: 'Organization/es' } }
    const range = (text: string) => dateRange(text, 'America/Chicago')!
    const faultOf = (one: Resource | undefined, entry = 'es') =>
      caseManagerFault(one, { entry, now: Date.parse('2026-06-01T12:00:00Z'), range })
    assert.equal(faultOf(role), undefined)
    assert.equal(faultOf({ ...role, period: { start: '2026-06-01', end: '2026-06-01' } }), undefined)
    assert.match(faultOf({ ...role, period: { end: '2026-05-31' } }) ?? '', /has ended/)
    assert.match(faultOf({ ...role, period: { start: '2026-06-02' } }) ?? '', /has not begun/)
    assert.match(faultOf({ ...role, active: false }) ?? '', /not active/)
    assert.match(faultOf(role, 'ui') ?? '', /works for `Organization\/es`/)
    assert.match(faultOf(undefined) ?? '', /no member of staff/)
  })
})
