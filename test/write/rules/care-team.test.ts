/** Who leads the case of a participant, who may change which entry of the care team, and who writes staff and family. */
import assert from 'node:assert/strict'
import { made, refused, type Client } from '../../given.ts'
import {
  agencyTeam,
  careTeam,
  coded,
  codeSystemAt,
  consent,
  labelled,
  practitioner,
  practitionerRole,
  profileAt,
  relatedPerson,
  teamMember,
  transaction,
  type Body,
} from '../../builders/index.ts'
import { attacked, newcomer, post, referred, type Scene } from '../../attack/scene.ts'

type Team = Body & { readonly id: string; readonly participant: readonly Body[]; readonly meta: { versionId: string } }

describe('write / rules / care team', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, abe: Client, vr: Client, board: Client
  let subject: string
  let leader: string, instructor: string

  const staffOf = async (client: Client, by: string, code?: string): Promise<string> => {
    const person = await post(client, practitioner())
    return `PractitionerRole/${(await post(client, practitionerRole(`Practitioner/${person.id}`, by, code))).id}`
  }
  before(async () => {
    scene = await attacked()
    ;[es, abe, vr, board] = ['es', 'abe', 'vr', 'board'].map((one) => scene.as(one)) as [Client, Client, Client, Client]
    leader = await staffOf(es, 'es')
    instructor = await staffOf(abe, 'abe', 'instructor')
  })
  after(() => scene.stop())
  beforeEach(async () => {
    subject = await newcomer(es, 'es')
    await post(es, consent(subject, 'es', 'abe'))
  })

  const put = (client: Client, team: Team, more: object) =>
    client.put(`/CareTeam/${team.id}`, { ...team, ...more }, team.meta.versionId)
  const madeTeam = async (...others: Parameters<typeof careTeam>[2][]): Promise<Team> =>
    (await post(es, careTeam(subject, leader, ...others))) as Team

  describe('the primary case manager', () => {
    it('is of the agency of entry, whoever records the team', async () => {
      const text = refused(await es.post('/CareTeam', careTeam(subject, instructor)), 422, 'care-team-rule')
      assert.match(text, /works for `Organization\/abe`.*agency of entry, `Organization\/es`/)
      refused(await board.post('/CareTeam', careTeam(subject, instructor)), 422, 'care-team-rule')
      assert.equal((await board.post('/CareTeam', careTeam(subject, leader))).status, 201)
    })

    it('is active', async () => {
      const gone = await staffOf(es, 'es')
      const role = made(await es.get(`/${gone}`))
      made(await es.put(`/${gone}`, { ...role, active: false }))
      assert.match(refused(await es.post('/CareTeam', careTeam(subject, gone)), 422, 'care-team-rule'), /not active/)
    })

    it('is not replaced by an update, by anybody', async () => {
      const team = await madeTeam()
      const other = await staffOf(es, 'es')
      for (const client of [es, abe, board])
        refused(
          await put(client, team, { participant: [teamMember('primary-case-manager', other)] }),
          422,
          'element-immutable',
        )
      const ended = { ...team.participant[0], period: { start: '2026-01-01', end: '2026-02-01' } }
      refused(
        await put(es, team, { participant: [ended, teamMember('primary-case-manager', other)] }),
        422,
        'element-immutable',
      )
    })

    it('stays when another agency accepts a referral', async () => {
      const team = await madeTeam()
      const { task } = await referred(es, subject, 'es', 'abe')
      const status = (code: string) => coded(codeSystemAt('referral-business-status'), code)
      made(await abe.put(`/Task/${task.id}`, { ...task, status: 'accepted', businessStatus: status('accepted') }, 1))
      assert.deepEqual(made(await abe.get(`/CareTeam/${team.id}`)), team)
    })

    it('is looked at again in the commit: the role that ended meanwhile leads no case', async () => {
      const leaving = await staffOf(es, 'es')
      const role = made(await es.get(`/${leaving}`))
      scene.between(async () => made(await es.put(`/${leaving}`, { ...role, active: false })))
      refused(await es.post('/CareTeam', careTeam(subject, leaving)), 422, 'care-team-rule')
    })

    it('does not leave before the case is handed over', async () => {
      const leaving = await staffOf(es, 'es')
      const team = await post(es, careTeam(subject, leaving))
      const role = made(await es.get(`/${leaving}`))
      const text = refused(await es.put(`/${leaving}`, { ...role, active: false }), 422, 'care-team-rule')
      assert.match(text, new RegExp(`CareTeam/${team.id}.*transfer-case-manager`))
      made(await es.put(`/CareTeam/${team.id}`, { ...team, status: 'inactive' }, 1))
      made(await es.put(`/${leaving}`, { ...role, active: false }))
    })

    it('and the end of the role cannot pass each other', async () => {
      const leaving = await staffOf(es, 'es')
      const role = made(await es.get(`/${leaving}`))
      scene.between(() => post(es, careTeam(subject, leaving)))
      refused(await es.put(`/${leaving}`, { ...role, active: false }), 422, 'care-team-rule')
    })
  })

  describe('the interagency team', () => {
    it('is made by the agency of entry or the board', async () => {
      refused(await abe.post('/CareTeam', careTeam(subject, leader)), 403, 'forbidden')
      refused(await abe.post('/CareTeam', careTeam(subject, instructor)), 403, 'forbidden')
    })

    it('is one: a second is refused, also in one transaction and in a race', async () => {
      const entries = [1, 2].map(() => ({ method: 'POST', url: 'CareTeam', resource: careTeam(subject, leader) }))
      refused(await es.post('', transaction(...entries)), 422, 'care-team-rule')
      scene.between(() => madeTeam())
      refused(await es.post('/CareTeam', careTeam(subject, leader)), 422, 'care-team-rule')
    })

    for (const status of ['inactive', 'entered-in-error'])
      it(`may be made anew after one that is ${status}, which does not come back beside it`, async () => {
        const team = await madeTeam()
        made(await put(es, team, { status }))
        await madeTeam()
        refused(await put(es, { ...team, meta: { versionId: '2' } }, { status: 'active' }), 422, 'care-team-rule')
      })

    it('is not deleted by an agency', async () => {
      const team = await madeTeam()
      refused(await es.delete(`/CareTeam/${team.id}`, 1), 403, 'forbidden')
      refused(await abe.delete(`/CareTeam/${team.id}`, 1), 403, 'forbidden')
      assert.equal((await board.delete(`/CareTeam/${team.id}`, 1)).status, 204)
    })

    it('is updated with If-Match alone, so that no agency writes over the entry of another', async () => {
      const team = await madeTeam()
      refused(await es.put(`/CareTeam/${team.id}`, team), 428, 'version-required')
      made(await put(abe, team, { participant: [...team.participant, teamMember('instructor', instructor)] }))
      const stale = await put(es, team, { name: 'The team' })
      assert.match(refused(stale, 412, 'version-conflict'), /\$reconcile/)
      assert.equal((await es.get(`/CareTeam/${team.id}/$reconcile?base=1`)).status, 200)
    })

    it('takes from an agency its own staff and family, and from the agency of entry others', async () => {
      const child = `RelatedPerson/${(await post(abe, relatedPerson(subject))).id}`
      const counselor = await staffOf(vr, 'vr', 'rehabilitation-counselor')
      const team = await madeTeam(teamMember('counselor', counselor))
      const with_ = (...entries: Parameters<typeof careTeam>[2][]) => ({
        participant: [...team.participant, ...entries],
      })
      const OTHERS = [
        teamMember('counselor', counselor, { period: { start: '2026-01-01' } }),
        teamMember('agency', 'Organization/dhs'),
        teamMember('instructor', `Practitioner/${(await post(abe, practitioner())).id}`),
      ]
      for (const entry of OTHERS) refused(await put(abe, team, with_(entry)), 422, 'care-team-rule')
      refused(await put(abe, team, { participant: team.participant.slice(0, 1) }), 422, 'care-team-rule')
      const person = `Practitioner/${(await post(abe, practitioner())).id}`
      const changed = made(
        await put(
          abe,
          team,
          with_(
            teamMember('instructor', instructor),
            teamMember('instructor', person, { onBehalfOf: { reference: 'Organization/abe' } }),
            teamMember('agency', 'Organization/abe'),
            teamMember('family', child),
            teamMember('participant', subject),
          ),
        ),
      ) as Team
      made(await put(es, changed, { participant: changed.participant.slice(0, 2) }))
    })

    it('is named, ended and dated by the agency of entry', async () => {
      const team = await madeTeam()
      for (const more of [{ status: 'inactive' }, { name: 'Ours' }, { period: { start: '2026-01-01' } }])
        refused(await put(abe, team, more), 422, 'care-team-rule')
      made(await put(es, team, { status: 'suspended', name: 'The team' }))
    })

    it('keeps what each agency noted', async () => {
      const note = (by: string, text: string) => ({ authorReference: { reference: `Organization/${by}` }, text })
      const team = await madeTeam()
      refused(await put(abe, team, { note: [note('es', 'Not mine.')] }), 422, 'care-team-rule')
      const noted = made(await put(abe, team, { note: [note('abe', 'Tuesdays only.')] })) as Team
      for (const client of [es, board])
        refused(await put(client, noted, { note: [note('abe', 'Fridays only.')] }), 422, 'care-team-rule')
      refused(await put(es, noted, { note: [] as never }), 422, 'element-empty')
      made(await put(es, noted, { note: [note('abe', 'Tuesdays only.'), note('es', 'Noted.')] }))
    })

    it('opens nothing to the agencies and staff that it names', async () => {
      const counselor = await staffOf(vr, 'vr', 'rehabilitation-counselor')
      const team = await madeTeam(teamMember('counselor', counselor), teamMember('agency', 'Organization/vr'))
      for (const key of [subject, `CareTeam/${team.id}`]) refused(await vr.get(`/${key}`), 404, 'not-found')
      refused(
        await vr.post('/CareTeam', agencyTeam(subject, teamMember('counselor', counselor))),
        422,
        'reference-not-found',
      )
    })
  })

  describe('the team of an agency', () => {
    it('is changed by its agency alone, and does not become the interagency team', async () => {
      const team = (await post(abe, agencyTeam(subject, teamMember('instructor', instructor)))) as Team
      refused(await put(es, team, { name: 'Ours' }), 403, 'forbidden')
      refused(
        await put(abe, team, { category: [coded(codeSystemAt('care-team-category'), 'interagency')] }),
        422,
        'element-immutable',
      )
      made(await put(abe, team, { name: 'Ours' }))
    })

    it('is restricted where its agency labels it', async () => {
      const team = labelled(agencyTeam(subject, teamMember('instructor', instructor)), 'rehabilitation')
      const { id } = await post(abe, team)
      refused(await es.get(`/CareTeam/${id}`), 404, 'not-found')
    })
  })

  describe('staff', () => {
    it('are written by their own agency and the board, and known to every agency', async () => {
      const person = await post(es, practitioner())
      const key = `Practitioner/${person.id}`
      refused(await abe.put(`/${key}`, { ...person, active: false }), 403, 'forbidden')
      refused(await abe.delete(`/${key}`), 403, 'forbidden')
      refused(await abe.post('/PractitionerRole', practitionerRole(key, 'es')), 422, 'agency-not-yours')
      const role = await post(es, practitionerRole(key, 'es'))
      const moved = { ...role, organization: { reference: 'Organization/abe' } }
      refused(await es.put(`/PractitionerRole/${role.id}`, moved), 422, 'element-immutable')
      for (const one of [key, `PractitionerRole/${role.id}`]) assert.equal((await vr.get(`/${one}`)).status, 200)
      made(await board.put(`/${key}`, { ...person, active: false }))
    })

    it('are found by agency and role, with the person behind the role', async () => {
      const query =
        '/PractitionerRole?organization=Organization/es&role=case-manager&_include=PractitionerRole:practitioner'
      const { entry } = made(await vr.get(query))
      const found = entry.map(
        (one: { resource: Body; search: { mode: string } }) => `${one.search.mode} ${one.resource.resourceType}`,
      )
      assert.ok(found.includes('match PractitionerRole') && found.includes('include Practitioner'))
    })

    it('are named by participations, plans and services, by a reference that exists', async () => {
      const episode = (careManager: string) => ({
        resourceType: 'EpisodeOfCare',
        status: 'active',
        type: [coded(codeSystemAt('program'), 'other')],
        patient: { reference: subject },
        managingOrganization: { reference: 'Organization/es' },
        period: { start: '2026-01-05' },
        careManager: { reference: careManager },
      })
      await post(es, episode(leader))
      refused(await es.post('/EpisodeOfCare', episode('PractitionerRole/nobody')), 422, 'reference-not-found')
      refused(await es.post('/EpisodeOfCare', episode('Organization/es')), 422, 'reference-type')
    })
  })

  describe('family', () => {
    it('is written by the agencies of the participant’s circle, a child without being a participant', async () => {
      const child = await post(abe, relatedPerson(subject))
      made(await es.put(`/RelatedPerson/${child.id}`, { ...child, gender: 'female' }))
      refused(await vr.post('/RelatedPerson', relatedPerson(subject)), 422, 'reference-not-found')
      refused(await vr.get(`/RelatedPerson/${child.id}`), 404, 'not-found')
      refused(await es.delete(`/RelatedPerson/${child.id}`), 403, 'forbidden')
      assert.equal((await es.get(`/Patient?family=Ferris&given=Luz&_total=accurate`)).body.total, 0)
    })

    it('is found by the participant, relationship and household', async () => {
      await post(es, relatedPerson(subject))
      const elsewhere = [{ url: profileAt('ext-in-household'), valueBoolean: false }]
      await post(es, relatedPerson(subject, 'MTH', { extension: elsewhere, birthDate: '1960-01-01' }))
      const { id } = await post(es, relatedPerson(subject, 'GUARD', { period: { start: '2026-01-01' } }))
      const total = async (query: string) =>
        made(await abe.get(`/RelatedPerson?patient=${subject}${query}&_total=accurate`)).total
      assert.deepEqual(
        [
          await total(''),
          await total('&relationship=GUARD'),
          await total('&in-household=true'),
          await total('&birthdate=lt2010'),
        ],
        [3, 1, 2, 1],
      )
      await post(es, consent(subject, 'es', 'dhs', { more: { performer: [{ reference: `RelatedPerson/${id}` }] } }))
    })

    it('of one participant stands in no record of another', async () => {
      const { id } = await post(es, relatedPerson(subject, 'GUARD', { period: { start: '2026-01-01' } }))
      const other = await newcomer(es, 'es')
      const more = { performer: [{ reference: `RelatedPerson/${id}` }] }
      refused(await es.post('/Consent', consent(other, 'es', 'dhs', { more })), 422, 'reference-foreign')
      refused(
        await es.post('/CareTeam', careTeam(other, leader, teamMember('family', `RelatedPerson/${id}`))),
        422,
        'reference-foreign',
      )
    })

    it('who may act for the participant is changed by the agency that recorded it and the agency of entry alone', async () => {
      await post(es, consent(subject, 'es', 'dhs'))
      const dhs = scene.as('dhs')
      const guardian = await post(
        abe,
        relatedPerson(subject, 'GUARD', { period: { start: '2026-01-01', end: '2026-12-31' } }),
      )
      const put = (client: Client, more: object) =>
        client.put(`/RelatedPerson/${guardian.id}`, { ...guardian, ...more })
      const CHANGES = [
        { period: { start: '2026-01-01' } },
        { active: false },
        { relationship: relatedPerson(subject).relationship },
      ]
      for (const more of CHANGES) refused(await put(dhs, more), 403, 'forbidden')
      made(await put(dhs, { telecom: [{ system: 'phone', value: '662-555-0181' }] }))
      const child = await post(abe, relatedPerson(subject))
      const promoted = { ...guardian, id: child.id }
      refused(await dhs.put(`/RelatedPerson/${child.id}`, promoted), 403, 'forbidden')
      for (const client of [abe, es, board])
        made(await put(client, { period: { start: '2026-01-01', end: '2026-11-30' } }))
    })

    it('has no social security number', async () => {
      const identifier = [{ system: 'http://hl7.org/fhir/sid/us-ssn', value: '123-45-6789' }]
      const answer = await es.post('/RelatedPerson', relatedPerson(subject, 'DAUC', { identifier }))
      assert.equal(answer.status, 422)
      assert.ok(!answer.text.includes('123-45-6789'))
    })

    it('is restricted where the agency that recorded it labels it', async () => {
      const { id } = await post(
        abe,
        labelled(relatedPerson(subject, 'GUARD', { period: { start: '2026-01-01' } }), 'disability'),
      )
      refused(await es.get(`/RelatedPerson/${id}`), 404, 'not-found')
    })
  })
})
