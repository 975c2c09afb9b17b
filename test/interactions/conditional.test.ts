/** Conditional update and delete; patch.test.ts has conditional patch. https://hl7.org/fhir/R4/http.html#cond-update, #cdelete */
import assert from 'node:assert/strict'
import { condition, goal, participant, type Body } from '../builders/index.ts'
import { given, made, refused, type Client, type Given } from '../given.ts'

for (const rules of ['hub', 'open'] as const) {
  describe(`interactions / conditional, HUB_RULES=${rules}`, () => {
    let hub: Given
    let es: Client
    let serial = 0
    before(async () => {
      hub = await given({ HUB_RULES: rules })
      // In open mode every caller is the board or an agency of the store, and the store has none.
      es = hub.as(rules === 'hub' ? 'es' : undefined)
    })
    after(() => hub.stop())

    const newSubject = async () =>
      `Patient/${made(await es.post('/Patient', participant('es', { family: `Quill${(serial += 1)}` }))).id}`
    const put = (path: string, body: unknown, headers: Record<string, string> = {}) =>
      es.send('PUT', path, body, { headers })

    it('creates where nothing matches, updates the one that does, and refuses several', async () => {
      const subject = await newSubject()
      const path = `/Goal?patient=${subject}`
      const first = await put(path, goal(subject))
      assert.deepEqual([first.status, first.headers.get('etag')], [201, 'W/"1"'])
      assert.match(first.headers.get('location') ?? '', new RegExp(`/Goal/${first.body.id}/_history/1$`))
      const changed = { ...goal(subject), description: { text: 'Second' } }
      const second = await put(path, changed)
      assert.deepEqual([second.status, second.body.id, second.headers.get('etag')], [200, first.body.id, 'W/"2"'])
      assert.match(second.headers.get('content-location') ?? '', new RegExp(`/Goal/${first.body.id}/_history/2$`))
      const same = await put(path, changed)
      assert.deepEqual([same.status, same.headers.get('etag')], [200, 'W/"2"'])
      made(await es.post('/Goal', goal(subject)))
      refused(await put(path, changed), 412, 'multiple-matches')
    })

    it('takes the id of the match, or one to create under; another answers 400', async () => {
      const subject = await newSubject()
      const path = `/Goal?patient=${subject}`
      const id = `${rules === 'hub' ? 'es.' : 'c-'}goal-${serial}`
      const first = await put(path, { ...goal(subject), id })
      assert.deepEqual([first.status, first.body.id], [201, id])
      assert.equal((await put(path, { ...goal(subject), id })).status, 200)
      assert.match(refused(await put(path, { ...goal(subject), id: 'es.other' }), 400, 'id-mismatch'), /`es\.other`/)
      const elsewhere = `/Goal?patient=${subject}&lifecycle-status=completed`
      refused(await put(elsewhere, { ...goal(subject), id }), 412, 'already-exists')
    })

    it('honours If-Match and If-None-Match', async () => {
      const subject = await newSubject()
      const path = `/Goal?patient=${subject}`
      refused(await put(path, goal(subject), { 'If-Match': 'W/"1"' }), 412, 'version-conflict')
      assert.equal((await put(path, goal(subject), { 'If-None-Match': '*' })).status, 201)
      const changed = { ...goal(subject), description: { text: 'Second' } }
      refused(await put(path, changed, { 'If-None-Match': '*' }), 412, 'already-exists')
      refused(await put(path, changed, { 'If-None-Match': 'W/"1", W/"4"' }), 412, 'version-conflict')
      refused(await put(path, changed, { 'If-Match': 'W/"2"' }), 412, 'version-conflict')
      assert.equal((await put(path, changed, { 'If-Match': 'W/"1"', 'If-None-Match': 'W/"3"' })).status, 200)
      const stale = await es.send('DELETE', path, undefined, { headers: { 'If-Match': 'W/"1"' } })
      refused(stale, 412, 'version-conflict')
      assert.equal((await es.send('DELETE', path, undefined, { headers: { 'If-Match': 'W/"2"' } })).status, 204)
      refused(await es.send('DELETE', path, undefined, { headers: { 'If-Match': 'W/"2"' } }), 412, 'version-conflict')
    })

    it('never ignores a condition: none, an empty one, one that is unknown, and one that chooses nothing are refused', async () => {
      const subject = await newSubject()
      made(await es.post('/Goal', goal(subject)))
      const wrong = [
        '',
        '?',
        '?patient=',
        '?patinet=x',
        '?_sort=_id',
        '?_total=accurate',
        '?_format=json',
        '?_summary=count',
        '?_include=Goal:patient',
      ]
      for (const query of wrong) {
        const answers = [
          await put(`/Goal${query}`, goal(subject)),
          await es.delete(`/Goal${query}`),
          await es.send('PATCH', `/Goal${query}`, { resourceType: 'Parameters' }),
          await es.send('DELETE', `/Goal${query}`, undefined, { headers: { Prefer: 'handling=lenient' } }),
        ]
        for (const answer of answers) assert.equal(answer.status, 400, `${query}: ${answer.text}`)
      }
      for (const query of [
        '?_count=1',
        '?_count=0&patient=x',
        '?_count=-1&patient=x',
        '?_count=1&_count=2&patient=x',
        '?_count=100000&patient=x',
      ])
        refused(await es.delete(`/Goal${query}`), 400, 'invalid-parameter')
      assert.equal(made(await es.get(`/Goal?patient=${subject}&_total=accurate`)).total, 1)
      for (const header of ['_count=1', '_sort=_id'])
        refused(
          await es.post('/Goal', goal(subject), { headers: { 'If-None-Exist': header } }),
          400,
          'invalid-parameter',
        )
    })

    it('deletes one record; several only where `_count` allows so many, and then all', async () => {
      const subject = await newSubject()
      const path = `/Goal?patient=${subject}`
      assert.equal((await es.delete(path)).status, 204)
      made(await es.post('/Goal', goal(subject)))
      const one = await es.delete(path)
      assert.deepEqual([one.status, one.headers.get('etag')], [204, 'W/"2"'])
      for (let count = 0; count < 3; count += 1) made(await es.post('/Goal', goal(subject)))
      assert.match(refused(await es.delete(path), 412, 'multiple-matches'), /_count/)
      refused(await es.delete(`${path}&_count=2`), 412, 'multiple-matches')
      assert.equal(made(await es.get(`${path}&_total=accurate`)).total, 3)
      const answer = await es.delete(`${path}&_count=3`)
      assert.deepEqual([answer.status, answer.body.resourceType], [200, 'OperationOutcome'])
      assert.equal(made(await es.get(`${path}&_total=accurate`)).total, 0)
    })

    it('deletes none of several where one cannot be deleted', async () => {
      const subject = await newSubject()
      const [first] = [
        made(await es.post('/Condition', condition(subject))),
        made(await es.post('/Condition', condition(subject))),
      ]
      made(await es.post('/Goal', { ...goal(subject), addresses: [{ reference: `Condition/${first.id}` }] } as Body))
      refused(await es.delete(`/Condition?patient=${subject}&_count=5`), 409, 'reference-in-use')
      assert.equal(made(await es.get(`/Condition?patient=${subject}&_total=accurate`)).total, 2)
    })
  })
}

