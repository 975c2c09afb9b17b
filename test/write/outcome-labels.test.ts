/** Free text with the outcome of a referral: a warning to whoever sends it, and the label of a restricted program, on every path. */
import assert from 'node:assert/strict'
import { referred } from '../attack/scene.ts'
import {
  agency,
  business,
  codeSystemAt,
  coded,
  consent,
  output,
  resident,
  subscription,
  type Body,
  type StoredBody,
} from '../builders/index.ts'
import { given, made, refused, type Answer, type Client, type Given } from '../given.ts'

const SECRET = 'cannot hold a pen'
const CLASS = codeSystemAt('restricted-class')

describe('write / free text with the outcome of a referral', function () {
  this.timeout(30_000)
  let hub: Given
  let es: Client, vr: Client, abe: Client, dhs: Client
  let subject: string
  let count = 0
  before(async () => {
    hub = await given()
    ;[es, vr, abe, dhs] = ['es', 'vr', 'abe', 'dhs'].map((one) => hub.as(one)) as [Client, Client, Client, Client]
  })
  after(() => hub.stop())
  beforeEach(async () => {
    subject = `Patient/${made(await es.post('/Patient', resident('es', `TEXT-${(count += 1)}`))).id}`
    made(await es.post('/Consent', consent(subject, 'es', 'dhs')))
  })

  const declined = (more: object = {}) => ({
    status: 'cancelled',
    ...business('declined'),
    statusReason: { text: SECRET },
    output: [output('outcome', 'referral-outcome', 'declined')],
    ...more,
  })
  const close = async (owner: string, more: object = {}): Promise<StoredBody> => {
    const { task } = await referred(es, subject, 'es', owner)
    return made(await hub.as(owner).change(task, declined(more))) as StoredBody
  }
  const labelsOf = (task: Body): readonly string[] =>
    ((task.meta as { security?: readonly { code: string }[] } | undefined)?.security ?? []).map(({ code }) => code)

  it('labels the referral with the class of a restricted program, and none of another program', async () => {
    assert.deepEqual(labelsOf(await close('vr')), ['R', 'rehabilitation'])
    assert.deepEqual(labelsOf(await close('abe')), [])
  })

  it('keeps the label from being taken off by either party', async () => {
    const task = await close('vr')
    const meta = { security: [{ system: CLASS, code: 'rehabilitation' }] }
    const call = (client: Client) =>
      client.post(`/Task/${task.id}/$meta-delete`, {
        resourceType: 'Parameters',
        parameter: [{ name: 'meta', valueMeta: meta }],
      })
    for (const client of [es, vr]) {
      const { valueMeta } = made(await call(client)).parameter[0]
      assert.deepEqual([labelsOf({ ...task, meta: valueMeta }), valueMeta.versionId], [['R', 'rehabilitation'], '2'])
    }
  })

  const PATHS: Readonly<Record<string, (client: Client, task: StoredBody) => Promise<Answer>>> = {
    read: (client, { id }) => client.get(`/Task/${id}`),
    'vread of the version with the text': (client, { id }) => client.get(`/Task/${id}/_history/2`),
    'vread of the version before it': (client, { id }) => client.get(`/Task/${id}/_history/1`),
    history: (client, { id }) => client.get(`/Task/${id}/_history`),
    'search by id': (client, { id }) => client.get(`/Task?_id=${id}`),
    'search by outcome': (client) => client.get(`/Task?patient=${subject}&outcome=declined`),
    'search with _include': (client, { id }) => client.get(`/Task?_id=${id}&_include=Task:focus`),
    $everything: (client) => client.get(`/${subject}/$everything`),
    '$intake-package': (client) => client.get(`/${subject}/$intake-package`),
    batch: (client, { id }) =>
      client.post('/', {
        resourceType: 'Bundle',
        type: 'batch',
        entry: [{ request: { method: 'GET', url: `Task/${id}` } }],
      }),
  }
  for (const [path, send] of Object.entries(PATHS)) {
    it(`is shown by ${path} to the parties and the board, and to no agency without the class`, async () => {
      const task = await close('vr')
      const shows = async (client: Client): Promise<boolean> => (await send(client, task)).text.includes(SECRET)
      const isShown = !['vread of the version before it', '$intake-package'].includes(path)
      assert.deepEqual(await Promise.all([es, vr, hub.as(undefined), dhs, abe].map(shows)), [
        isShown,
        isShown,
        isShown,
        false,
        false,
      ])
      const { text } = await send(dhs, task)
      assert.ok(
        !text.includes(`"Task/${task.id}"`) && !text.includes(`"id":"${task.id}"`),
        'not even that there is one',
      )
    })
  }

  it('is sent in no notification to an agency without the class', async () => {
    const body = subscription('https://agency.example/hook', {
      topic: 'referral-status-changed',
      content: 'full-resource',
      status: 'off',
    })
    const [mine, theirs] = [made(await vr.post('/Subscription', body)), made(await dhs.post('/Subscription', body))]
    await close('vr')
    await hub.hub.catchUp()
    assert.match((await vr.get(`/Subscription/${mine.id}/$events`)).text, new RegExp(SECRET))
    const { text } = await dhs.get(`/Subscription/${theirs.id}/$events`)
    assert.ok(!text.includes(SECRET) && !text.includes('notification-event'), text)
  })

  it('stays with both parties whoever writes on, and opens to whom a consent of the program opens the class', async () => {
    const closed = await close('vr')
    const noted = made(await es.change(closed, { note: [{ text: 'Asked again.' }] })) as StoredBody
    assert.deepEqual(labelsOf(noted), ['R', 'rehabilitation'])
    assert.ok((await vr.get(`/Task/${closed.id}`)).text.includes(SECRET))
    made(await vr.change(noted, { note: [...(noted.note as object[]), { text: 'No.' }] }))
    assert.ok((await es.get(`/Task/${closed.id}`)).text.includes(SECRET))
    refused(await dhs.get(`/Task/${closed.id}`), 404, 'not-found')
    const release = consent(subject, 'es', 'dhs', { classes: ['rehabilitation'] })
    refused(await es.post('/Consent', release), 422, 'reference-not-found')
    made(await vr.post('/Consent', { ...release, organization: [agency('vr')] }))
    assert.ok((await dhs.get(`/Task/${closed.id}`)).text.includes(SECRET))
  })

  it('is labelled by the agency that works on the referral itself, and by no other', async () => {
    const { task } = await referred(es, subject, 'es', 'abe')
    const security = [
      { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' },
      { system: CLASS, code: 'disability' },
    ]
    const meta = { ...(task.meta as object), security }
    assert.equal((await dhs.change(task, { meta })).status, 403)
    const labelled = made(await abe.change(task, { meta, status: 'accepted', ...business('accepted') }))
    assert.deepEqual(labelsOf(labelled), ['R', 'disability'])
    refused(await dhs.get(`/Task/${task.id}`), 404, 'not-found')
    made(await es.get(`/Task/${task.id}`))
  })

  it('labels what comes later: a note, feedback, a corrected outcome; and nothing where there is no text', async () => {
    const { task } = await referred(es, subject, 'es', 'vr')
    const accepted = made(await vr.change(task, { status: 'accepted', ...business('accepted') })) as StoredBody
    assert.deepEqual(labelsOf(made(await vr.change(accepted, { note: [{ text: 'Came in.' }] }))), [])
    const current = made(await vr.get(`/Task/${task.id}`)) as StoredBody
    const done = made(
      await vr.change(current, {
        status: 'completed',
        ...business('services-received'),
        output: [
          output('outcome', 'referral-outcome', 'received-services'),
          output('resulting-service-code', 'service-catalogue', 'career-counseling'),
        ],
      }),
    ) as StoredBody
    assert.deepEqual(labelsOf(done), [])
    const feedback = { type: coded(codeSystemAt('task-output'), 'feedback'), valueString: SECRET }
    const noted = made(await vr.change(done, { output: [...(done.output as object[]), feedback] }))
    assert.deepEqual(labelsOf(noted), ['R', 'rehabilitation'])
  })

  it('warns whoever sends it, by an OperationOutcome where that is preferred and in the entry of a Bundle', async () => {
    const { task } = await referred(es, subject, 'es', 'vr')
    const body = { ...task, ...declined({ note: [{ text: 'Twice.' }] }) } as Body
    const answer = await vr.send('PUT', `/Task/${task.id}`, body, {
      headers: { 'If-Match': 'W/"1"', Prefer: 'return=OperationOutcome' },
    })
    const { issue } = made(answer)
    assert.deepEqual(
      issue.map((one: { severity: string; expression: string[]; details: { coding: { code: string }[] } }) => [
        one.severity,
        one.details.coding[0]?.code,
        one.expression[0],
      ]),
      [
        ['warning', 'outcome-text', 'Task.statusReason.text'],
        ['warning', 'outcome-text', 'Task.note[0].text'],
      ],
    )
    assert.match(issue[0].details.text, /labelled `rehabilitation`/)
    for (const type of ['transaction', 'batch']) {
      const other = (await referred(es, subject, 'es', 'abe')).task
      const entry = {
        resource: { ...other, ...declined() },
        request: { method: 'PUT', url: `Task/${other.id}`, ifMatch: 'W/"1"' },
      }
      const { response } = made(await abe.post('/', { resourceType: 'Bundle', type, entry: [entry] })).entry[0]
      const [warned] = response.outcome.issue
      assert.deepEqual(warned.expression, ['Bundle.entry[0].resource.statusReason.text'], type)
      assert.match(warned.details.text, /Every agency/)
    }
  })
})
