/** $propose-referrals: what the answers call for. */
import assert from 'node:assert/strict'
import { attacked, newcomer, post, type Scene } from '../attack/scene.ts'
import { assessment, consent, resident, ROOT, type Body } from '../builders/index.ts'
import { made, refused, type Client } from '../given.ts'

describe('operations / $propose-referrals', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, dhs: Client
  let subject: string

  before(async () => {
    scene = await attacked()
    ;[es, dhs] = [scene.as('es'), scene.as('dhs')] as [Client, Client]
  })
  after(() => scene.stop())
  beforeEach(async () => {
    subject = await newcomer(es, 'es')
    await post(es, consent(subject, 'es', 'abe'))
  })

  let form: string
  beforeEach(async () => {
    form = `QuestionnaireResponse/${(await post(es, assessment(subject, true))).id}`
  })

  it('proposes from a form that is completed, of a participant whom the caller may see', async () => {
    const proposed = (body: unknown) => es.post('/QuestionnaireResponse/$propose-referrals', body)
    refused(await proposed({ ...assessment(subject, true), status: 'in-progress' }), 422, 'assessment-rule')
    refused(
      await dhs.post('/QuestionnaireResponse/$propose-referrals', assessment(subject, true)),
      422,
      'reference-not-found',
    )
    refused(await dhs.post(`/${form}/$propose-referrals`, undefined), 404, 'not-found')
    for (const item of [
      7,
      'x',
      [null],
      [{ linkId: 'q1', answer: 3 }],
      { linkId: 'q4' },
      [{ linkId: 'q4', answer: [{ valueBoolean: 'yes' }] }],
    ]) {
      const { status, text } = await proposed({ ...assessment(subject, true), item })
      assert.ok(status < 500, text)
    }
    const other = { ...assessment(subject, true), questionnaire: 'https://elsewhere.example/Questionnaire/x|1' }
    assert.equal((await proposed(other)).status, 422)
    assert.equal((await proposed({ ...assessment(subject, true), item: [] })).status, 422)
  })

  it('takes a form only whole and of the published questionnaire', async () => {
    const whole = assessment(subject, true) as Body & { item: unknown[] }
    for (const more of [
      { item: whole.item.slice(1) },
      { item: [...whole.item, whole.item[0]] },
      { questionnaire: 'https://elsewhere.example/Questionnaire/x' },
    ])
      assert.equal((await es.post('/QuestionnaireResponse', { ...whole, ...more })).status, 422)
  })

  const rules = ({ parameter }: { parameter: readonly { name: string; part: readonly { valueCode?: string }[] }[] }) =>
    parameter.filter(({ name }) => name === 'proposal').map(({ part }) => part[0]?.valueCode)

  it('proposes what the answers call for, of a stored form and of one that is sent', async () => {
    const [stored, sent] = [
      made(await es.get(`/${form}/$propose-referrals`)),
      made(await es.post('/QuestionnaireResponse/$propose-referrals', assessment(subject))),
    ]
    assert.deepEqual(rules(stored), ['abe', 'snap', 'tanf'])
    assert.deepEqual(sent, stored)
    assert.deepEqual(
      rules(made(await es.post('/QuestionnaireResponse/$propose-referrals', assessment(subject, false)))),
      ['abe', 'snap'],
    )
  })

  it('says of a proposal the rule, the service, the program and who provides it where the participant lives', async () => {
    const home = `Patient/${(await post(es, resident('es', 'P-1'))).id}`
    const { parameter } = made(await es.post('/QuestionnaireResponse/$propose-referrals', assessment(home)))
    const [area, first] = parameter
    assert.equal(area.name, 'area')
    const part = (name: string) => first.part.find((one: { name: string }) => one.name === name)
    assert.equal(part('canonical').valueCanonical.split('|')[0], `${ROOT}/PlanDefinition/referral-rules`)
    assert.deepEqual(part('performer').valueReference, { reference: 'Organization/abe' })
    assert.equal(part('rule').valueCode, 'abe')
    assert.equal(part('program').valueCode, 'adult-education')
    assert.equal(part('alreadyServed').valueBoolean, false)
    assert.equal(part('openReferral'), undefined)
  })

  it('writes nothing', async () => {
    made(await es.post('/QuestionnaireResponse/$propose-referrals', assessment(subject)))
    for (const type of ['Task', 'ServiceRequest', 'QuestionnaireResponse']) {
      const { total } = made(await es.get(`/${type}?patient=${subject}&_total=accurate&_count=0`))
      assert.equal(total, type === 'QuestionnaireResponse' ? 1 : 0, type)
    }
  })

  it('requires a form', async () => {
    refused(await es.post('/QuestionnaireResponse/$propose-referrals'), 400, 'body-missing')
    refused(await es.get('/QuestionnaireResponse/none/$propose-referrals'), 404, 'not-found')
  })
})