describe('interactions / conditional, for an agency', () => {
  let hub: Given
  before(async () => void (hub = await given()))
  after(() => hub.stop())

  it('demands If-Match where an update by id does', async () => {
    const es = hub.as('es')
    const { id, ...body } = made(await es.post('/Patient', participant('es')))
    refused(await es.put(`/Patient?_id=${id}`, body), 428, 'version-required')
    assert.equal((await es.put(`/Patient?_id=${id}`, { ...body, gender: 'other' }, 1)).status, 200)
  })

  it('matches no record that the caller may not know of', async () => {
    const [es, dhs] = [hub.as('es'), hub.as('dhs')]
    const { id } = made(await es.post('/Patient', participant('es')))
    const one = made(await es.post('/Goal', goal(`Patient/${id}`)))
    const answers = async (name: string) => {
      const all = [
        await dhs.delete(`/Goal?_id=${name}`),
        await dhs.delete(`/Goal?_id=${name}&_count=9`),
        await dhs.put(`/Goal?_id=${name}`, { ...goal(`Patient/${id}`) }),
        await dhs.send('PATCH', `/Goal?_id=${name}`, { resourceType: 'Parameters' }),
      ]
      return all.map(({ status, text }) => [status, text.replaceAll(name, '*')])
    }
    assert.deepEqual(await answers(one.id), await answers('nothing'))
    assert.equal((await es.get(`/Goal/${one.id}`)).status, 200)
  })
})
