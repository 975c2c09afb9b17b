/** To whom a referral may be sent, by every way of sending: an agency that is active, and that the participant lets know. */
import assert from 'node:assert/strict'
import { attacked, post, referred, type Scene } from '../../attack/scene.ts'
import {
  agency,
  assessment,
  consent,
  decisions,
  denial,
  profileAt,
  referral,
  resident,
  task,
  type Body,
  type StoredBody,
} from '../../builders/index.ts'
import { made, refused, type Answer, type Client } from '../../given.ts'

describe('write / rules / referral / receiver', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, board: Client
  let subject: string
  let count = 0

  before(async () => {
    scene = await attacked()
    ;[es, board] = [scene.as('es'), scene.as('board')]
  })
  after(() => scene.stop())
  beforeEach(async () => {
    subject = `Patient/${(await post(es, resident('es', `R-${(count += 1)}`))).id}`
    for (const to of ['abe', 'vr']) await post(es, consent(subject, 'es', to))
  })
  afterEach(() => isActive('abe', true))

  const isActive = async (id: string, active: boolean): Promise<void> =>
    void made(await board.change(made(await board.get(`/Organization/${id}`)), { active }))
  const request = async (to: string): Promise<string> =>
    `ServiceRequest/${(await post(es, referral(subject, 'es', to))).id}`

  /** What sends a referral to abe; it begins while abe is active. */
  const WAYS: Readonly<Record<string, () => Promise<() => Promise<Answer>>>> = {
    'a ServiceRequest': async () => () => es.post('/ServiceRequest', referral(subject, 'es', 'abe')),
    'a Task': async () => {
      const focus = await request('abe')
      return () => es.post('/Task', task(subject, focus, 'es', 'abe'))
    },
    'a Task of another owner that is routed to it': async () => {
      const { task: sent } = await referred(es, subject, 'es', 'vr')
      return () => es.change(sent as StoredBody, { owner: agency('abe') })
    },
    'an open Task that is given to it': async () => {
      const { id } = await post(es, { ...referral(subject, 'es', 'vr'), performer: undefined } as never)
      const open = await post(es, task(subject, `ServiceRequest/${id}`, 'es'))
      return () => es.change(open as StoredBody, { owner: agency('abe') })
    },
    $refer: async () => () =>
      es.post(`/${subject}/$refer`, {
        resourceType: 'Parameters',
        parameter: [
          { name: 'service', valueCode: 'program-referral-coordination' },
          { name: 'performer', valueReference: { reference: 'Organization/abe' } },
        ],
      }),
  }
  for (const [way, begin] of Object.entries(WAYS)) {
    it(`refuses ${way}, and names the agency`, async () => {
      const send = await begin()
      await isActive('abe', false)
      const answer = await send()
      assert.match(refused(answer, 422, 'referral-rule'), /`Organization\/abe` is not active/)
      assert.equal(answer.body.issue.filter((one: { severity: string }) => one.severity === 'error').length, 1)
      await isActive('abe', true)
      made(await send())
    })

    it(`refuses ${way} without a consent, and where the participant denies the agency: it comes to know nothing`, async () => {
      const send = await begin()
      const { entry } = made(await es.get(`/Consent?patient=${subject}&actor=Organization/abe`))
      made(await es.change(entry[0].resource, { status: 'inactive' }))
      assert.match(refused(await send(), 422, 'consent-missing'), /No active Consent/)
      await post(es, denial(subject, 'es', 'abe'))
      assert.match(refused(await send(), 422, 'consent-missing'), /denies/)
      assert.equal((await scene.as('abe').get(`/${subject}`)).status, 404)
    })

    it(`refuses ${way} when the agency is closed meanwhile`, async () => {
      const send = await begin()
      scene.between(() => isActive('abe', false))
      refused(await send(), 422, 'referral-rule')
    })
  }

  for (const owner of ['vr', undefined])
    it(`refuses to route a referral ${owner ? 'of another owner' : 'without an owner'} without a consent also when the participant is retired`, async () => {
      const { id } = await post(es, {
        ...referral(subject, 'es', 'vr'),
        ...(owner ? {} : { performer: undefined }),
      } as Body)
      const sent = (await post(es, task(subject, `ServiceRequest/${id}`, 'es', owner))) as StoredBody
      const extension = [{ url: profileAt('ext-closed-reason'), valueString: 'Moved to another state.' }]
      made(await es.change(made(await es.get(`/${subject}`)), { active: false, extension }))
      refused(await es.change(sent, { owner: agency('dhs') }), 422, 'consent-missing')
      // Nor in the transaction that resumes its request for that agency.
      const request = made(await es.get(`/ServiceRequest/${id}`))
      const held = made(await es.change(request, { status: 'on-hold' }))
      const both = [
        { ...held, status: 'active', performer: [agency('dhs')] },
        { ...sent, owner: agency('dhs') },
      ].map((resource) => ({
        resource,
        request: {
          method: 'PUT',
          url: `${resource.resourceType}/${String(resource.id)}`,
          ...(resource.resourceType === 'Task' ? { ifMatch: 'W/"1"' } : {}),
        },
      }))
      refused(await es.post('', { resourceType: 'Bundle', type: 'transaction', entry: both }), 422, 'consent-missing')
      assert.equal((await scene.as('dhs').get(`/${subject}`)).status, 404)
      made(await es.change(sent, { owner: agency('abe') }))
    })

  it('lets a referral that was sent before go on', async () => {
    const { task: sent } = await referred(es, subject, 'es', 'abe')
    await isActive('abe', false)
    const noted = made(await es.change(sent as StoredBody, { note: [{ text: 'They have closed.' }] }))
    made(await es.change(noted, { owner: agency('vr') }))
  })

  it('proposes no program of an agency that is not active, and says that nobody provides it', async () => {
    const form = `QuestionnaireResponse/${(await post(es, assessment(subject, false))).id}`
    await isActive('abe', false)
    const { parameter } = made(await es.get(`/${form}/$propose-referrals`))
    const text = JSON.stringify(parameter.find((one: object) => JSON.stringify(one).includes('"abe"')))
    assert.doesNotMatch(text, /Organization\/abe/)
    assert.match(text, /No agency provides the program/)
    const sent = await es.post(`/${subject}/$submit-referrals`, decisions(form, { abe: true }))
    assert.ok(sent.status >= 400, 'it is not sent to nobody')
  })
})
