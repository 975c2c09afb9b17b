/**
 * A write about the source of a $merge that reads before the merge and commits after it, and a merge that reads before the
 * write and commits after it: nothing stays about the retired record, and nothing that was acknowledged is lost.
 */
import assert from 'node:assert/strict'
import { attackedOver, newcomer, post, type Scene } from '../attack/scene.ts'
import {
  condition,
  consent,
  goal,
  participation,
  referral,
  task,
  transaction,
  type Body,
  type StoredBody,
} from '../builders/index.ts'
import { made, OVER_STORES, type Answer, type Client } from '../given.ts'

/** What is there about the source before the race. */
type Before = { readonly source: string; readonly aim: StoredBody; readonly person: StoredBody }
type Write = (es: Client, before: Before) => Promise<Answer>

const PATCH = { headers: { 'Content-Type': 'application/json-patch+json' } }
const texted = (value: string) => ({ description: { text: value } })
const REQUEST = 'urn:uuid:00000000-0000-4000-8000-000000000001'

/** Writes about the source, and what each answers when the merge is committed first. */
const WRITES: Readonly<Record<string, readonly [write: Write, afterMerge: readonly [status: number, code?: string]]>> =
  {
    'a create': [(es, { source }) => es.post('/Condition', condition(source)), [422, 'participant-retired']],
    'a conditional create': [
      (es, { source }) =>
        es.post('/Condition', condition(source), { headers: { 'If-None-Exist': `patient=${source}&code=homeless` } }),
      [422, 'participant-retired'],
    ],
    'an update': [(es, { aim }) => es.put(`/Goal/${aim.id}`, { ...aim, ...texted('x') }), [422, 'element-immutable']],
    'a patch': [
      (es, { aim }) =>
        es.send('PATCH', `/Goal/${aim.id}`, [{ op: 'replace', path: '/description/text', value: 'x' }], PATCH),
      [200],
    ],
    'a deletion': [(es, { aim }) => es.delete(`/Goal/${aim.id}`), [204]],
    'a consent for another agency': [
      (es, { source }) => es.post('/Consent', consent(source, 'es', 'abe')),
      [422, 'participant-retired'],
    ],
    'a participation': [
      (es, { source }) => es.post('/EpisodeOfCare', participation(source, 'es')),
      [422, 'participant-retired'],
    ],
    'a referral': [
      (es, { source }) =>
        es.post(
          '/',
          transaction(
            { method: 'POST', url: 'Consent', resource: consent(source, 'es', 'abe') },
            { method: 'POST', url: 'ServiceRequest', resource: referral(source, 'es', 'abe'), fullUrl: REQUEST },
            { method: 'POST', url: 'Task', resource: task(source, REQUEST, 'es', 'abe') },
          ),
        ),
      [422, 'participant-retired'],
    ],
    'an update of the source itself': [
      (es, { person }) => es.change(person, { gender: 'other' }),
      [412, 'version-conflict'],
    ],
  }
/** Types of which there is, or may come to be, a record about the source, with their element. */
const ABOUT = {
  Condition: 'subject',
  Consent: 'patient',
  EpisodeOfCare: 'patient',
  Goal: 'subject',
  ServiceRequest: 'subject',
  Task: 'for',
} as const

for (const kind of OVER_STORES)
  describe(`operations / $merge at the moment of a write, over ${kind}`, function () {
    this.timeout(60_000)
    let scene: Scene
    let es: Client
    let board: Client
    before(async () => {
      scene = await attackedOver(kind)
      ;[es, board] = [scene.as('es'), scene.as('board')]
    })
    after(() => scene.stop())

    async function twoPeople() {
      const [source, target] = [await newcomer(es, 'es'), await newcomer(es, 'es')]
      const aim = (await post(es, goal(source))) as StoredBody
      return { before: { source, aim, person: made(await es.get(`/${source}`)) as StoredBody }, target }
    }
    const merge = (source: string, target: string) =>
      board.post('/Patient/$merge', {
        resourceType: 'Parameters',
        parameter: [
          { name: 'source-patient', valueReference: { reference: source } },
          { name: 'target-patient', valueReference: { reference: target } },
        ],
      })
    const about = async (subject: string): Promise<readonly Body[]> => {
      const found: Body[] = []
      for (const [type, element] of Object.entries(ABOUT)) {
        const { entry = [] } = made(await board.get(`/${type}?patient=${subject}&_count=100`))
        for (const { resource } of entry) {
          assert.equal(resource[element].reference, subject)
          found.push(resource)
        }
      }
      return found
    }
    async function assertMerged(source: string, target: string): Promise<void> {
      const { active, link } = made(await board.get(`/${source}`))
      assert.deepEqual([active, link[0].type, link[0].other.reference], [false, 'replaced-by', target])
      assert.deepEqual(await about(source), [])
    }

    for (const [what, [write, [status, code]]] of Object.entries(WRITES)) {
      it(`answers ${what} that it outruns by what it left, and nothing is about the source`, async () => {
        const { before, target } = await twoPeople()
        scene.between(async () => made(await merge(before.source, target)))
        const answer = await write(es, before)
        assert.deepEqual([answer.status, answer.body?.issue?.[0].details.coding[0].code], [status, code], answer.text)
        await assertMerged(before.source, target)
        const goals = (await about(target)).filter(({ resourceType }) => resourceType === 'Goal')
        assert.equal(goals.length, what === 'a deletion' ? 0 : 1)
        assert.equal((await about(target)).length, goals.length)
      })

      it(`takes with it what ${what} makes that outruns it`, async () => {
        const { before, target } = await twoPeople()
        let answer: Answer | undefined
        scene.between(async () => (answer = await write(es, before)))
        made(await merge(before.source, target))
        assert.ok(answer!.status < 300, answer!.text)
        await assertMerged(before.source, target)
        const keys = (await about(target)).map(({ resourceType, id }) => `${resourceType}/${String(id)}`)
        const written = answer!.body?.entry?.map((one: { resource: Body }) => one.resource) ?? [answer!.body]
        for (const record of written as readonly (Body | undefined)[])
          if (record && record.resourceType !== 'Patient')
            assert.ok(keys.includes(`${record.resourceType}/${String(record.id)}`), `${record.resourceType} is lost`)
        if (what === 'an update of the source itself')
          assert.equal(made(await board.get(`/${before.source}`)).gender, 'other')
      })
    }
  })
