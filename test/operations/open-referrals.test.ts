/** $open-referrals and $claim: a referral without a receiver reaches those that may take it, and nothing else of it does. */
import assert from 'node:assert/strict'
import { attacked, post, type Scene } from '../attack/scene.ts'
import { codeSystemAt, consent, denial, resident, type Body, type StoredBody } from '../builders/index.ts'
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

  it('show the part of both that _elements and _summary choose', async () => {
    await post(es, permit('abe'))
    const { id } = await refer()
    const only = async (query: string) => {
      const { entry, link } = made(await abe.get(`/Task/$open-referrals?_id=${id}&${query}`))
      assert.equal(new URL(link[0].url).search, `?_id=${id}&${query.replace(',', '%2C')}`)
      return entry.map(({ resource }: { resource: StoredBody }) => {
        assert.equal((resource.meta as { tag: { code: string }[] }).tag.at(-1)?.code, 'SUBSETTED')
        return Object.keys(resource).filter((name) => !['resourceType', 'id', 'meta'].includes(name))
      })
    }
    assert.deepEqual(await only('_elements=Task.status,ServiceRequest.code'), [
      ['status', 'intent'],
      ['status', 'intent', 'code', 'subject'],
    ])
    refused(await abe.get('/Task/$open-referrals?_elements=colour'), 400, 'invalid-parameter')
    assert.equal((await only('_summary=data')).length, 2)
  })

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

  const DENIALS: Readonly<Record<string, () => Promise<unknown>>> = {
    'a Consent that denies': () => post(es, denial(subject, 'es', 'abe')),
    '$revoke-consent': async () =>
      made(
        await es.post(`/${subject}/$revoke-consent`, {
          resourceType: 'Parameters',
          parameter: [{ name: 'recipient', valueReference: { reference: 'Organization/abe' } }],
        }),
      ),
  }
  for (const [name, deny] of Object.entries(DENIALS)) {
    for (const [moment, first] of [
      ['before the commit', () => scene.between(deny)],
      ['before the write looks who may know', () => scene.beforeReading('Circle', deny)],
    ] as const) {
      it(`are not claimed against a denial that comes first, ${moment}, by ${name}`, async () => {
        await post(es, permit('abe'))
        const task = await refer()
        first()
        refused(await claim(abe, task.id), 404, 'not-found')
        const { status, owner } = made(await es.get(`/Task/${task.id}`))
        assert.deepEqual([status, owner], ['requested', undefined])
        refused(await abe.get(`/${subject}`), 404, 'not-found')
      })
    }

    it(`are recalled from their claimant by a denial that comes second, by ${name}`, async () => {
      await post(es, permit('abe'))
      const task = await refer()
      scene.between(async () => made(await claim(abe, task.id)))
      await deny()
      const { status, businessStatus } = made(await es.get(`/Task/${task.id}`))
      assert.deepEqual([status, businessStatus.coding[0].code], ['cancelled', 'withdrawn'])
      refused(await abe.get(`/${subject}`), 404, 'not-found')
    })
  }

  it('are claimed again when the period of a denial is over', async () => {
    const body = denial(subject, 'es', 'abe') as Body & { provision: object }
    await post(es, {
      ...body,
      provision: { ...body.provision, period: { start: '2025-02-01', end: '2025-03-01' } },
    } as Body)
    await post(es, permit('abe'))
    const task = await refer()
    assert.ok((await idsFor(abe)).includes(task.id))
    assert.equal(made(await claim(abe, task.id)).status, 'accepted')
    made(await abe.get(`/${subject}`))
  })

  it('come in pages, in the order of their creation, that show nothing of what is not offered', async () => {
    const created: string[] = []
    for (const turn of [1, 2, 3, 4, 5]) {
      subject = `Patient/${(await post(es, resident('es', `PAGE-${count}-${turn}`))).id}`
      await post(es, permit('college'))
      await refer('adult-basic-education', `HIDDEN-${count}-${turn}`)
      await post(es, permit('dhs'))
      created.push((await refer('food-assistance', `PAGE-${count}-${turn}`)).id)
    }
    const pages: (readonly string[])[] = []
    let path = '/Task/$open-referrals?_count=2'
    while (path !== '') {
      const { entry = [], link, total } = made(await scene.as('dhs').get(path))
      assert.equal(total, undefined)
      pages.push(
        entry.flatMap(({ resource, search }: { resource: StoredBody; search: { mode: string } }) =>
          search.mode === 'match' ? [resource.id] : [],
        ),
      )
      const next = link.find(({ relation }: { relation: string }) => relation === 'next')
      path = next ? String(next.url).slice(String(next.url).indexOf('/Task')) : ''
    }
    assert.deepEqual(pages.flat().slice(-5), created)
    assert.ok(pages.slice(0, -1).every((ids) => ids.length === 2) && pages.at(-1)!.length > 0, JSON.stringify(pages))
  })

  it('are found one by one, by the id that a notification names', async () => {
    await post(es, permit('abe'))
    const [task, other] = [await refer(), await refer('adult-basic-education', `OTHER-${count}`)]
    const { entry, total } = made(await abe.get(`/Task/$open-referrals?_id=${task.id}`))
    assert.deepEqual([entry.length, entry[0].resource.id, total], [2, task.id, 1])
    assert.notEqual(other.id, task.id)
    assert.equal(made(await vr.get(`/Task/$open-referrals?_id=${task.id}`)).entry, undefined)
  })

  it('are found by the search parameter `open-referral` until they are claimed', async () => {
    await post(es, permit('abe'))
    await refer()
    const found = made(await es.get(`/Task?patient=${subject}&open-referral=fulfill`))
    assert.equal(found.entry.length, 1)
    made(await claim(abe, found.entry[0].resource.id))
    assert.equal(made(await es.get(`/Task?patient=${subject}&open-referral=fulfill`)).entry, undefined)
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

  it('take a page and an id as parameters and no others, and $claim is a POST', async () => {
    refused(await abe.get('/Task/$open-referrals?_count=0'), 400, 'invalid-parameter')
    refused(await abe.get('/Task/$open-referrals?_cursor=x'), 400, 'invalid-parameter')
    refused(await abe.get('/Task/$open-referrals?owner=abe'), 400, 'unknown-parameter')
    assert.equal((await abe.get('/Task/nothing/$claim')).status, 405)
    refused(await claim(abe, 'nothing'), 404, 'not-found')
  })
})
