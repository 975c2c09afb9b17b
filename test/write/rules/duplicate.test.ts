/** Duplicate vouchers and participations: refused among records that the writer may know, else reported to the board. */
import assert from 'node:assert/strict'
import { attacked, newcomer, post, type Scene } from '../../attack/scene.ts'
import {
  codeSystemAt,
  coded,
  consent,
  labelled,
  participation,
  profileAt,
  service,
  transaction,
  type Body,
} from '../../builders/index.ts'
import { made, refused, type Client } from '../../given.ts'

describe('write / rules / duplicate', function () {
  this.timeout(60_000)
  let scene: Scene
  let es: Client, abe: Client, vr: Client, board: Client
  before(async () => {
    scene = await attacked()
    ;[es, abe, vr, board] = ['es', 'abe', 'vr', 'board'].map((agency) => scene.as(agency)) as [
      Client,
      Client,
      Client,
      Client,
    ]
  })
  after(() => scene.stop())

  const adult = { type: [coded(codeSystemAt('program'), 'adult')] }
  const program = (subject: string, by: string, more: object = {}): Body =>
    participation(subject, by, { ...adult, ...more })
  const voucher = (subject: string, by: string, month: string, more: object = {}): Body =>
    service(subject, by, {
      category: coded(codeSystemAt('service-category'), 'supportive'),
      code: coded(codeSystemAt('service-catalogue'), 'transportation-voucher'),
      performedPeriod: { start: `${month}-05`, end: `${month}-06` },
      ...more,
    })
  const because = (body: Body): Body => ({
    ...body,
    extension: [
      ...((body.extension as object[] | undefined) ?? []),
      { url: profileAt('ext-duplicate-reason'), valueString: 'Two shifts a day.' },
    ] as never,
  })
  /** A participant whom es and abe may know. */
  async function shared(): Promise<string> {
    const subject = await newcomer(es, 'es')
    await post(es, consent(subject, 'es', 'abe'))
    return subject
  }
  const reports = async (): Promise<readonly string[]> =>
    (made(await board.get('/AuditEvent?subtype=duplicate-service&_count=100')).entry ?? []).map(
      ({ resource }: { resource: { outcomeDesc: string } }) => resource.outcomeDesc,
    )

  it('refuses one that the writer may know, with the record named and what to do, and takes it with a reason', async () => {
    const subject = await shared()
    const [first, given] = [await post(es, program(subject, 'es')), await post(es, voucher(subject, 'es', '2026-03'))]
    const answers = [
      [await abe.post('/EpisodeOfCare', program(subject, 'abe')), first, 'EpisodeOfCare.type'],
      [await abe.post('/Procedure', voucher(subject, 'abe', '2026-03')), given, 'Procedure.code'],
    ] as const
    for (const [answer, other, expression] of answers) {
      const text = refused(answer, 409, 'duplicate-service')
      assert.ok(text.includes(`\`${String(other.resourceType)}/${other.id}\``) && text.includes('ext-duplicate-reason'))
      assert.deepEqual(answer.body.issue[0].expression, [expression])
    }
    made(await abe.post('/EpisodeOfCare', because(program(subject, 'abe'))))
    made(await abe.post('/Procedure', because(voucher(subject, 'abe', '2026-03'))))
    made(await abe.post('/Procedure', voucher(subject, 'abe', '2026-04')))
    assert.deepEqual(await reports(), [])
  })

  it('refuses it by an update too, and in one transaction, and lets other elements change', async () => {
    const subject = await shared()
    const first = await post(es, program(subject, 'es'))
    const planned = await post(abe, because(program(subject, 'abe')))
    made(await abe.change({ ...planned, extension: undefined } as never, { status: 'onhold' }))
    made(await es.change(first, { status: 'finished', period: { start: '2026-01-05', end: '2026-01-31' } }))
    const later = await post(abe, program(subject, 'abe', { type: [coded(codeSystemAt('program'), 'tanf')] }))
    refused(await abe.change(later, adult), 409, 'duplicate-service')
    const other = await shared()
    const bundle = transaction(
      { method: 'POST', url: 'EpisodeOfCare', resource: program(other, 'es') },
      { method: 'POST', url: 'EpisodeOfCare', resource: program(other, 'es') },
    )
    refused(await es.post('/', bundle), 409, 'duplicate-service')
    assert.equal(made(await es.get(`/EpisodeOfCare?patient=${other}&_total=accurate&_count=0`)).total, 0)
  })

  it('lets one of two at once win', async () => {
    const subject = await shared()
    let between: { status: number } | undefined
    scene.between(async () => void (between = await abe.post('/EpisodeOfCare', program(subject, 'abe'))))
    refused(await es.post('/EpisodeOfCare', program(subject, 'es')), 409, 'duplicate-service')
    assert.equal(between?.status, 201)
  })

  it('takes one that the writer may not know without a word, and tells the board alone', async () => {
    const subject = await newcomer(es, 'es')
    const permit = await post(es, consent(subject, 'es', 'abe'))
    const own = await post(abe, voucher(subject, 'abe', '2026-04'))
    made(await es.change(permit, { status: 'inactive' }))
    const hidden = await post(es, voucher(subject, 'es', '2026-03'))
    const moved = await abe.change(own, { performedPeriod: { start: '2026-03-05', end: '2026-03-06' } })
    assert.ok(!made(moved).issue && !moved.text.includes(hidden.id))
    const [report, ...more] = await reports()
    assert.ok(report?.includes(`\`Procedure/${own.id}\``) && report.includes(`\`Procedure/${hidden.id}\``), report)
    assert.deepEqual(more, [])
    for (const client of [es, abe, vr]) assert.equal(made(await client.get('/AuditEvent?_total=accurate')).total, 0)
  })

  it('tells nobody of a restricted one, of which the board may not know either', async () => {
    const subject = await shared()
    await post(es, consent(subject, 'es', 'vr'))
    await post(vr, labelled(program(subject, 'vr'), 'rehabilitation'))
    const before = await reports()
    made(await abe.post('/EpisodeOfCare', program(subject, 'abe')))
    assert.deepEqual(await reports(), before)
  })
})
