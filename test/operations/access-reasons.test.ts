/** $why and $consent-check: the records by which an agency may know, as far as the caller may know of them. */
import assert from 'node:assert/strict'
import {
  condition,
  consent,
  labelled,
  participant,
  participation,
  type Body,
  type StoredBody,
} from '../builders/index.ts'
import { given, made, refused, type Answer, type Client, type Given } from '../given.ts'

type Part = { name: string; valueString?: string; valueReference?: { reference: string }; valueCode?: string }

describe('operations / access-reasons', () => {
  let hub: Given
  let es: Client, abe: Client, vr: Client, board: Client
  before(async () => {
    hub = await given()
    ;[es, abe, vr, board] = ['es', 'abe', 'vr', 'board'].map((one) => hub.as(one)) as [Client, Client, Client, Client]
  })
  after(() => hub.stop())

  const post = async (client: Client, body: Body) =>
    made(await client.post(`/${body.resourceType}`, body)) as StoredBody & { id: string }
  const reasons = (answer: Answer, name = 'reason'): string[] =>
    (made(answer).parameter as { name: string; part?: Part[] }[])
      .filter((one) => one.name === name)
      .map(({ part = [] }) => part.map((one) => one.valueString ?? one.valueReference?.reference ?? one.valueCode))
      .map((values) => values.filter((one) => one !== undefined).join(' '))
      .sort()

  async function scene() {
    const subject = `Patient/${(await post(es, participant('es'))).id}`
    const permit = await post(es, consent(subject, 'es', 'abe'))
    const episode = await post(abe, participation(subject, 'abe'))
    return { subject, permit, episode }
  }

  it('name every record that makes an agency a member, to the board and the agency of entry', async () => {
    const { subject, permit, episode } = await scene()
    const right = [`consent Consent/${permit.id}`, `open participation EpisodeOfCare/${episode.id}`]
    for (const client of [es, board]) assert.deepEqual(reasons(await client.get(`/${subject}/$why?agency=abe`)), right)
    assert.deepEqual(reasons(await abe.get(`/${subject}/$consent-check`)), right)
    assert.deepEqual(reasons(await es.get(`/${subject}/$why?agency=es`)), [
      `agency of entry ${subject}`,
      'wrote the record',
    ])
    assert.deepEqual(reasons(await es.get(`/${subject}/$why?agency=dhs`)), [])
  })

  it('name a denial, and nothing after a withdrawal', async () => {
    const { subject, permit, episode } = await scene()
    const parameter = [{ name: 'recipient', valueReference: { reference: 'Organization/abe' } }]
    const denial = made(await es.post(`/${subject}/$revoke-consent`, { resourceType: 'Parameters', parameter }))
    const answer = await es.get(`/${subject}/$why?agency=abe`)
    assert.deepEqual(reasons(answer, 'denial'), [`denial Consent/${denial.id}`])
    assert.ok(!reasons(answer).includes(`consent Consent/${permit.id}`))
    refused(await abe.get(`/${subject}/$consent-check`), 404, 'not-found')
    assert.equal((await abe.get(`/EpisodeOfCare/${episode.id}`)).status, 200)
  })

  it('are given at the system address too, and say whether a consent permits a purpose', async () => {
    const { subject } = await scene()
    const check = (client: Client, patient: string, ...more: readonly object[]) =>
      client.post('/$consent-check', {
        resourceType: 'Parameters',
        parameter: [{ name: 'patient', valueReference: { reference: patient } }, ...more],
      })
    const decision = (answer: Answer) =>
      made(answer).parameter.find(({ name }: { name: string }) => name === 'decision').valueCode as string
    assert.deepEqual(reasons(await check(abe, subject)), reasons(await abe.get(`/${subject}/$consent-check`)))
    assert.equal(decision(await check(abe, subject)), 'permit')
    for (const [purpose, right] of [
      ['referral', 'permit'],
      ['research', 'deny'],
    ])
      assert.equal(decision(await check(abe, subject, { name: 'purpose', valueCode: purpose })), right)
    const [hidden, nobody] = [await check(vr, subject), await check(vr, 'Patient/nobody')]
    refused(hidden, 404, 'not-found')
    assert.equal(hidden.text.replaceAll(subject, ''), nobody.text.replaceAll('Patient/nobody', ''))
    refused(await es.post('/$consent-check', { resourceType: 'Parameters' }), 400, 'invalid-parameter')
    refused(
      await es.post(`/${subject}/$consent-check`, {
        resourceType: 'Parameters',
        parameter: [{ name: 'patient', valueReference: { reference: subject } }],
      }),
      400,
      'invalid-parameter',
    )
  })

  it('explain a restricted record by the release of its class alone', async () => {
    const { subject } = await scene()
    const barrier = await post(es, labelled(condition(subject), 'rehabilitation'))
    refused(await abe.get(`/Condition/${barrier.id}/$consent-check`), 404, 'not-found')
    const release = await post(es, consent(subject, 'es', 'abe', { classes: ['rehabilitation'] }))
    assert.deepEqual(reasons(await abe.get(`/Condition/${barrier.id}/$consent-check`)), [
      `consent Consent/${release.id} rehabilitation`,
    ])
  })

  it('name no record that the caller may not know of', async () => {
    const { subject } = await scene()
    await post(es, consent(subject, 'es', 'vr'))
    await post(vr, labelled(condition(subject), 'rehabilitation'))
    const release = await post(vr, consent(subject, 'vr', 'college', { classes: ['rehabilitation'] }))
    assert.deepEqual(reasons(await es.get(`/${subject}/$why?agency=college`)), [])
    assert.deepEqual(reasons(await board.get(`/${subject}/$why?agency=college`)), [`consent Consent/${release.id}`])
  })

  it('answer $why to no other agency, and about somebody unknown like about nobody', async () => {
    const { subject } = await scene()
    refused(await abe.get(`/${subject}/$why?agency=es`), 403, 'forbidden')
    refused(await vr.get(`/${subject}/$why?agency=es`), 404, 'not-found')
  })
})
