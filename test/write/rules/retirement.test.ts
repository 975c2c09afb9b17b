/** Retired participants: who retires them, what they take, and where their links may lead. */
import assert from 'node:assert/strict'
import { attacked, newcomer, post, referred, type Scene } from '../../attack/scene.ts'
import {
  assessment,
  condition,
  consent,
  goal,
  participation,
  plan,
  profileAt,
  referral,
  service,
  task,
  transaction,
  type Body,
} from '../../builders/index.ts'
import { made, refused, type Answer, type Client } from '../../given.ts'

describe('write / rules / retirement', function () {
  this.timeout(60_000)
  let scene: Scene
  let es: Client, abe: Client, vr: Client, board: Client
  let one: string, two: string, three: string

  before(async () => {
    scene = await attacked()
    ;[es, abe, vr] = ['es', 'abe', 'vr'].map((agency) => scene.as(agency)) as [Client, Client, Client]
    board = scene.as('board')
  })
  after(() => scene.stop())
  beforeEach(async () => {
    ;[one, two, three] = [await newcomer(es, 'es'), await newcomer(es, 'es'), await newcomer(es, 'es')]
  })

  const linked = (other: string, type = 'replaced-by') => ({ link: [{ other: { reference: other }, type }] })
  const replaced = (other: string) => ({ active: false, ...linked(other) })
  const CLOSED = {
    active: false,
    extension: [{ url: profileAt('ext-closed-reason'), valueString: 'Moved to another state.' }],
  }
  const put = async (client: Client, subject: string, more: object): Promise<Answer> => {
    const { body } = await board.get(`/${subject}`)
    return client.put(`/${subject}`, { ...body, ...more }, body.meta.versionId)
  }

  it('is done, and undone, by the agency of entry and the board alone', async () => {
    await post(es, consent(one, 'es', 'abe'))
    await post(es, consent(two, 'es', 'abe'))
    for (const more of [CLOSED, replaced(two)]) {
      refused(await put(abe, one, more), 403, 'forbidden')
      made(await put(es, one, more))
      refused(await put(abe, one, { active: true, link: undefined, extension: undefined }), 403, 'forbidden')
      made(await put(board, one, { active: true, link: undefined, extension: undefined }))
    }
    made(await put(es, one, replaced(two)))
    refused(await put(abe, one, replaced(three)), 403, 'forbidden')
  })

  const NEW: readonly ((subject: string) => Body)[] = [
    condition,
    goal,
    (subject) => assessment(subject),
    (subject) => consent(subject, 'es', 'vr'),
    (subject) => participation(subject, 'es'),
    (subject) => referral(subject, 'es', 'abe'),
    (subject) => service(subject, 'es'),
  ]
  for (const [how, more] of [
    ['is closed', () => CLOSED],
    ['is replaced', () => replaced(two)],
  ] as const) {
    it(`takes nothing new of any type when it ${how}, by POST, by PUT and in a transaction`, async () => {
      const goalOfOne = await post(es, goal(one))
      made(await put(es, one, more()))
      const bodies = [...NEW.map((make) => make(one)), plan('es', one, `Goal/${goalOfOne.id}`) as Body]
      for (const [index, body] of bodies.entries()) {
        const text = refused(await es.post(`/${body.resourceType}`, body), 422, 'participant-retired')
        assert.equal(text.includes(two), how === 'is replaced', text)
        const id = `es.retired-${how === 'is closed' ? 'c' : 'r'}-${index}-${one.slice(8, 40)}`
        refused(await es.put(`/${body.resourceType}/${id}`, { ...body, id }), 422, 'participant-retired')
        const sent = await es.post('', transaction({ method: 'POST', url: body.resourceType, resource: body }))
        refused(sent, 422, 'participant-retired')
      }
      const parameter = [{ name: 'service', valueCode: 'program-referral-coordination' }]
      refused(await es.post(`/${one}/$refer`, { resourceType: 'Parameters', parameter }), 422, 'participant-retired')
    })
  }

  it('brings to an end what was begun, and begins nothing that was not', async () => {
    const { request, task: sent } = await referred(es, one, 'es', 'abe')
    const draft = await post(es, {
      ...task(one, `ServiceRequest/${request.id}`, 'es', 'abe'),
      status: 'draft',
      businessStatus: {
        coding: [
          { system: 'https://no-wrong-door.example/fhir/CodeSystem/referral-business-status', code: 'proposed' },
        ],
      },
    } as Body)
    const ended = await post(
      es,
      participation(one, 'es', { status: 'finished', period: { start: '2026-01-05', end: '2026-01-09' } }),
    )
    const withdrawn = await post(es, { ...consent(one, 'es', 'vr'), status: 'inactive' })
    const barrier = await post(es, condition(one))
    made(await es.delete(`/Condition/${barrier.id}`).then((answer) => ({ ...answer, status: 200 })))
    made(await put(es, one, replaced(two)))
    made(
      await abe.put(
        `/Task/${sent.id}`,
        {
          ...sent,
          status: 'accepted',
          businessStatus: {
            coding: [
              { system: 'https://no-wrong-door.example/fhir/CodeSystem/referral-business-status', code: 'accepted' },
            ],
          },
        },
        1,
      ),
    )
    const again: readonly (readonly [string, object])[] = [
      [`/Task/${draft.id}`, { ...draft, status: 'requested', businessStatus: sent.businessStatus }],
      [`/EpisodeOfCare/${ended.id}`, { ...ended, status: 'active', period: { start: '2026-01-05' } }],
      [`/Consent/${withdrawn.id}`, { ...withdrawn, status: 'active' }],
      [`/Condition/${barrier.id}`, barrier],
    ]
    for (const [path, body] of again)
      refused(await es.put(path, body, path.startsWith('/Condition') ? undefined : 1), 422, 'participant-retired')
  })

  it('names the record in use at the end of the links, as far as the caller may know it', async () => {
    await post(es, consent(one, 'es', 'abe'))
    made(await put(es, one, replaced(two)))
    assert.ok(!refused(await abe.post('/Condition', condition(one)), 422, 'participant-retired').includes(two))
    made(await put(es, two, replaced(three)))
    assert.ok(refused(await es.post('/Condition', condition(one)), 422, 'participant-retired').includes(three))
  })

  it('takes nothing that comes between what the writer saw and the commit', async () => {
    scene.between(async () => made(await put(es, one, CLOSED)))
    refused(await es.post('/Condition', condition(one)), 422, 'participant-retired')
  })

  it('has no link to itself, whatever its type, and none that comes back over any number of records', async () => {
    for (const type of ['replaced-by', 'refer', 'seealso', 'replaces'])
      for (const other of [one, `${one}/_history/1`, `${scene.url}/${one}`])
        refused(await put(es, one, { active: type !== 'replaced-by', ...linked(other, type) }), 422, 'value-conflict')
    made(await put(es, one, replaced(two)))
    refused(await put(es, two, replaced(one)), 422, 'value-conflict')
    refused(await put(es, two, linked(one, 'refer')), 422, 'value-conflict')
    made(await put(es, two, replaced(three)))
    refused(await put(es, three, replaced(one)), 422, 'value-conflict')
    refused(await put(es, three, replaced(two)), 422, 'value-conflict')
    made(
      await put(es, three, {
        link: [
          { other: { reference: two }, type: 'replaces' },
          { other: { reference: one }, type: 'seealso' },
        ],
      }),
    )
    refused(await put(es, three, linked(one, 'replaces')), 422, 'value-conflict')
  })

  it('has no circle of links in one transaction, nor when several writers link at once', async () => {
    const entry = async (subject: string, other: string) => {
      const resource = { ...made(await es.get(`/${subject}`)), ...replaced(other) }
      return { resource, request: { method: 'PUT', url: subject, ifMatch: 'W/"1"' } }
    }
    const bundle = {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [await entry(one, two), await entry(two, three), await entry(three, one)],
    }
    refused(await es.post('', bundle), 422, 'value-conflict')
    scene.between(async () => made(await put(es, two, replaced(one))))
    refused(await put(es, one, replaced(two)), 422, 'value-conflict')
    const answers = await Promise.all([
      put(es, one, CLOSED),
      put(es, three, replaced(two)),
      put(es, two, replaced(three)),
    ])
    assert.ok(answers.length === 3)
  })

  it('names one replacing record of the hub, on a record that is not in use', async () => {
    refused(await put(es, one, linked(two)), 422, 'value-conflict')
    refused(await put(es, one, replaced('https://elsewhere.example/fhir/Patient/1')), 422, 'value-conflict')
    const link = [two, three].map((reference) => ({ other: { reference }, type: 'replaced-by' }))
    refused(await put(es, one, { active: false, link }), 422, 'value-conflict')
    refused(await put(vr, one, replaced(two)), 412, 'version-conflict')
  })

  it('says that it is merged only by the word of the hub', async () => {
    const extension = [{ url: profileAt('ext-merged-into'), valueReference: { reference: two } }]
    refused(await put(es, one, { ...replaced(two), extension }), 422, 'participant-retired')
    refused(await put(board, one, { ...replaced(two), extension }), 422, 'participant-retired')
    const { id: _, ...body } = made(await es.get(`/${one}`))
    refused(await es.post('/Patient', { ...body, ...replaced(two), extension }), 422, 'participant-retired')
  })
})
