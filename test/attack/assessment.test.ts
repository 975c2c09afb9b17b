/** From answers to referrals, by somebody who sends the wrong thing, sends it twice or sends it at a bad moment. */
import assert from 'node:assert/strict'
import { made, refused, type Answer, type Client } from '../given.ts'
import { assessment, business, consent, participant, participation, type Body } from '../builders/index.ts'
import { attacked, newcomer, post, type Scene } from './scene.ts'

const CODES = 'https://no-wrong-door.example/fhir/CodeSystem'

describe('attack / assessment', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, dhs: Client
  let subject: string, form: string

  before(async () => {
    scene = await attacked()
    ;[es, dhs] = [scene.as('es'), scene.as('dhs')]
  })
  after(() => scene.stop())
  beforeEach(async () => {
    const address = [
      { use: 'home', line: ['1 Example Rd'], city: 'Tupelo', state: 'MS', district: '28081', postalCode: '38801' },
    ]
    subject = `Patient/${(await post(es, { ...participant('es'), address } as Body)).id}`
    form = `QuestionnaireResponse/${(await post(es, assessment(subject, true))).id}`
  })

  type Decision = readonly [rule: string, accept: boolean]
  const submit = (by: Client, decisions: readonly Decision[], response = form, about = subject): Promise<Answer> =>
    by.post(`/${about}/$submit-referrals`, {
      resourceType: 'Parameters',
      parameter: [
        { name: 'response', valueReference: { reference: response } },
        ...decisions.map(([rule, accept]) => ({
          name: 'decision',
          part: [
            { name: 'rule', valueCode: rule },
            { name: 'accept', valueBoolean: accept },
          ],
        })),
      ],
    })
  const tasksIn = (answer: Answer) =>
    (made(answer).entry ?? []).flatMap(({ resource }: { resource: Body & { id: string } }) =>
      resource.resourceType === 'Task' ? [resource] : [],
    )
  const count = async (type: string) =>
    made(await es.get(`/${type}?patient=${subject}&_total=accurate&_count=0`)).total as number

  it('proposes from a form that is completed, of a participant whom the caller knows', async () => {
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

  it('sends each proposal once, however often and however many at a time it is submitted', async () => {
    await post(es, consent(subject, 'es', 'dhs'))
    const answers = await Promise.all(Array.from({ length: 8 }, () => submit(es, [['snap', true]])))
    const ids = new Set(answers.flatMap((one) => tasksIn(one).map(({ id }: { id: string }) => id)))
    assert.equal(ids.size, 2, 'SNAP and TANF, one Task each')
    assert.equal(await count('Task'), 2)
    assert.equal(await count('ServiceRequest'), 2)
  })

  it('answers a proposal that was submitted and closed with the closed referral, and opens no second', async () => {
    await post(es, consent(subject, 'es', 'dhs'))
    const [task] = tasksIn(await submit(es, [['snap', true]]))
    made(
      await dhs.put(`/Task/${task.id}`, {
        ...task,
        status: 'rejected',
        ...business('rejected-capacity'),
        statusReason: { text: 'Full.' },
      }),
    )
    const again = tasksIn(await submit(es, [['snap', true]]))
    assert.ok(again.some(({ id, status }: { id: string; status: string }) => id === task.id && status === 'rejected'))
    assert.equal(await count('Task'), 2)
  })

  it('refuses decisions about unknown rules, a torn checkbox and another’s form', async () => {
    refused(await submit(es, [['nothing', true]]), 422, 'assessment-rule')
    refused(await submit(es, [['__proto__', true]]), 422, 'assessment-rule')
    refused(
      await submit(es, [
        ['snap', true],
        ['tanf', false],
      ]),
      422,
      'assessment-rule',
    )
    const other = await newcomer(es, 'es')
    refused(await submit(es, [['snap', false]], form, other), 422, 'reference-not-found')
    refused(await submit(dhs, [['snap', false]]), 404, 'not-found')
    assert.equal(await count('Task'), 0)
  })

  it('sends nothing without the consent of every recipient', async () => {
    refused(await submit(es, [['snap', true]]), 422, 'consent-missing')
    assert.equal(await count('Task'), 0)
    tasksIn(await submit(es, [['snap', false]]))
    assert.equal(await count('Task'), 2)
  })

  it('refuses an acceptance of what was declined before, instead of answering the declined referral', async () => {
    tasksIn(await submit(es, [['snap', false]]))
    await post(es, consent(subject, 'es', 'dhs'))
    refused(await submit(es, [['snap', true]]), 422, 'assessment-rule')
  })

  it('sends the rest of a checkbox when one of its programs serves the participant already', async () => {
    await post(es, consent(subject, 'es', 'dhs'))
    await post(
      dhs,
      participation(subject, 'dhs', { type: [{ coding: [{ system: `${CODES}/program`, code: 'tanf' }] }] }),
    )
    refused(await submit(es, [['tanf', true]]), 422, 'assessment-rule')
    const sent = tasksIn(await submit(es, [['snap', true]]))
    assert.equal(sent.length, 1)
  })

  it('is not kept from sending by an identifier that another agency forges', async () => {
    await post(es, consent(subject, 'es', 'dhs'))
    const forged = {
      resourceType: 'ServiceRequest',
      extension: [{ url: 'https://no-wrong-door.example/fhir/StructureDefinition/ext-origin', valueCode: 'ad-hoc' }],
      identifier: [
        { system: 'https://no-wrong-door.example/fhir/NamingSystem/proposal', value: `${form.split('/')[1]}.snap` },
      ],
      status: 'draft',
      intent: 'order',
      category: [{ coding: [{ system: `${CODES}/service-category`, code: 'basic' }] }],
      code: { coding: [{ system: `${CODES}/service-catalogue`, code: 'program-referral-coordination' }] },
      subject: { reference: subject },
      authoredOn: '2026-01-05T09:00:00-06:00',
      requester: { reference: 'Organization/dhs' },
    }
    assert.equal((await dhs.post('/ServiceRequest', forged)).status, 422)
  })
})
