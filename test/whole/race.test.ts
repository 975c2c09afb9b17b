/** Many clients at once, over HTTP, on every store: who wins is decided once. */
import assert from 'node:assert/strict'
import { givenOver, made, OVER_STORES, refused, type Answer, type Given } from '../given.ts'
import { assessment, consent, decisions, goal, resident, plan } from '../builders/index.ts'

const CLIENTS = 64
/** `RACE_ROUNDS=200` asks for more. */
const ROUNDS = Number(process.env['RACE_ROUNDS'] ?? 5)

const many = <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))

const withStatus = (answers: readonly Answer[], status: number): readonly Answer[] =>
  answers.filter((answer) => answer.status === status)

type HistoryEntry = { readonly request: { readonly method: string } }

for (const kind of OVER_STORES) {
  describe(`at the same time, on ${kind}`, function () {
    this.timeout(300_000)
    let hub: Given
    before(async () => {
      hub = await givenOver(kind)
    })
    after(() => hub.stop())

    let count = 0
    const fresh = (): string => `${kind}-${++count}`
    const es = () => hub.as('es')

    it(`one of ${CLIENTS} updates of one version is taken, in ${ROUNDS} rounds`, async () => {
      let current = made(await es().post('/Patient', resident('es', fresh())))
      for (let round = 1; round <= ROUNDS; round++) {
        const answers = await many(CLIENTS, (index) => {
          const telecom = [{ system: 'email', value: `${round}-${index}@example.org` }]
          return es().put(`/Patient/${current.id}`, { ...current, telecom }, round)
        })
        const [taken, ...others] = withStatus(answers, 200)
        assert.ok(taken && others.length === 0, `round ${round}: ${others.length + 1} were taken`)
        const stale = withStatus(answers, 412)
        assert.equal(stale.length, CLIENTS - 1)
        refused(stale[0]!, 412, 'version-conflict')
        const read = await es().get(`/Patient/${current.id}`)
        assert.equal(read.text, taken.text)
        current = taken.body
      }
      const { body } = await es().get(`/Patient/${current.id}/_history?_count=1`)
      assert.equal(body.total, ROUNDS + 1)
    })

    it(`one of ${CLIENTS} conditional creates makes the record, the others find it`, async () => {
      const patient = made(await es().post('/Patient', resident('es', fresh())))
      for (let round = 0; round < 10; round++) {
        const identifier = [{ system: 'https://no-wrong-door.example/fhir/NamingSystem/agency/es', value: fresh() }]
        const resource = { ...goal(`Patient/${patient.id}`, 'proposed'), identifier }
        const headers = { 'If-None-Exist': `identifier=${identifier[0]!.system}|${identifier[0]!.value}` }
        const answers = await many(CLIENTS, () => es().post('/Goal', resource, { headers }))
        assert.equal(withStatus(answers, 201).length, 1, answers.map(({ status }) => status).join(' '))
        assert.equal(withStatus(answers, 200).length, CLIENTS - 1, answers.find(({ status }) => status > 201)?.text)
        assert.equal(new Set(answers.map(({ body }) => body.id)).size, 1)
        const found = await es().get(`/Goal?${headers['If-None-Exist']}&_total=accurate`)
        assert.equal(found.body.total, 1)
      }
    })

    it('one of 8 conditional updates makes the record, and each of the others makes its next version, or is too late', async () => {
      const patient = made(await es().post('/Patient', resident('es', fresh())))
      for (let round = 0; round < 10; round++) {
        const identifier = [{ system: 'https://no-wrong-door.example/fhir/NamingSystem/agency/es', value: fresh() }]
        const path = `/Goal?identifier=${identifier[0]!.system}|${identifier[0]!.value}`
        const bodyOf = (index: number) => ({
          ...goal(`Patient/${patient.id}`, 'proposed'),
          identifier,
          description: { text: `${index}` },
        })
        const answers = await many(8, (index) => es().put(path, bodyOf(index)))
        assert.equal(withStatus(answers, 201).length, 1, answers.map(({ status }) => status).join(' '))
        assert.equal(withStatus(answers, 200).length, 7, answers.find(({ status }) => status > 201)?.text)
        assert.equal(new Set(answers.map(({ body }) => body.meta.versionId)).size, 8)
        assert.equal((await es().get(`${path}&_total=accurate`)).body.total, 1)
        const late = await many(8, (index) => es().put(path, bodyOf(index + 8), 8))
        assert.equal(withStatus(late, 200).length, 1)
        assert.equal(withStatus(late, 412).length, 7)
        const deleted = await many(8, () => es().delete(path))
        assert.deepEqual(new Set(deleted.map(({ status }) => status)), new Set([204]))
        assert.equal(deleted.filter(({ headers }) => headers.get('etag') !== null).length, 1)
      }
    })

    it('8 patches at once are all applied, each to the version before it', async () => {
      const patient = made(await es().post('/Patient', resident('es', fresh())))
      const one = made(await es().post('/Goal', goal(`Patient/${patient.id}`, 'proposed')))
      const add = (index: number) => [{ op: 'add', path: '/note/-', value: { text: `${index}` } }]
      const headers = { 'Content-Type': 'application/json-patch+json' }
      made(await es().put(`/Goal/${one.id}`, { ...one, note: [{ text: 'first' }] }, 1))
      const answers = await many(8, (index) => es().send('PATCH', `/Goal/${one.id}`, add(index), { headers }))
      assert.equal(withStatus(answers, 200).length, 8, answers.find(({ status }) => status !== 200)?.text)
      assert.equal(made(await es().get(`/Goal/${one.id}`)).note.length, 9)
    })

    it('8 conditional patches at once are all applied to the one record that meets the condition', async () => {
      const patient = made(await es().post('/Patient', resident('es', fresh())))
      const one = made(
        await es().post('/Goal', { ...goal(`Patient/${patient.id}`, 'proposed'), note: [{ text: 'first' }] }),
      )
      const headers = { 'Content-Type': 'application/json-patch+json' }
      const add = (index: number) => [{ op: 'add', path: '/note/-', value: { text: `${index}` } }]
      const path = `/Goal?patient=${patient.id}&lifecycle-status=proposed`
      const answers = await many(8, (index) => es().send('PATCH', path, add(index), { headers }))
      assert.equal(withStatus(answers, 200).length, 8, answers.find(({ status }) => status !== 200)?.text)
      // The first of these ends the condition: the others find nobody.
      const end = [{ op: 'replace', path: '/lifecycleStatus', value: 'active' }]
      const ends = await many(8, () => es().send('PATCH', path, end, { headers }))
      assert.deepEqual([withStatus(ends, 200).length, withStatus(ends, 404).length], [1, 7])
      const { note, meta } = made(await es().get(`/Goal/${one.id}`))
      assert.deepEqual([note.length, meta.versionId], [9, '10'])
    })

    it('a conditional delete with a cap takes all that match when it commits, or none', async () => {
      for (let round = 0; round < 5; round++) {
        const { id, meta } = made(await es().post('/Patient', resident('es', fresh())))
        const create = () => es().post('/Goal', goal(`Patient/${id}`))
        const writes = await many(6, async (index) => {
          const answers: Answer[] = []
          for (let turn = 0; turn < 5; turn++)
            answers.push(await (index % 2 ? create() : es().delete(`/Goal?patient=${id}&_count=4`)))
          return answers
        })
        for (const { status, text } of writes.flat()) assert.ok([200, 201, 204, 412].includes(status), text)
        const history = made(await es().get(`/Goal/_history?_since=${meta.lastUpdated}&_sort=none&_count=200`))
        const methods = (history.entry as readonly HistoryEntry[]).map(({ request }) => request.method)
        // In the order of commits: a deletion leaves nothing of what was created before it.
        let there = 0
        for (const [index, method] of methods.entries()) {
          there += method === 'POST' ? 1 : -1
          if (method === 'DELETE' && methods[index + 1] !== 'DELETE') assert.equal(there, 0, methods.join(' '))
        }
        assert.equal(made(await es().get(`/Goal?patient=${id}&_total=accurate`)).total, there)
      }
    })

    it('one of two participants with the same number is made', async () => {
      for (let round = 0; round < 10; round++) {
        const resource = resident('es', fresh())
        const answers = await many(8, () => es().post('/Patient', resource))
        assert.equal(withStatus(answers, 201).length, 1, answers.map(({ status }) => status).join(' '))
        for (const answer of answers) if (answer.status !== 201) refused(answer, 409, 'duplicate-participant')
      }
    })

    it('one of two success plans becomes the active one', async () => {
      for (let round = 0; round < 10; round++) {
        const patient = made(await es().post('/Patient', resident('es', fresh())))
        const subject = `Patient/${patient.id}`
        const aim = made(await es().post('/Goal', goal(subject, 'proposed')))
        const tentative = await many(2, async () =>
          made(await es().post('/CarePlan', plan('es', subject, `Goal/${aim.id}`))),
        )
        const created = many(2, () => es().post('/CarePlan', plan('es', subject, `Goal/${aim.id}`, 'active')))
        const raised = tentative.map((one) => es().put(`/CarePlan/${one.id}`, { ...one, status: 'active' }, 1))
        const answers = [...(await created), ...(await Promise.all(raised))]
        const taken = answers.filter(({ status }) => status < 300)
        assert.equal(taken.length, 1, answers.map(({ status, text }) => `${status} ${text}`).join('\n'))
        for (const answer of answers) if (answer !== taken[0]) refused(answer, 422, 'plan-active-exists')
        const found = await es().get(`/CarePlan?patient=${patient.id}&status=active&_total=accurate`)
        assert.equal(found.body.total, 1)
      }
    })

    it('the same assessment sent twice makes one set of referrals', async () => {
      for (let round = 0; round < 5; round++) {
        const patient = made(await es().post('/Patient', resident('es', fresh())))
        const subject = `Patient/${patient.id}`
        const response = made(await es().post('/QuestionnaireResponse', assessment(subject)))
        made(await es().post('/Consent', consent(subject, 'es', 'abe')))
        const sent = decisions(`QuestionnaireResponse/${response.id}`, { abe: true, snap: false, tanf: false })
        const answers = await many(8, () => es().post(`/Patient/${patient.id}/$submit-referrals`, sent))
        for (const answer of answers) made(answer)
        const tasks = await es().get(`/Task?patient=${patient.id}&_total=accurate`)
        const requests = await es().get(`/ServiceRequest?patient=${patient.id}&_total=accurate`)
        const statuses = tasks.body.entry.map((one: { resource: { status: string } }) => one.resource.status).sort()
        assert.deepEqual(statuses, ['cancelled', 'cancelled', 'requested'])
        assert.equal(requests.body.total, 3)
      }
    })
  })
}
