/** $submit-referrals: the referrals of accepted proposals, each at most once. */
import assert from 'node:assert/strict'
import { made, refused, type Answer, type Client } from '../given.ts'
import { assessment, business, consent, participant, participation, type Body } from '../builders/index.ts'
import { attacked, newcomer, post, type Scene } from '../attack/scene.ts'

const CODES = 'https://no-wrong-door.example/fhir/CodeSystem'

describe('operations / $submit-referrals', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, dhs: Client
  let subject: string, form: string
  let people = 0

  before(async () => {
    scene = await attacked()
    ;[es, dhs] = [scene.as('es'), scene.as('dhs')]
  })
  after(() => scene.stop())
  beforeEach(async () => {
    const address = [
      { use: 'home', line: ['1 Example Rd'], city: 'Tupelo', state: 'MS', district: '28081', postalCode: '38801' },
    ]
    subject = `Patient/${(await post(es, { ...participant('es', { family: `Person${String.fromCharCode(97 + people++)}` }), address } as Body)).id}`
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
      await dhs.change(task, {
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

  it('answers the ServiceRequest and the Task of each decision: sent, or declined with the reason', async () => {
    await post(es, consent(subject, 'es', 'abe'))
    const decision = (rule: string, accept: boolean, ...more: readonly object[]) => ({
      name: 'decision',
      part: [{ name: 'rule', valueCode: rule }, { name: 'accept', valueBoolean: accept }, ...more],
    })
    const { entry } = made(
      await es.post(`/${subject}/$submit-referrals`, {
        resourceType: 'Parameters',
        parameter: [
          { name: 'response', valueReference: { reference: form } },
          decision('abe', true),
          decision('snap', false, { name: 'reason', valueString: 'Enough to eat.' }),
        ],
      }),
    )
    const tasks = entry
      .map(({ resource }: { resource: Body }) => resource)
      .filter(({ resourceType }: Body) => resourceType === 'Task')
    assert.deepEqual(
      tasks.map((task: any) => [task.businessStatus.coding[0].code, task.owner?.reference, task.statusReason?.text]), // eslint-disable-line @typescript-eslint/no-explicit-any -- read freely
      [
        ['awaiting-contact', 'Organization/abe', undefined],
        ['declined-before-send', 'Organization/dhs', 'Enough to eat.'],
        ['declined-before-send', 'Organization/dhs', 'Enough to eat.'],
      ],
    )
  })

  describe('a proposal of which it is open who receives it', () => {
    const YOUTH = [{ linkId: 'q6', answer: [{ valueBoolean: true }] }]
    const reference = (to: string) => ({ name: 'performer', valueReference: { reference: to } })
    let homeless: string, asked: string
    const send = (...more: readonly object[]) =>
      es.post(`/${homeless}/$submit-referrals`, {
        resourceType: 'Parameters',
        parameter: [
          { name: 'response', valueReference: { reference: asked } },
          {
            name: 'decision',
            part: [{ name: 'rule', valueCode: 'youth' }, { name: 'accept', valueBoolean: true }, ...more],
          },
        ],
      })

    beforeEach(async () => {
      homeless = await newcomer(es, 'es')
      const form = assessment(homeless) as Body & { readonly item: readonly { linkId: string }[] }
      const item = [...form.item.filter(({ linkId }) => linkId !== 'q6'), ...YOUTH]
      asked = `QuestionnaireResponse/${(await post(es, { ...form, item } as Body)).id}`
    })

    it('is not sent to nobody: a receiver is named, or it is sent open', async () => {
      const text = refused(await send(), 422, 'assessment-rule')
      assert.match(text, /Organization\/youth-north.*`performer`|`performer`.*Organization\/youth-north/)
      assert.equal(made(await es.get(`/Task?patient=${homeless}&_total=accurate`)).total, 0)
      const [open] = tasksIn(await send({ name: 'open', valueBoolean: true }))
      assert.deepEqual([open.owner, open.status], [undefined, 'requested'])
    })

    it('goes to the agency that is named, when that provides the program and the participant consents', async () => {
      refused(await send(reference('Organization/abe')), 422, 'assessment-rule')
      refused(await send(reference('Organization/es')), 422, 'assessment-rule')
      refused(await send(reference('Patient/youth-north')), 422, 'assessment-rule')
      refused(await send(reference('Organization/youth-coast')), 422, 'consent-missing')
      await post(es, consent(homeless, 'es', 'youth-coast'))
      refused(
        await send(reference('Organization/youth-coast'), { name: 'open', valueBoolean: true }),
        422,
        'assessment-rule',
      )
      const [sent] = tasksIn(await send(reference('Organization/youth-coast')))
      assert.equal(sent.owner.reference, 'Organization/youth-coast')
      assert.notEqual(sent.restriction?.period.end, undefined, 'the program of the named agency promises a day')
      assert.equal(tasksIn(await send(reference('Organization/youth-coast')))[0].id, sent.id)
    })
  })

  it('refuses a call without the response, or with a decision without its parts', async () => {
    const call = (...parameter: readonly object[]) =>
      es.post(`/${subject}/$submit-referrals`, { resourceType: 'Parameters', parameter })
    const response = { name: 'response', valueReference: { reference: form } }
    assert.match(refused(await call(), 400, 'invalid-parameter'), /`response` is missing/)
    const half = { name: 'decision', part: [{ name: 'rule', valueCode: 'abe' }] }
    assert.match(refused(await call(response, half), 400, 'invalid-parameter'), /`accept` is missing/)
    refused(await submit(es, [['abe', true]], 'QuestionnaireResponse/none'), 422, 'reference-not-found')
  })

  it('is called by POST, for it writes', async () => {
    assert.equal((await es.get(`/${subject}/$submit-referrals`)).status, 405)
  })
})
