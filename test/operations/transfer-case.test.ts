/** $transfer-case-manager: who hands a case to whom, once, and who learns of it. */
import assert from 'node:assert/strict'
import { createClock } from '../../server/clock.ts'
import { attacked, newcomer, post, type Scene } from '../attack/scene.ts'
import { careTeam, coded, codeSystemAt, consent, practitioner, practitionerRole, type Body } from '../builders/index.ts'
import { made, refused, type Client } from '../given.ts'

const NOW = Date.parse('2026-06-01T12:00:00Z')

describe('operations / $transfer-case-manager', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, abe: Client, vr: Client, board: Client
  let subject: string
  let first: string, second: string, instructor: string

  const staffOf = async (client: Client, by: string): Promise<string> => {
    const person = await post(client, practitioner())
    return `PractitionerRole/${(await post(client, practitionerRole(`Practitioner/${person.id}`, by))).id}`
  }
  before(async () => {
    scene = await attacked(
      {},
      createClock(() => NOW),
    )
    ;[es, abe, vr, board] = ['es', 'abe', 'vr', 'board'].map((one) => scene.as(one)) as [Client, Client, Client, Client]
    ;[first, second] = [await staffOf(es, 'es'), await staffOf(es, 'es')]
    instructor = await staffOf(abe, 'abe')
  })
  after(() => scene.stop())
  beforeEach(async () => {
    subject = await newcomer(es, 'es')
    await post(es, consent(subject, 'es', 'abe'))
  })

  type Terms = { readonly from?: string; readonly reason?: string }
  const transfer = (client: Client, to: string, { from, reason }: Terms = {}, about = subject) =>
    client.post(`/${about}/$transfer-case-manager`, {
      resourceType: 'Parameters',
      parameter: [
        { name: 'to', valueReference: { reference: to } },
        ...(from ? [{ name: 'from', valueReference: { reference: from } }] : []),
        ...(reason ? [{ name: 'reason', valueString: reason }] : []),
      ],
    })
  const PRIMARY = coded(codeSystemAt('care-team-role'), 'primary-case-manager')
  const primaries = (team: { participant: Body[] }) =>
    team.participant
      .filter(({ role }) => JSON.stringify(role) === JSON.stringify([PRIMARY]))
      .map(({ member, period }) => [(member as { reference: string }).reference, period])
  const at = '2026-06-01T12:00:00.000Z'

  it('ends the one who led the case and begins with the other, with the reason as a note', async () => {
    const team = await post(es, careTeam(subject, first))
    const answer = await transfer(es, second, { from: first, reason: 'Moved to another center.' })
    const after = made(answer)
    assert.deepEqual(primaries(after), [
      [first, { end: at }],
      [second, { start: at }],
    ])
    assert.deepEqual(after.note, [
      { authorReference: { reference: 'Organization/es' }, time: at, text: 'Moved to another center.' },
    ])
    assert.deepEqual([after.id, answer.headers.get('etag')], [team.id, 'W/"2"'])
    assert.deepEqual(made(await abe.get(`/CareTeam/${team.id}`)), after)
  })

  it('makes the interagency team of a participant who has none', async () => {
    const team = made(await transfer(es, first, { reason: 'Came in today.' }))
    assert.deepEqual(primaries(team), [[first, { start: at }]])
    assert.equal(team.note.length, 1)
    assert.equal(made(await abe.get(`/CareTeam?patient=${subject}&category=interagency&_total=accurate`)).total, 1)
  })

  it('makes no version and has the same answer when it is sent again', async () => {
    made(await transfer(es, first))
    made(await transfer(es, second))
    for (const terms of [{ reason: 'Again.' }, { from: first }])
      assert.equal(made(await transfer(es, second, terms)).meta.versionId, '2')
  })

  it('is for the agency of entry and the board; whoever serves the participant gets 403, all others 404', async () => {
    made(await transfer(es, first))
    refused(await transfer(abe, instructor), 403, 'forbidden')
    refused(await transfer(abe, second), 403, 'forbidden')
    const [unknown, nobody] = [await transfer(vr, second), await transfer(vr, second, {}, 'Patient/nobody')]
    assert.equal(unknown.status, 404)
    assert.equal(unknown.text.replaceAll(subject, 'Patient/nobody'), nobody.text)
    assert.deepEqual(primaries(made(await transfer(board, second))).length, 2)
  })

  it('takes nobody but active staff of the agency of entry, and names the parameter', async () => {
    const gone = await staffOf(es, 'es')
    made(await es.put(`/${gone}`, { ...made(await es.get(`/${gone}`)), active: false }))
    for (const to of [instructor, gone, 'PractitionerRole/nobody']) {
      const answer = await transfer(es, to)
      refused(answer, 422, 'care-team-rule')
      assert.deepEqual(answer.body.issue[0].expression, ['Parameters.parameter[0].valueReference'])
    }
    refused(await transfer(es, 'Practitioner/somebody'), 400, 'invalid-parameter')
    refused(await transfer(board, instructor), 422, 'care-team-rule')
  })

  it('transfers nothing when somebody else leads the case than the caller knows', async () => {
    made(await transfer(es, first))
    const text = refused(await transfer(es, second, { from: second }), 409, 'case-manager-changed')
    assert.match(text, new RegExp(`${first}.* leads the case now`))
    const other = await newcomer(es, 'es')
    refused(await transfer(es, second, { from: first }, other), 409, 'case-manager-changed')
  })

  it('of two at once, each with the one who leads, lets one win', async () => {
    made(await transfer(es, first))
    const third = await staffOf(es, 'es')
    scene.between(async () => made(await transfer(board, third, { from: first })))
    refused(await transfer(es, second, { from: first }), 409, 'case-manager-changed')
    const { entry } = made(await es.get(`/CareTeam?patient=${subject}`))
    assert.deepEqual(
      primaries(entry[0].resource).map(([who]) => who),
      [first, third],
    )
  })

  it('of two at once makes one team', async () => {
    scene.between(async () => made(await transfer(es, first)))
    made(await transfer(es, second))
    const { entry, total } = made(await es.get(`/CareTeam?patient=${subject}&_total=accurate`))
    assert.equal(total, 1)
    assert.equal(primaries(entry[0].resource).length, 2)
  })
})
