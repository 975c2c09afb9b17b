/** $revoke-consent: at once and whatever else there is, the agency is out; by every agency of the circle, and by signature. */
import assert from 'node:assert/strict'
import {
  business,
  condition,
  consent,
  goal,
  labelled,
  participant,
  participation,
  referral,
  task,
  type Body,
  type StoredBody,
} from '../builders/index.ts'
import { given, made, refused, type Answer, type Client, type Given } from '../given.ts'

const NOBODY = 'Patient/01m863k2tm9c8g8t5se4rmnst2'

export const revocation = (recipient: string, more: readonly object[] = []) => ({
  resourceType: 'Parameters',
  parameter: [{ name: 'recipient', valueReference: { reference: `Organization/${recipient}` } }, ...more],
})
const SIGNED = [
  {
    name: 'signature',
    valueSignature: {
      type: [{ system: 'urn:iso-astm:E1762-95:2013', code: '1.2.840.10065.1.12.1.7' }],
      when: '2026-01-05T09:00:00Z',
      who: { display: 'Ida Ferris' },
      data: 'SWRhIEZlcnJpcw==',
    },
  },
]

describe('operations / revoke-consent', () => {
  let hub: Given
  let es: Client, abe: Client, vr: Client, dhs: Client, board: Client
  before(async () => {
    hub = await given()
    ;[es, abe, vr, dhs, board] = ['es', 'abe', 'vr', 'dhs', 'board'].map((one) => hub.as(one)) as [
      Client,
      Client,
      Client,
      Client,
      Client,
    ]
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
  const revoke = (client: Client, subject: string, recipient: string, more: readonly object[] = []) =>
    client.post(`/${subject}/$revoke-consent`, revocation(recipient, more))
  /** A referral from es to abe, with the consent that it needs. */
  async function refer(subject: string, status?: object) {
    await post(es, consent(subject, 'es', 'abe'))
    const request = await post(es, referral(subject, 'es', 'abe'))
    const sent = await post(es, task(subject, `ServiceRequest/${request.id}`, 'es', 'abe'))
    return status ? (made(await put(abe, sent, status)) as StoredBody) : sent
  }
  const ACCEPTED = { status: 'accepted', ...business('accepted') }

  /** Everything by which abe can know of a participant, all at once. */
  async function entangled() {
    const subject = await newcomer()
    const sent = await refer(subject)
    const taken = await refer(subject, ACCEPTED)
    const episode = await post(abe, participation(subject, 'abe'))
    const own = await post(abe, condition(subject))
    const shared = await post(es, condition(subject))
    await post(es, labelled(condition(subject), 'rehabilitation'))
    await post(es, consent(subject, 'es', 'abe', { classes: ['rehabilitation'] }))
    return { subject, sent, taken, episode, own, shared }
  }

  for (const who of ['es', 'vr', 'board', 'abe'] as const)
    it(`ends every way of knowing at once, by ${who}, and leaves the agency its own records`, async () => {
      const { subject, sent, taken, episode, own, shared } = await entangled()
      await post(es, consent(subject, 'es', 'vr'))
      const denial = made(await revoke(hub.as(who), subject, 'abe'))
      assert.equal(denial.provision.type, 'deny')
      for (const key of [subject, `Condition/${shared.id}`, `Task/${String(sent.id)}`, `Task/${String(taken.id)}`])
        assert.equal(await knows(abe, key), false, key)
      for (const key of [`EpisodeOfCare/${episode.id}`, `Condition/${own.id}`])
        assert.equal(await knows(abe, key), true, key)
      for (const one of [sent, taken]) {
        const recalled = made(await es.get(`/Task/${String(one.id)}`))
        assert.equal(recalled.status, 'cancelled')
        assert.equal(recalled.businessStatus.coding[0].code, 'withdrawn')
        assert.ok(recalled.statusReason.text)
      }
      const { entry } = made(await board.get(`/Consent?patient=${subject}&actor=Organization/abe&_count=50`))
      const active = (entry as { resource: { status: string; provision: { type: string } } }[])
        .map(({ resource }) => resource)
        .filter(({ status }) => status === 'active')
      assert.deepEqual(
        active.map(({ provision }) => provision.type),
        ['deny'],
      )
      assert.equal(await knows(es, subject), true)
      assert.equal(await knows(vr, subject), true)
    })

  it('keeps the other agencies that a consent names', async () => {
    const subject = await newcomer()
    const both = consent(subject, 'es', 'abe') as Body & { provision: { actor: object[] } }
    const [actor] = (consent(subject, 'es', 'vr') as typeof both).provision.actor
    await post(es, { ...both, provision: { ...both.provision, actor: [...both.provision.actor, actor!] } } as Body)
    made(await revoke(es, subject, 'abe'))
    assert.deepEqual([await knows(abe, subject), await knows(vr, subject)], [false, true])
  })

  it('outweighs what is recorded later: a consent, a participation, a referral', async () => {
    const subject = await newcomer()
    made(await revoke(es, subject, 'abe'))
    await post(es, consent(subject, 'es', 'abe'))
    await post(board, participation(subject, 'abe'))
    assert.equal(await knows(abe, subject), false)
    const answer = await es.post('/ServiceRequest', referral(subject, 'es', 'abe'))
    assert.match(refused(answer, 422, 'consent-missing'), /denies/)
    const parameter = [
      { name: 'service', valueCode: 'program-referral-coordination' },
      { name: 'performer', valueReference: { reference: 'Organization/abe' } },
    ]
    const refer = await es.post(`/${subject}/$refer`, { resourceType: 'Parameters', parameter })
    refused(refer, 422, 'consent-missing')
  })

  it('does not deny the agency of entry its participant', async () => {
    const subject = await newcomer()
    await post(es, consent(subject, 'es', 'vr'))
    made(await revoke(vr, subject, 'es'))
    assert.equal(await knows(es, subject), true)
  })

  it('is lifted by any other agency of the circle, or the board, and not by an agency that it is about', async () => {
    const subject = await newcomer()
    for (const to of ['abe', 'vr']) await post(es, consent(subject, 'es', to))
    const denial = made(await revoke(es, subject, 'abe')) as StoredBody
    await post(es, consent(subject, 'es', 'abe'))
    refused(await put(vr, denial, { status: 'inactive', language: 'en' }), 403, 'forbidden')
    made(await put(vr, denial, { status: 'inactive' }))
    assert.equal(await knows(abe, subject), true)
    const again = made(await revoke(vr, subject, 'es')) as StoredBody
    refused(await put(es, again, { status: 'inactive' }), 403, 'forbidden')
    made(await put(board, again, { status: 'inactive' }))
  })

  it('answers the same whatever it ended', async () => {
    const [bare, full] = [await newcomer(), (await entangled()).subject]
    const shapes = []
    for (const subject of [bare, full]) {
      const { status, body } = await revoke(es, subject, 'abe')
      const { id, meta, dateTime, ...rest } = body
      assert.ok(id && meta && dateTime)
      shapes.push(JSON.stringify([status, rest]).replaceAll(subject, 'Patient/ID'))
    }
    assert.equal(shapes[0], shapes[1])
  })

  describe('from an agency that does not know the participant', () => {
    it('is unknown without a signature, and always the same 202 with one', async () => {
      const { subject } = await entangled()
      refused(await revoke(dhs, subject, 'abe'), 404, 'not-found')
      assert.equal(await knows(abe, subject), true)
      const answers: Answer[] = []
      for (const about of [subject, NOBODY, subject]) answers.push(await revoke(dhs, about, 'abe', SIGNED))
      assert.deepEqual(
        answers.map(({ status }) => status),
        [202, 202, 202],
      )
      assert.equal(new Set(answers.map(({ text }) => text)).size, 1)
      assert.deepEqual(
        [await knows(abe, subject), await knows(es, subject), await knows(dhs, subject)],
        [false, true, false],
      )
    })

    it('is counted, limited and reported to the board as a look-up is, whatever there is', async () => {
      const limited = await given({ HUB_LOOK_UP_LIMIT: '2' })
      try {
        const [entry, outsider, all] = ['es', 'dhs', 'board'].map((one) => limited.as(one)) as [Client, Client, Client]
        const subject = `Patient/${(await post(entry, participant('es'))).id}`
        const statuses: number[] = []
        for (const about of [NOBODY, subject, subject, NOBODY])
          statuses.push((await revoke(outsider, about, 'abe', SIGNED)).status)
        assert.deepEqual(statuses, [202, 202, 429, 429])
        const { entry: events = [] } = made(await all.get('/AuditEvent?subtype=withdrawal'))
        assert.equal(events.length, 2)
        assert.equal((await entry.get('/AuditEvent?subtype=withdrawal')).body.entry, undefined)
        // Who knows the participant is not limited.
        for (let times = 0; times < 3; times += 1) made(await revoke(entry, subject, 'abe'))
      } finally {
        await limited.stop()
      }
    })

    it('is recorded so that neither side learns of the other', async () => {
      const { subject } = await entangled()
      await revoke(dhs, subject, 'abe', SIGNED)
      const { entry = [] } = made(await dhs.get('/Consent'))
      assert.deepEqual(entry, [])
      const { text } = await es.get(`/Consent?patient=${subject}&_count=50`)
      assert.doesNotMatch(text, /Organization\/dhs/)
    })

    for (const [what, signature] of Object.entries({
      'without a time': { data: 'QUJD' },
      'without data': { when: '2026-01-05T09:00:00Z' },
      'with data that is no base64': { when: '2026-01-05T09:00:00Z', data: '%%' },
    }))
      it(`is refused with a signature ${what}, also about nobody`, async () => {
        const subject = await newcomer()
        const more = [{ name: 'signature', valueSignature: signature }]
        const [one, other] = [await revoke(dhs, subject, 'abe', more), await revoke(dhs, NOBODY, 'abe', more)]
        refused(one, 400, 'invalid-parameter')
        assert.equal(one.text, other.text)
      })
  })

  it('is refused for somebody who is no agency of the hub', async () => {
    refused(await revoke(es, await newcomer(), 'nobody'), 400, 'invalid-parameter')
  })

  describe('after it, a closed referral', () => {
    const NOTE = { note: [{ text: 'Called again.' }] }
    const REJECTED = { status: 'rejected', ...business('rejected-capacity'), statusReason: { text: 'Full.' } }

    it('is written by neither of its parties, whose notes the other does not read; the board corrects it', async () => {
      const subject = await newcomer()
      const closed = await refer(subject, REJECTED)
      made(await put(es, closed, NOTE))
      const current = async (client: Client) => made(await client.get(`/Task/${String(closed.id)}`)) as StoredBody
      const seen = await current(board)
      made(await revoke(es, subject, 'abe'))
      refused(await put(es, seen, { note: [...NOTE.note, { text: 'One more.' }] }), 422, 'referral-rule')
      assert.equal(await knows(abe, `Task/${String(closed.id)}`), false)
      assert.equal((await put(abe, seen, NOTE)).status, (await put(abe, { ...seen, id: NOBODY.slice(8) }, NOTE)).status)
    })

    it('is written by neither after a consent ended without a denial either', async () => {
      const subject = await newcomer()
      const permit = await post(es, consent(subject, 'es', 'abe'))
      const request = await post(es, referral(subject, 'es', 'abe'))
      const sent = await post(es, task(subject, `ServiceRequest/${request.id}`, 'es', 'abe'))
      const closed = made(await put(abe, sent, REJECTED)) as StoredBody
      const noted = made(await put(es, closed, NOTE)) as StoredBody
      made(await put(es, permit, { status: 'inactive' }))
      refused(await put(es, noted, { note: [...NOTE.note, { text: 'One more.' }] }), 422, 'referral-rule')
      const answer = await put(abe, noted, { note: [...NOTE.note, { text: 'One more.' }] })
      assert.ok(answer.status >= 400, answer.text)
    })

    it('keeps from the agency that is out what others write of a referral of its own', async () => {
      const subject = await newcomer()
      await post(es, consent(subject, 'es', 'vr'))
      await post(es, consent(subject, 'es', 'abe'))
      const request = await post(abe, referral(subject, 'abe', 'vr'))
      const sent = await post(abe, task(subject, `ServiceRequest/${request.id}`, 'abe', 'vr'))
      made(await revoke(es, subject, 'abe'))
      assert.equal(await knows(abe, `Task/${sent.id}`), true)
      made(await put(vr, sent, ACCEPTED))
      assert.equal(await knows(abe, `Task/${sent.id}`), false)
    })
  })

  it('is not undone by a goal that others change later', async () => {
    const subject = await newcomer()
    await post(es, consent(subject, 'es', 'abe'))
    const own = await post(abe, goal(subject))
    made(await revoke(es, subject, 'abe'))
    assert.equal(await knows(abe, `Goal/${own.id}`), true)
    made(await put(es, own, { note: [{ text: 'Seen.' }] }))
    assert.equal(await knows(abe, `Goal/${own.id}`), false)
  })
})
