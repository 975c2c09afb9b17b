/** A part of a record is not written over the whole, on any way of writing. https://hl7.org/fhir/R4/search.html#summary */
import assert from 'node:assert/strict'
import { goal, participant, transaction, type Body } from '../builders/index.ts'
import { given, made, refused, type Answer, type Client, type Given } from '../given.ts'

const SYSTEM = 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue'
const TAG = { system: SYSTEM, code: 'SUBSETTED' }

for (const rules of ['hub', 'open'] as const) {
  describe(`write / parts of records with HUB_RULES=${rules}`, () => {
    let hub: Given
    let es: Client
    let subject: string
    before(async () => {
      hub = await given({ HUB_RULES: rules })
      es = hub.as(rules === 'hub' ? 'es' : undefined)
      subject = `Patient/${made(await es.post('/Patient', participant('es'))).id}`
    })
    after(() => hub.stop())

    const whole = async () => made(await es.post('/Goal', goal(subject)))
    const tagged = (body: Body, ...tag: object[]): Body => ({ ...body, meta: { tag } }) as Body
    const refuses = (answer: Answer, expression: string) => {
      assert.match(refused(answer, 422, 'part-of-record'), /Read the record whole/)
      const issue = answer.body.issue.find((one: { details: { coding: { code: string }[] } }) => one.details.coding[0]!.code === 'part-of-record') // prettier-ignore
      assert.deepEqual(issue.expression, [expression])
    }

    for (const query of [
      '_elements=lifecycleStatus',
      '_elements=description,subject',
      '_summary=true',
      '_summary=text',
      '_summary=data',
    ])
      // prettier-ignore
      it(`refuses what ${query} answered as an update`, async () => {
        const { id } = await whole()
        const part = made(await es.get(`/Goal/${id}?${query}`))
        refuses(await es.change(part), 'Goal.meta.tag[0]')
        assert.equal(made(await es.get(`/Goal/${id}`)).meta.versionId, '1')
      })

    it('refuses it in a create, a conditional update and a transaction, at the tag', async () => {
      const part = tagged(goal(subject), { system: 'urn:x', code: 'y' }, TAG)
      refuses(await es.post('/Goal', part), 'Goal.meta.tag[1]')
      refuses(await es.put('/Goal?_id=nobody', part), 'Goal.meta.tag[1]')
      refuses(
        await es.post(
          '',
          transaction(...[goal(subject), part].map((resource) => ({ method: 'POST', url: 'Goal', resource }))),
        ),
        'Bundle.entry[1].resource.meta.tag[1]',
      )
    })

    it('refuses a patch that makes one, and a label that does', async () => {
      const { id } = await whole()
      const operations = [{ op: 'add', path: '/meta/tag', value: [TAG] }]
      const headers = { 'Content-Type': 'application/json-patch+json' }
      refused(await es.send('PATCH', `/Goal/${id}`, operations, { headers }), 422, 'part-of-record')
      const parameter = [{ name: 'meta', valueMeta: { tag: [TAG] } }]
      const added = await es.post(`/Goal/${id}/$meta-add`, { resourceType: 'Parameters', parameter })
      refused(added, 422, 'part-of-record')
    })

    it('answers as ever for a record that the caller may not know of, or a version that is not the current one', async () => {
      const { id } = await whole()
      refused(await es.put(`/Goal/${id}`, { ...tagged(goal(subject), TAG), id }, 7), 412, 'version-conflict')
      if (rules === 'open') return
      const secret = await hub.as('abe').put(`/Goal/${id}`, { ...tagged(goal(subject), TAG), id }, 1)
      const nothing = await hub
        .as('abe')
        .put('/Goal/es.nothing', { ...tagged(goal(subject), TAG), id: 'es.nothing' }, 1)
      assert.equal(secret.status, nothing.status)
    })

    it('takes the code of another system, and another code', async () => {
      made(await es.post('/Goal', tagged(goal(subject), { system: 'urn:x', code: 'SUBSETTED' })))
      made(await es.post('/Goal', tagged(goal(subject), { system: SYSTEM, code: 'ABSTRED' })))
    })
  })
}
