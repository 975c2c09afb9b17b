/** References hold: to what there is when they are written, and from what there is when a record is deleted. */
import assert from 'node:assert/strict'
import { attacked, attackedOver, newcomer, post, type Scene } from '../attack/scene.ts'
import { condition, consent, goal, labelled, transaction, type Body } from '../builders/index.ts'
import { given, made, OVER_STORES, refused, type Answer, type Client, type Given } from '../given.ts'

const addressing = (subject: string, ...barriers: readonly string[]): Body => ({
  ...goal(subject),
  addresses: barriers.map((id) => ({ reference: `Condition/${id}` })),
})
const remove = (url: string) => ({ method: 'DELETE', url })

describe('write / references / deletion', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, abe: Client
  before(async () => {
    scene = await attacked()
    ;[es, abe] = [scene.as('es'), scene.as('abe')]
  })
  after(() => scene.stop())

  async function referredTo() {
    const subject = await newcomer(es, 'es')
    const barrier = await post(es, condition(subject))
    const aim = await post(es, addressing(subject, barrier.id))
    return { subject, barrier, aim, key: `Condition/${barrier.id}` }
  }

  it('is refused while a record refers to it, which the refusal names, with what to do', async () => {
    const { key, aim } = await referredTo()
    const text = refused(await es.delete(`/${key}`), 409, 'reference-in-use')
    assert.match(text, new RegExp(`\`${key}\` is not deleted.*\`Goal/${aim.id}\`.*same transaction`))
    assert.equal((await es.get(`/${key}`)).status, 200)
  })

  it('names five records at most', async () => {
    const subject = await newcomer(es, 'es')
    for (let count = 0; count < 7; count += 1) await post(es, goal(subject))
    const text = refused(await scene.as('board').delete(`/${subject}`, 1), 409, 'reference-in-use')
    assert.equal(text.match(/`Goal\//g)?.length, 5)
    assert.match(text, / and others\./)
  })

  it('is done once nothing refers to it', async () => {
    const { key, aim, subject } = await referredTo()
    made(await es.put(`/Goal/${aim.id}`, { ...goal(subject), id: aim.id }))
    assert.equal((await es.delete(`/${key}`)).status, 204)
  })

  it('of a referring record first is no obstacle', async () => {
    const { key, aim } = await referredTo()
    assert.equal((await es.delete(`/Goal/${aim.id}`)).status, 204)
    assert.equal((await es.delete(`/${key}`)).status, 204)
  })

  it('of both happens in one transaction, in either order', async () => {
    for (const reversed of [false, true]) {
      const { key, aim } = await referredTo()
      const entries = [remove(key), remove(`Goal/${aim.id}`)]
      made(await es.post('', transaction(...(reversed ? entries.reverse() : entries))))
      assert.deepEqual([(await es.get(`/${key}`)).status, (await es.get(`/Goal/${aim.id}`)).status], [410, 410])
    }
  })

  it('happens in the transaction that takes the reference away, and not in one that keeps or makes one', async () => {
    const { key, aim, subject } = await referredTo()
    const put = (resource: Body) => ({ method: 'PUT', url: `Goal/${aim.id}`, resource: { ...resource, id: aim.id } })
    const kept = await es.post('', transaction(remove(key), put({ ...aim, note: [{ text: 'Kept.' }] })))
    assert.match(refused(kept, 409, 'reference-in-use'), new RegExp(`Goal/${aim.id}`))
    const another = { method: 'POST', url: 'Goal', resource: addressing(subject, key.split('/')[1]!) }
    refused(await es.post('', transaction(remove(key), another, put(goal(subject)))), 409, 'reference-in-use')
    made(await es.post('', transaction(remove(key), put(goal(subject)))))
    assert.equal((await es.get(`/${key}`)).status, 410)
  })

  it('is refused at its entry of a batch or a transaction', async () => {
    const { key } = await referredTo()
    const batch = { ...transaction(remove('Goal/nobody'), remove(key)), type: 'batch' }
    const { entry } = made(await es.post('', batch))
    assert.equal(entry[1].response.status.slice(0, 3), '409')
    const issue = entry[1].response.outcome.issue[0]
    assert.deepEqual([issue.code, issue.expression], ['conflict', ['Bundle.entry[1]']])
    const whole = await es.post('', transaction(remove('Goal/nobody'), remove(key)))
    refused(whole, 409, 'reference-in-use')
    assert.deepEqual(whole.body.issue[0].expression, ['Bundle.entry[1]'])
  })

  it('is not held up by a reference of a record that the caller may not know of, nor says a word of it', async () => {
    const subject = await newcomer(es, 'es')
    await post(es, consent(subject, 'es', 'abe'))
    const [barrier, other] = [await post(es, condition(subject)), await post(es, condition(subject))]
    const hidden = await post(abe, labelled(addressing(subject, barrier.id), 'rehabilitation'))
    const [one, two] = [await es.delete(`/Condition/${barrier.id}`), await es.delete(`/Condition/${other.id}`)]
    const comparable = ({ status, text, headers }: Answer) => [status, text, headers.get('etag')]
    assert.deepEqual(comparable(one), comparable(two))
    assert.equal(one.status, 204)
    assert.equal((await abe.get(`/Goal/${hidden.id}`)).status, 200)
    assert.equal((await abe.get(`/Condition/${barrier.id}/_history/1`)).status, 200)
  })

  it('is not held up by a reference of the record to itself', async () => {
    const subject = await newcomer(es, 'es')
    const aim = await post(es, goal(subject))
    const extension = [
      {
        url: 'http://hl7.org/fhir/StructureDefinition/resource-pertainsToGoal',
        valueReference: { reference: `Goal/${aim.id}` },
      },
    ]
    made(await es.put(`/Goal/${aim.id}`, { ...aim, extension }))
    assert.equal((await es.delete(`/Goal/${aim.id}`)).status, 204)
  })
})

for (const kind of OVER_STORES)
  describe(`write / references / two at once / ${kind}`, function () {
    this.timeout(60_000)
    let scene: Scene
    let es: Client, board: Client
    before(async () => {
      scene = await attackedOver(kind)
      ;[es, board] = [scene.as('es'), scene.as('board')]
    })
    after(() => scene.stop())

    type Pair = { readonly refer: () => Promise<Answer>; readonly remove: () => Promise<Answer> }
    /** A new record, and two requests: one that creates a reference to it, one that deletes it. */
    const PAIRS: Readonly<Record<string, () => Promise<Pair>>> = {
      'a barrier': async () => {
        const subject = await newcomer(es, 'es')
        const { id } = await post(es, condition(subject))
        return {
          refer: () => es.post('/Goal', addressing(subject, id)),
          remove: () => es.delete(`/Condition/${id}`),
        }
      },
      'a participant': async () => {
        const subject = await newcomer(es, 'es')
        return { refer: () => es.post('/Goal', goal(subject)), remove: () => board.delete(`/${subject}`, 1) }
      },
      'an agency': async () => {
        const abe = made(await board.get('/Organization/abe'))
        const agency = await post(board, { ...abe, id: undefined })
        const subject = await newcomer(es, 'es')
        return {
          refer: () => es.post('/Consent', consent(subject, 'es', agency.id)),
          remove: () => board.delete(`/Organization/${agency.id}`),
        }
      },
    }

    for (const [what, pair] of Object.entries(PAIRS)) {
      it(`refuses the reference to ${what} that is deleted between check and commit`, async () => {
        const { refer, remove } = await pair()
        scene.between(async () => assert.equal((await remove()).status, 204))
        refused(await refer(), 422, 'reference-not-found')
      })

      it(`refuses the deletion of ${what} that is referred to between check and commit`, async () => {
        const { refer, remove } = await pair()
        scene.between(async () => made(await refer()))
        refused(await remove(), 409, 'reference-in-use')
      })

      it(`lets exactly one of them win for ${what}`, async () => {
        for (let round = 0; round < 8; round += 1) {
          const { refer, remove } = await pair()
          const requests = round % 2 === 0 ? [refer(), remove()] : [remove(), refer()].reverse()
          const statuses = (await Promise.all(requests)).map(({ status }) => status)
          assert.ok(
            [
              [201, 409],
              [422, 204],
            ].some((right) => JSON.stringify(right) === JSON.stringify(statuses)),
            statuses.join(),
          )
        }
      })
    }
  })

describe('write / references / open mode', () => {
  let hub: Given
  let client: Client
  before(async () => {
    hub = await given({ HUB_RULES: 'open' })
    client = hub.as(undefined)
  })
  after(() => hub.stop())

  const observation = (subject: string) => ({
    resourceType: 'Observation',
    status: 'final',
    code: { text: 'Height' },
    subject: { reference: subject },
  })

  it('takes a reference to a record that is not there, and does not claim to enforce references', async () => {
    made(await client.post('/Observation', observation('Patient/nobody')))
    const { rest } = made(await client.get('/metadata'))
    for (const { referencePolicy } of rest[0].resource) assert.deepEqual(referencePolicy, ['literal', 'logical'])
  })

  it('keeps a record that others refer to', async () => {
    made(await client.put('/Patient/p', { resourceType: 'Patient', id: 'p' }))
    const { id } = made(await client.post('/Observation', observation('Patient/p')))
    assert.match(refused(await client.delete('/Patient/p'), 409, 'reference-in-use'), new RegExp(`Observation/${id}`))
    made(await client.post('', transaction(remove('Patient/p'), remove(`Observation/${id}`))))
    assert.equal((await client.get('/Patient/p')).status, 410)
  })
})

describe('write / references / hub mode', () => {
  it('claims no more than it does: a reference that the deleter does not see may come to lead nowhere', async () => {
    const hub = await given()
    try {
      const { rest } = made(await hub.as('es').get('/metadata'))
      for (const { referencePolicy } of rest[0].resource) assert.deepEqual(referencePolicy, ['literal', 'logical'])
      assert.match(
        rest[0].documentation,
        /A new reference to a record of this hub is taken only if there is such a record/,
      )
    } finally {
      await hub.stop()
    }
  })
})
