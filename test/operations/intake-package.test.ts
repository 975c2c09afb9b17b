/** Patient/$intake-package: what the receiving agency needs, as far as it may know of it. */
import assert from 'node:assert/strict'
import { createClock } from '../../server/clock.ts'
import {
  assessment,
  careTeam,
  condition,
  consent,
  goal,
  labelled,
  participation,
  plan,
  practitioner,
  practitionerRole,
  relatedPerson,
  type Body,
} from '../builders/index.ts'
import { newcomer, post, referred } from '../attack/scene.ts'
import { given, made, refused, type Answer, type Client, type Given } from '../given.ts'

const NOW = Date.parse('2026-06-01T12:00:00Z')

type Entry = { readonly resource: Body & { readonly id: string }; readonly search: { readonly mode: string } }

describe('operations / Patient/$intake-package', function () {
  this.timeout(30_000)
  let hub: Given
  let es: Client, abe: Client, vr: Client
  let subject: string

  before(async () => {
    hub = await given(
      {},
      createClock(() => NOW),
    )
    ;[es, abe, vr] = ['es', 'abe', 'vr'].map((one) => hub.as(one)) as [Client, Client, Client]
  })
  after(() => hub.stop())
  beforeEach(async () => {
    subject = await newcomer(es, 'es')
  })

  const packageOf = (client: Client, query = '', about = subject) => client.get(`/${about}/$intake-package${query}`)
  const keys = (answer: Answer, mode = 'match') =>
    ((made(answer).entry ?? []) as Entry[])
      .filter(({ search }) => search.mode === mode)
      .map(({ resource }) => `${resource.resourceType}/${resource.id}`)
  const key = async (client: Client, body: Body) => `${body.resourceType}/${(await post(client, body)).id}`

  /** A family in which something of each kind is open and something is closed. */
  async function family() {
    const person = await key(es, practitioner())
    const role = await key(es, practitionerRole(person, 'es'))
    const open = [await key(es, goal(subject))]
    const { permit, request, task } = await referred(es, subject, 'es', 'abe')
    open.push(`Consent/${permit.id}`, `ServiceRequest/${request.id}`, `Task/${task.id}`)
    open.push(await key(es, plan('es', subject, open[0]!, 'active')))
    open.push(await key(es, condition(subject)))
    open.push(await key(es, participation(subject, 'es')))
    open.push(await key(es, careTeam(subject, role)))
    open.push(await key(es, relatedPerson(subject)))
    const closed = [
      await key(es, goal(subject, 'completed')),
      await key(es, consent(subject, 'es', 'abe', { end: '2025-12-31' })),
      await key(es, consent(subject, 'es', 'dhs', { more: { status: 'inactive' } })),
      await key(es, {
        ...condition(subject),
        clinicalStatus: { coding: [{ system: CLINICAL, code: 'resolved' }] },
        abatementDateTime: '2026-02-01',
      }),
      await key(
        es,
        participation(subject, 'es', { status: 'finished', period: { start: '2024-01-05', end: '2024-03-01' } }),
      ),
      await key(es, relatedPerson(subject, 'SPS', { active: false })),
      await key(es, { ...assessment(subject, true), authored: '2026-02-01T10:00:00Z' }),
    ]
    open.push(await key(es, { ...assessment(subject, true), authored: '2026-05-01T10:00:00Z' }))
    closed.push(await key(es, { ...assessment(subject, true), authored: '2026-04-01T10:00:00Z' }))
    return { open, closed, person, role }
  }
  const CLINICAL = 'http://terminology.hl7.org/CodeSystem/condition-clinical'

  it('answers the receiving agency the participant first, and everything that is open, and nothing that is not', async () => {
    const { open, closed, person, role } = await family()
    const answer = await packageOf(abe)
    const [first, ...others] = keys(answer)
    assert.equal(first, subject)
    assert.deepEqual([...others].sort(), [...open].sort())
    assert.deepEqual(
      closed.filter((one) => others.includes(one)),
      [],
    )
    const included = keys(answer, 'include')
    for (const one of [person, role, 'Organization/es']) assert.ok(included.includes(one), one)
  })

  it('is whole in pages of any size', async () => {
    const { open } = await family()
    for (const count of [1, 2, 7]) {
      const found: string[] = []
      let next: string | undefined = `/${subject}/$intake-package?_count=${count}`
      while (next) {
        const answer: Answer = await abe.get(next)
        found.push(...keys(answer))
        next = answer.body.link.find((one: { relation: string }) => one.relation === 'next')?.url.slice(hub.url.length)
      }
      assert.deepEqual([...found].sort(), [subject, ...open].sort(), String(count))
    }
  })

  it('leaves out what is restricted from whoever has no consent that names the class', async () => {
    await post(es, consent(subject, 'es', 'abe'))
    const hidden = await key(es, labelled(condition(subject, 'disability'), 'disability'))
    assert.ok(!keys(await packageOf(abe)).includes(hidden))
    await post(es, consent(subject, 'es', 'abe', { classes: ['disability'] }))
    assert.ok(keys(await packageOf(abe)).includes(hidden))
  })

  it('is that of an unknown participant for everybody else', async () => {
    await family()
    const [secret, nobody] = [await packageOf(vr), await packageOf(vr, '', 'Patient/nobody')]
    refused(secret, 404, 'not-found')
    assert.equal(secret.text.replaceAll(subject, 'Patient/nobody'), nobody.text)
  })

  it('refuses what it cannot read', async () => {
    refused(await packageOf(es, '?_count=0'), 400, 'invalid-parameter')
    refused(await packageOf(es, '?_cursor=x'), 400, 'invalid-parameter')
    refused(await packageOf(es, '?_type=Goal'), 400, 'unknown-parameter')
  })
})
