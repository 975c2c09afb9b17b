/** Nobody widens access for himself: every kind of write, by an agency that is out and by one without the class. */
import assert from 'node:assert/strict'
import {
  business,
  condition,
  consent,
  denial,
  goal,
  labelled,
  participant,
  participation,
  referral,
  task,
  transaction,
  type Body,
  type StoredBody,
} from '../../builders/index.ts'
import { given, made, refused, type Answer, type Client, type Given } from '../../given.ts'

const FINISHED = { status: 'finished', period: { start: '2026-01-05', end: '2026-01-31' } }
const NOBODY = '01m863k2tm9c8g8t5se4rmnst2'

describe('write / rules / access', () => {
  let hub: Given
  let es: Client, abe: Client, vr: Client, board: Client
  before(async () => {
    hub = await given()
    ;[es, abe, vr, board] = ['es', 'abe', 'vr', 'board'].map((one) => hub.as(one)) as [Client, Client, Client, Client]
  })
  after(() => hub.stop())

  const post = async (client: Client, body: Body) =>
    made(await client.post(`/${body.resourceType}`, body)) as StoredBody & { id: string }
  const put = (client: Client, record: StoredBody, more: object = {}) => {
    const version = record.resourceType === 'Task' ? (record.meta as { versionId: string }).versionId : undefined
    return client.put(`/${record.resourceType}/${String(record.id)}`, { ...record, ...more }, version)
  }
  const newcomer = async () => `Patient/${(await post(es, participant('es'))).id}`
  const knows = async (client: Client, key: string) => (await client.get(`/${key}`)).status === 200

  /** The answer with the id of the participant taken out. */
  const comparable = ({ status, body }: Answer, id: string) => [status, JSON.stringify(body.issue).replaceAll(id, 'ID')]
  const issueOf = ({ status, body }: Answer, id: string) => {
    const { code, details, expression } = refusalIn(body.issue)
    return JSON.stringify([status, code, details, expression]).replaceAll(id, 'ID')
  }

  type RefusedIssue = { code: string; details: { coding: { code: string }[] }; expression: string[] }
  const refusalIn = (issues: readonly RefusedIssue[]) =>
    issues.find(({ details }) => details.coding[0]!.code === 'reference-not-found')!
  const expressionOf = ({ body }: Answer): string => refusalIn(body.issue).expression[0]!

  /** abe wrote records about a participant whom it no longer may know of. */
  async function shutOut() {
    const subject = await newcomer()
    const permit = await post(es, consent(subject, 'es', 'abe'))
    const episode = await post(abe, participation(subject, 'abe'))
    const shared = await post(abe, consent(subject, 'abe', 'abe', { end: '2099-01-01' }))
    const other = await post(abe, consent(subject, 'abe', 'vr'))
    made(await put(abe, episode, FINISHED))
    made(await put(abe, shared, { status: 'inactive' }))
    made(await put(abe, other, { status: 'inactive' }))
    made(await put(es, permit, { status: 'inactive' }))
    assert.equal(await knows(abe, subject), false)
    return { subject, episode, shared, other }
  }

  const ATTEMPTS: Readonly<Record<string, (records: Awaited<ReturnType<typeof shutOut>>) => Promise<Answer>>> = {
    'a finished participation that is set active again': ({ episode }) => put(abe, episode, { status: 'active' }),
    'a consent for itself that is set active again': ({ shared }) => put(abe, shared, { status: 'active' }),
    'a consent for another agency that is set active again': ({ other }) => put(abe, other, { status: 'active' }),
    'a deleted participation that is brought back': async ({ episode }) => {
      assert.equal((await abe.delete(`/EpisodeOfCare/${episode.id}`)).status, 204)
      return abe.put(`/EpisodeOfCare/${episode.id}`, { ...episode, status: 'active' })
    },
    'a deleted consent that is brought back': async ({ shared }) => {
      assert.equal((await abe.delete(`/Consent/${shared.id}`)).status, 204)
      return abe.put(`/Consent/${shared.id}`, { ...shared, status: 'active' })
    },
  }
  for (const [what, attempt] of Object.entries(ATTEMPTS))
    it(`refuses ${what} like a create about nobody, and opens nothing`, async () => {
      const records = await shutOut()
      const id = records.subject.split('/')[1]!
      const answer = await attempt(records)
      refused(answer, 422, 'reference-not-found')
      const created = await abe.post('/Condition', condition(`Patient/${NOBODY}`))
      assert.equal(issueOf(answer, id), issueOf(created, NOBODY).replace('Condition.subject', expressionOf(answer)))
      assert.deepEqual([await knows(abe, records.subject), await knows(vr, records.subject)], [false, false])
    })

  it('refuses the same inside a transaction, and commits none of it', async () => {
    const { subject, episode } = await shutOut()
    const resource = { ...episode, status: 'active' } as Body
    const mine = participant('abe')
    const answer = await abe.post(
      '/',
      transaction(
        { method: 'POST', url: 'Patient', resource: mine },
        { method: 'PUT', url: `EpisodeOfCare/${episode.id}`, resource },
      ),
    )
    refused(answer, 422, 'reference-not-found')
    assert.match(answer.body.issue.at(-1).expression[0], /^Bundle\.entry\[1\]\.resource/)
    assert.equal(await knows(abe, subject), false)
  })

  it('says the same in $validate', async () => {
    const { episode } = await shutOut()
    const answer = await abe.post(`/EpisodeOfCare/${episode.id}/$validate?mode=update`, {
      ...episode,
      status: 'active',
    })
    assert.match(JSON.stringify(answer.body), /reference-not-found/)
  })

  it('refuses to send a draft, and to send an own old referral again, about somebody who is no longer known', async () => {
    const subject = await newcomer()
    const permit = await post(es, consent(subject, 'es', 'abe'))
    await post(es, consent(subject, 'es', 'vr'))
    const request = await post(abe, { ...referral(subject, 'abe', 'vr') })
    const sent = task(subject, `ServiceRequest/${request.id}`, 'abe', 'vr')
    const draft = await post(abe, { ...sent, status: 'draft', ...business('proposed') })
    made(await put(es, permit, { status: 'inactive' }))
    assert.equal(await knows(abe, subject), false)
    const answer = await put(abe, draft, { status: 'requested', ...business('awaiting-contact') })
    refused(answer, 422, 'reference-not-found')
    assert.equal(await knows(abe, subject), false)
  })

  it('lets an agency that is out change its own record where that opens nothing', async () => {
    const { episode } = await shutOut()
    made(await put(abe, episode, { ...FINISHED, period: { start: '2026-01-05', end: '2026-02-01' } }))
  })

  it('lets a member share on, and its new participant join with all that comes in the same transaction', async () => {
    const subject = await newcomer()
    await post(es, consent(subject, 'es', 'abe'))
    await post(abe, consent(subject, 'abe', 'vr'))
    assert.equal(await knows(vr, subject), true)
    const urn = 'urn:uuid:0c4f0a4e-2b4e-4a39-a7a2-4a8f5a8c9f10'
    made(
      await abe.post(
        '/',
        transaction(
          { method: 'POST', url: 'Patient', resource: participant('abe'), fullUrl: urn },
          { method: 'POST', url: 'EpisodeOfCare', resource: participation(urn, 'abe') },
          { method: 'POST', url: 'Consent', resource: consent(urn, 'abe', 'vr') },
        ),
      ),
    )
  })

  describe('a release of a restricted class', () => {
    async function restricted() {
      const subject = await newcomer()
      for (const to of ['abe', 'vr']) await post(es, consent(subject, 'es', to))
      const held = await post(vr, labelled(condition(subject), 'rehabilitation'))
      return { subject, held: `Condition/${held.id}` }
    }
    const release = (subject: string, by: string, to: string) =>
      consent(subject, by, to, { classes: ['rehabilitation'] })

    for (const to of ['abe', 'es', 'dhs'])
      it(`is refused from a member whose records do not carry the class, for ${to}, whether or not there is such a record`, async () => {
        const { subject, held } = await restricted()
        const without = await newcomer()
        for (const agency of ['abe', 'vr']) await post(es, consent(without, 'es', agency))
        const [one, other] = [subject, without].map((about) => about.split('/')[1]!) as [string, string]
        const answers = [
          issueOf(await abe.post('/Consent', release(subject, 'abe', to)), one),
          issueOf(await abe.post('/Consent', release(without, 'abe', to)), other),
        ]
        assert.equal(answers[0], answers[1])
        assert.match(answers[0]!, /^\[422.*reference-not-found/)
        assert.equal(await knows(hub.as(to), held), false)
      })

    it('is not smuggled in by an update of a consent, nor by a record of its own with the label', async () => {
      const { subject, held } = await restricted()
      const permit = await post(abe, consent(subject, 'abe', 'abe'))
      const provision = { ...(permit.provision as object), ...(release(subject, 'abe', 'abe').provision as object) }
      refused(await put(abe, permit, { provision }), 422, 'reference-not-found')
      await post(abe, labelled(goal(subject), 'rehabilitation'))
      await abe.post('/Consent', release(subject, 'abe', 'abe'))
      await abe.post('/Consent', release(subject, 'abe', 'es'))
      assert.deepEqual([await knows(abe, held), await knows(es, held)], [false, false])
    })

    it('is recorded by the agency whose records carry it, and opens those', async () => {
      const { subject, held } = await restricted()
      await post(vr, release(subject, 'vr', 'abe'))
      assert.deepEqual([await knows(abe, held), await knows(es, held)], [true, false])
      const later = await post(vr, labelled(goal(subject), 'rehabilitation'))
      assert.equal(await knows(abe, `Goal/${later.id}`), true)
      const others = await post(es, labelled(condition(subject), 'rehabilitation'))
      assert.equal(await knows(abe, `Condition/${others.id}`), false)
    })

    it('is recorded by the board, and opens every record of the class', async () => {
      const { subject, held } = await restricted()
      const others = await post(es, labelled(condition(subject), 'rehabilitation'))
      await post(board, release(subject, 'es', 'abe'))
      assert.deepEqual([await knows(abe, held), await knows(abe, `Condition/${others.id}`)], [true, true])
    })

    it('comes with the first record of the class in one transaction', async () => {
      const { subject } = await restricted()
      made(
        await es.post(
          '/',
          transaction(
            { method: 'POST', url: 'Condition', resource: labelled(condition(subject, 'disability'), 'disability') },
            { method: 'POST', url: 'Consent', resource: consent(subject, 'es', 'abe', { classes: ['disability'] }) },
          ),
        ),
      )
    })
  })

  describe('a denial', () => {
    it('is not lifted by the agency that it is about, whoever recorded it and however', async () => {
      const subject = await newcomer()
      await post(es, consent(subject, 'es', 'abe'))
      const own = await post(abe, denial(subject, 'abe', 'abe'))
      assert.equal(await knows(abe, subject), false)
      const id = subject.split('/')[1]!
      for (const answer of [
        await put(abe, own, { status: 'inactive' }),
        await put(abe, own, { provision: { ...(own.provision as object), type: 'permit' } }),
        await put(abe, own, { provision: { ...(own.provision as object), period: { end: '2026-01-06' } } }),
        await abe.delete(`/Consent/${own.id}`),
      ]) {
        refused(answer, 422, 'reference-not-found')
        assert.match(String(comparable(answer, id)[1]), /Patient\/ID/)
      }
      assert.equal(await knows(abe, subject), false)
    })
  })
})
