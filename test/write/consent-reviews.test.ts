/** A rejected or recalled referral asks its requester whether the consent stands; the question is no referral. */
import assert from 'node:assert/strict'
import {
  business,
  condition,
  consent,
  participant,
  referral,
  task,
  type Body,
  type StoredBody,
} from '../builders/index.ts'
import { given, made, type Client, type Given } from '../given.ts'

describe('write / consent-reviews', () => {
  let hub: Given
  let es: Client, abe: Client, board: Client
  before(async () => {
    hub = await given()
    ;[es, abe, board] = ['es', 'abe', 'board'].map((one) => hub.as(one)) as [Client, Client, Client]
  })
  after(() => hub.stop())

  const post = async (client: Client, body: Body) =>
    made(await client.post(`/${body.resourceType}`, body)) as StoredBody & { id: string }
  const put = async (client: Client, record: StoredBody, more: object) =>
    made(
      await client.put(
        `/${record.resourceType}/${String(record.id)}`,
        { ...record, ...more },
        (record.meta as { versionId: string }).versionId,
      ),
    ) as StoredBody
  async function referred() {
    const subject = `Patient/${(await post(es, participant('es'))).id}`
    const permit = await post(es, consent(subject, 'es', 'abe'))
    const request = await post(es, referral(subject, 'es', 'abe'))
    const send = () => post(es, task(subject, `ServiceRequest/${request.id}`, 'es', 'abe'))
    return { subject, permit, request, send }
  }
  const reviews = async (subject: string, client = es): Promise<StoredBody[]> => {
    const { entry = [] } = made(await client.get(`/Task?patient=${subject}&code=review-consent`))
    return (entry as { resource: StoredBody }[]).map(({ resource }) => resource)
  }
  const REJECTED = { status: 'rejected', ...business('rejected-capacity'), statusReason: { text: 'Full.' } }
  const RECALLED = { status: 'cancelled', ...business('withdrawn'), statusReason: { text: 'No longer needed.' } }

  it('asks once, about the consent that the referral was given for, when its owner rejects it', async () => {
    const { subject, permit, send } = await referred()
    await put(abe, await send(), REJECTED)
    const [review, ...others] = await reviews(subject)
    assert.deepEqual(others, [])
    assert.deepEqual(
      [review?.status, review?.focus, review?.owner],
      ['requested', { reference: `Consent/${permit.id}` }, { reference: 'Organization/es' }],
    )
    await put(abe, await send(), REJECTED)
    assert.equal((await reviews(subject)).length, 1)
    await put(es, review!, { status: 'completed' })
    await put(abe, await send(), REJECTED)
    assert.equal((await reviews(subject)).length, 2)
  })

  it('asks when the requester recalls it, also by revoking the referral', async () => {
    const [one, other] = [await referred(), await referred()]
    await put(es, await one.send(), RECALLED)
    assert.equal((await reviews(one.subject)).length, 1)
    await other.send()
    await put(es, other.request, { status: 'revoked' })
    assert.equal((await reviews(other.subject)).length, 1)
  })

  it('does not ask while another referral to the agency is open, nor where the consent ends in the same transaction', async () => {
    const { subject, send } = await referred()
    await send()
    await put(abe, await send(), REJECTED)
    assert.deepEqual(await reviews(subject), [])
  })

  it('does not ask after a denial, which ended the consent', async () => {
    const { subject, send } = await referred()
    await send()
    const parameter = [{ name: 'recipient', valueReference: { reference: 'Organization/abe' } }]
    made(await es.post(`/${subject}/$revoke-consent`, { resourceType: 'Parameters', parameter }))
    assert.deepEqual(await reviews(subject, board), [])
  })

  it('makes nobody a member by the question', async () => {
    const { subject, permit, send } = await referred()
    await put(abe, await send(), REJECTED)
    await put(es, permit, { status: 'inactive' })
    assert.equal((await abe.get(`/${subject}`)).status, 404)
    const [review] = await reviews(subject)
    assert.equal((await abe.get(`/Task/${String(review?.id)}`)).status, 404)
    assert.equal((await abe.post('/Condition', condition(subject))).status, 422)
  })
})
