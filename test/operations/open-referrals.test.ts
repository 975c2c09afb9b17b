/** $open-referrals and $claim: a referral without a receiver reaches those that may take it, and nothing else of it does. */
import assert from 'node:assert/strict'
import { attacked, post, type Scene } from '../attack/scene.ts'
import { codeSystemAt, consent, resident, type Body, type StoredBody } from '../builders/index.ts'
import { made, refused, type Client } from '../given.ts'

describe('operations / $open-referrals and $claim', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, abe: Client, vr: Client
  let subject: string
  let count = 0

  before(async () => {
    scene = await attacked()
    ;[es, abe, vr] = [scene.as('es'), scene.as('abe'), scene.as('vr')]
  })
  after(() => scene.stop())
  beforeEach(async () => {
    subject = `Patient/${(await post(es, resident('es', `OPEN-${(count += 1)}`))).id}`
  })

  const permit = (to: string, purpose = 'open-referral', more: object = {}) => {
    const one = consent(subject, 'es', to) as Body & { readonly provision: object }
    const provision = {
      ...one.provision,
      purpose: [{ system: codeSystemAt('consent-purpose'), code: purpose }],
      ...more,
    }
    return { ...one, provision } as Body
  }
  const refer = async (service = 'adult-basic-education', number = `SECRET-${count}`): Promise<StoredBody> => {
    const parameter = [
      { name: 'service', valueCode: service },
      { name: 'text', valueString: `Reads little; lives with ${subject}.` },
      { name: 'identifier', valueString: number },
    ]
    return made(await es.post(`/${subject}/$refer`, { resourceType: 'Parameters', parameter })).entry[1].resource
  }
  const shown = async (client: Client) => made(await client.get('/Task/$open-referrals'))
  const idsFor = async (client: Client): Promise<readonly string[]> =>
    ((await shown(client)).entry ?? []).map(({ resource }: { resource: StoredBody }) => resource.id)
  const claim = (client: Client, id: string) => client.post(`/Task/${id}/$claim`)

  it('show the Task and its request to an agency that offers the service and that a consent names', async () => {
    await post(es, permit('abe'))
    const task = await refer()
    const { entry, total } = await shown(abe)
    const index = entry.findIndex(({ resource }: { resource: StoredBody }) => resource.id === task.id)
    const [one, request] = [entry[index].resource, entry[index + 1].resource]
    assert.equal(total, entry.length / 2)
    assert.deepEqual(
      [one.status, one.requester, one.focus, request.code.coding[0].code],
      [
        'requested',
        { reference: 'Organization/es' },
        { reference: `ServiceRequest/${request.id}` },
        'adult-basic-education',
      ],
    )
  })

  it('show nothing of whom it is about, and no word that anybody wrote', async () => {
    await post(es, permit('abe'))
    const task = await refer()
    made(await es.put(`/Task/${task.id}`, { ...task, note: [{ text: 'Call at night.' }] }, 1))
    const text = JSON.stringify(
      (await shown(abe)).entry.filter(({ resource }: { resource: StoredBody }) => resource.id === task.id),
    )
    const id = subject.split('/')[1] ?? ''
    for (const word of [id, 'Reads', 'night', 'SECRET', `OPEN-${count}`, 'Patient/', 'display'])
      assert.ok(!text.includes(word), `${word} is in ${text}`)
    for (const name of ['for', 'description', 'note', 'identifier']) assert.ok(!text.includes(`"${name}"`), name)
    assert.match(text, /"SUBSETTED"/)
  })

  it('show it to nobody else: without a consent, in another area, without the service, to the requester or the board', async () => {
    const task = await refer()
    const isShown = async (client: Client) => (await idsFor(client)).includes(task.id)
    const refuse = async (client: Client) => refused(await claim(client, task.id), 404, 'not-found')
    for (const client of [abe, es, scene.as('board')]) {
      assert.ok(!(await isShown(client)))
      await refuse(client)
    }
    await post(es, permit('abe', 'research'))
    assert.ok(!(await isShown(abe)), 'a consent for research')
    await post(es, permit('abe', 'open-referral', { period: { start: '2025-02-01', end: '2025-03-01' } }))
    assert.ok(!(await isShown(abe)), 'a consent that ended')
    await post(es, permit('vr'))
    assert.ok(!(await isShown(vr)), 'an agency without the service')
    await refuse(vr)
    const youth = await refer('youth-services', `YOUTH-${count}`)
    for (const to of ['youth-north', 'youth-coast']) await post(es, permit(to))
    assert.ok((await idsFor(scene.as('youth-north'))).includes(youth.id))
    assert.ok(!(await idsFor(scene.as('youth-coast'))).includes(youth.id), 'another area')
    refused(await claim(scene.as('youth-coast'), youth.id), 404, 'not-found')
    assert.deepEqual(
      (await claim(abe, task.id)).body.issue,
      (await claim(abe, task.id)).body.issue,
      'always the same answer',
    )
  })

  it('let one of two claim it, who then knows the participant; the other finds nothing', async () => {
    const program = made(await es.get('/HealthcareService/adult-education'))
    const { id: _, meta: __, ...second } = program
    made(
      await scene.as('board').put('/HealthcareService/second-education', {
        ...second,
        id: 'second-education',
        providedBy: { reference: 'Organization/college' },
      }),
    )
    for (const to of ['abe', 'college']) await post(es, permit(to))
    const task = await refer()
    const clients = [abe, scene.as('college')]
    const answers = await Promise.all(clients.map((one) => claim(one, task.id)))
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 404])
    const winner = answers[0]!.status === 200 ? 0 : 1
    const claimed = made(answers[winner]!)
    assert.deepEqual(
      [claimed.status, claimed.owner.reference],
      ['accepted', `Organization/${['abe', 'college'][winner]}`],
    )
    assert.equal(made(await clients[winner]!.get(`/${subject}`)).id, subject.split('/')[1])
    for (const client of clients) assert.ok(!(await idsFor(client)).includes(task.id))
    assert.equal(
      made(await es.get(`/ServiceRequest?_id=${claimed.focus.reference.split('/')[1]}`)).entry[0].resource.performer
        .length,
      1,
    )
  })

  it('are not claimed on a consent that is withdrawn meanwhile', async () => {
    const given = await post(es, permit('abe'))
    const task = await refer()
    scene.between(async () => made(await es.put(`/Consent/${given.id}`, { ...given, status: 'inactive' }, 1)))
    refused(await claim(abe, task.id), 404, 'not-found')
    assert.equal(made(await es.get(`/Task/${task.id}`)).owner, undefined)
  })

  it('reach an agency that an affiliation joins to the program', async () => {
    await post(es, permit('ui'))
    const task = await refer()
    assert.ok(!(await idsFor(scene.as('ui'))).includes(task.id))
    const affiliation = made(await es.get('/OrganizationAffiliation/ui-at-centers'))
    const healthcareService = [{ reference: 'HealthcareService/adult-education' }]
    made(await scene.as('board').put('/OrganizationAffiliation/ui-at-centers', { ...affiliation, healthcareService }))
    assert.ok((await idsFor(scene.as('ui'))).includes(task.id))
    made(await claim(scene.as('ui'), task.id))
  })

  it('take no parameters, and $claim is a POST', async () => {
    refused(await abe.get('/Task/$open-referrals?owner=abe'), 400, 'unknown-parameter')
    assert.equal((await abe.get('/Task/nothing/$claim')).status, 405)
    refused(await claim(abe, 'nothing'), 404, 'not-found')
  })
})
