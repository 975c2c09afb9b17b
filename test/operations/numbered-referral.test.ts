/** $refer under a number that was used before: the same request has the same answer, another one is refused. */
import assert from 'node:assert/strict'
import { attacked, newcomer, post, type Scene } from '../attack/scene.ts'
import { business, condition, consent } from '../builders/index.ts'
import { made, refused, type Answer, type Client } from '../given.ts'

describe('operations / $refer / a number that was used before', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, abe: Client
  let subject: string
  let count = 0

  before(async () => {
    scene = await attacked()
    ;[es, abe] = [scene.as('es'), scene.as('abe')]
  })
  after(() => scene.stop())
  beforeEach(async () => {
    subject = await newcomer(es, 'es')
    for (const to of ['abe', 'vr']) await post(es, consent(subject, 'es', to))
    count += 1
  })

  const parameter = (name: string, value: object) => ({ name, ...value })
  const REQUEST: Readonly<Record<string, object>> = {
    service: { valueCode: 'program-referral-coordination' },
    performer: { valueReference: { reference: 'Organization/abe' } },
    text: { valueString: 'Please call in the morning.' },
    priority: { valueCode: 'urgent' },
  }
  const refer = (more: Readonly<Record<string, object | undefined>> = {}, about = subject, by = es): Promise<Answer> =>
    by.post(`/${about}/$refer`, {
      resourceType: 'Parameters',
      parameter: Object.entries({ ...REQUEST, identifier: { valueString: `N-${count}` }, ...more }).flatMap(
        ([name, value]) => (value ? [parameter(name, value)] : []),
      ),
    })
  const total = async (about: string) =>
    made(await es.get(`/Task?patient=${about}&code=fulfill&_total=accurate`)).total as number

  it('is answered with the same two records when the request is the same, whatever became of the consent', async () => {
    const first = made(await refer())
    assert.deepEqual(made(await refer()), first)
    const permits = made(await es.get(`/Consent?patient=${subject}`)).entry
    for (const { resource } of permits)
      made(await es.put(`/Consent/${resource.id}`, { ...resource, status: 'inactive' }))
    assert.deepEqual(made(await refer()), first)
    assert.equal(await total(subject), 1)
  })

  it('is refused for another participant, and nothing is made', async () => {
    made(await refer())
    const other = await newcomer(es, 'es')
    await post(es, consent(other, 'es', 'abe'))
    assert.match(refused(await refer({}, other), 409, 'number-in-use'), /the participant differ/)
    assert.equal(await total(other), 0)
  })

  const OTHERS: Readonly<Record<string, object | undefined>> = {
    service: { valueCode: 'career-counseling' },
    performer: { valueReference: { reference: 'Organization/vr' } },
    text: { valueString: 'Please call in the evening.' },
    priority: { valueCode: 'stat' },
  }
  for (const [name, value] of Object.entries(OTHERS))
    it(`is refused for another ${name}, and for none where it can be left out`, async () => {
      const first = made(await refer())
      assert.match(refused(await refer({ [name]: value }), 409, 'number-in-use'), new RegExp(`\`${name}\` differ`))
      if (name !== 'service') refused(await refer({ [name]: undefined }), 409, 'number-in-use')
      assert.deepEqual(made(await refer()), first)
      assert.equal(await total(subject), 1)
    })

  it('is refused for another reason', async () => {
    made(await refer())
    const barrier = await post(es, condition(subject))
    const reason = { valueReference: { reference: `Condition/${barrier.id}` } }
    assert.match(refused(await refer({ reason }), 409, 'number-in-use'), /`reason` differ/)
  })

  it('is answered as the same request after the referral was routed to another agency', async () => {
    const { entry } = made(await refer())
    const task = entry[1].resource
    const routed = made(await es.put(`/Task/${task.id}`, { ...task, owner: { reference: 'Organization/vr' } }, 1))
    assert.equal(made(await refer()).entry[1].resource.owner.reference, 'Organization/vr')
    assert.equal(made(await refer()).entry[1].resource.meta.versionId, routed.meta.versionId)
  })

  it('is reported as closed when the referral is', async () => {
    const task = made(await refer()).entry[1].resource
    const closing = { status: 'rejected', ...business('rejected-capacity'), statusReason: { text: 'Full.' } }
    made(await abe.put(`/Task/${task.id}`, { ...task, ...closing }, 1))
    const { entry } = made(await refer())
    assert.deepEqual([entry[1].resource.id, entry[1].resource.status], [task.id, 'rejected'])
    const [issue] = entry[2].resource.issue
    assert.deepEqual([issue.severity, issue.details.coding[0].code], ['information', 'referral-closed'])
    assert.match(issue.details.text, new RegExp(`Task/${task.id}\` is \`rejected\``))
    assert.equal(await total(subject), 1)
  })

  it('makes one referral of many requests at once, and refuses the one that is another', async () => {
    const answers = await Promise.all([
      ...Array.from({ length: 4 }, () => refer()),
      ...Array.from({ length: 4 }, () => refer({ performer: { valueReference: { reference: 'Organization/vr' } } })),
    ])
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 200, 409, 409, 409, 409])
    assert.equal(await total(subject), 1)
  })

  it('is each agency’s own: another agency’s same number is another referral', async () => {
    await post(es, consent(subject, 'es', 'abe'))
    made(await refer())
    await post(abe, consent(subject, 'abe', 'es'))
    made(await refer({ performer: { valueReference: { reference: 'Organization/es' } } }, subject, abe))
    assert.equal(await total(subject), 2)
  })
})
