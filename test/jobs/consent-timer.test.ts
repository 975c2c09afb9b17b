/** The end of a consent: a Task before it and at it, once, by a clock that the test moves. */
import assert from 'node:assert/strict'
import type { Hub } from '../../server/hub.ts'
import { consent, denial, labelled, participant, relatedPerson, type Body, type StoredBody } from '../builders/index.ts'
import { clientAt, made, type Client } from '../given.ts'
import { each, STORES } from '../store/stores.ts'
import { DAY, hubOver, MONDAY } from './clocked-hub.ts'

type Stored = StoredBody & { readonly id: string }
type Review = Stored & {
  readonly status: string
  readonly owner: { reference: string }
  readonly focus: { reference: string }
  readonly restriction: { period: { end: string } }
  readonly output: { valueCodeableConcept: { coding: { code: string }[] } }[]
}

for (const kind of STORES)
  describe(`jobs / consent timer over ${kind.name}`, function () {
    this.timeout(30_000)
    const opened = each(kind)
    let hub: Hub
    let es: Client, abe: Client, vr: Client
    let subject: string
    beforeEach(async () => {
      opened.clock.now = MONDAY
      hub = await hubOver(opened.store, () => opened.clock.now)
      const { url } = await hub.listen()
      ;[es, abe, vr] = [clientAt(url, 'es'), clientAt(url, 'abe'), clientAt(url, 'vr')]
      subject = keyOf(await post(es, participant('es')))
    })
    afterEach(() => hub.stop())

    const keyOf = ({ resourceType, id }: Stored): string => `${resourceType}/${id}`
    const post = async (client: Client, body: Body) => made(await client.post(`/${body.resourceType}`, body)) as Stored
    const at = async (days: number): Promise<void> => {
      opened.clock.now = MONDAY + days * DAY
      await hub.runDue()
    }
    const reviews = async (client = es): Promise<readonly Review[]> =>
      ((made(await client.get(`/Task?patient=${subject}`)).entry ?? []) as { resource: Review }[]).map(
        (one) => one.resource,
      )
    const seen = async (client = es) =>
      (await reviews(client)).map(({ status, output = [] }) => [
        status,
        ...output.map((one) => one.valueCodeableConcept.coding[0]!.code),
      ])
    const warned = async (client: Client, path = '/$warnings') =>
      ((made(await client.get(path)).parameter ?? []) as { part: { name: string; valueCode?: string }[] }[]).map(
        ({ part }) =>
          part.filter(({ name }) => ['rule', 'level', 'audience'].includes(name)).map(({ valueCode }) => valueCode),
      )
    /** Ends with 2027-01-10: 35 days after the Monday. */
    const ending = (to = 'abe', end = '2027-01-10') => consent(subject, 'es', to, { end })

    it('asks the agency that collected it 14 days before, and says when it has ended', async () => {
      const permit = await post(es, ending())
      await at(20)
      assert.deepEqual(await seen(), [])
      await at(21)
      assert.deepEqual(await seen(), [['requested', 'consent-ending']])
      const [task] = await reviews()
      assert.equal(task?.owner.reference, 'Organization/es')
      assert.equal(task?.focus.reference, keyOf(permit))
      assert.equal(task?.restriction.period.end, '2027-01-11T06:00:00.000Z')
      assert.deepEqual(await warned(es), [['consent-ending', 'warning', 'owner', 'case-manager']])
      assert.deepEqual(await warned(es, `/${subject}/$warnings?rule=consent-ending`), await warned(es))
      assert.deepEqual(await warned(abe), [])
      await at(34)
      assert.deepEqual(await seen(), [['requested', 'consent-ending']])
      await at(35)
      assert.deepEqual(await seen(), [['requested', 'consent-ending', 'consent-ended']])
      assert.deepEqual(await warned(es), [['consent-ended', 'overdue', 'owner', 'case-manager']])
      await at(80)
      assert.equal((await reviews()).length, 1)
    })

    it('asks the agency of entry where another one collected it and has left', async () => {
      await post(es, ending('vr', '2026-12-20'))
      await post(vr, { ...ending(), organization: [{ reference: 'Organization/vr' }] })
      await at(21)
      const own = (await reviews()).filter(({ restriction }) => restriction.period.end.startsWith('2027'))
      assert.deepEqual(
        own.map(({ owner }) => owner.reference),
        ['Organization/es'],
      )
    })

    it('does it once, whichever of several processes is first', async () => {
      await post(es, ending())
      const others = await Promise.all([1, 2, 3].map(() => hubOver(opened.store, () => opened.clock.now)))
      for (const other of others) await other.listen()
      opened.clock.now = MONDAY + 21 * DAY
      await Promise.all([hub, ...others].map((one) => one.runDue()))
      opened.clock.now = MONDAY + 40 * DAY
      await Promise.all([hub, ...others].map((one) => one.runDue()))
      for (const other of others) await other.stop()
      assert.deepEqual(await seen(), [['requested', 'consent-ending', 'consent-ended']])
    })

    it('is silent once it was answered', async () => {
      await post(es, ending())
      await at(21)
      const [task] = await reviews()
      made(await es.change(task!, { status: 'completed' }))
      await at(40)
      assert.deepEqual(await seen(), [['completed', 'consent-ending']])
      assert.deepEqual(await warned(es), [])
    })

    it('takes back what it asked when the consent is prolonged or withdrawn, and asks again in time', async () => {
      const permit = await post(es, ending())
      await at(21)
      const longer = made(
        await es.put(`/${keyOf(permit)}`, { ...permit, ...onlyProvision(ending('abe', '2027-03-01')) }),
      ) as Stored
      await hub.runDue()
      assert.deepEqual(await seen(), [['cancelled', 'consent-ending']])
      await at(71)
      assert.deepEqual((await seen()).sort(), [
        ['cancelled', 'consent-ending'],
        ['requested', 'consent-ending'],
      ])
      made(await es.put(`/${keyOf(longer)}`, { ...longer, status: 'inactive' }))
      await hub.runDue()
      assert.deepEqual(
        (await seen()).map(([status]) => status),
        ['cancelled', 'cancelled'],
      )
    })
    const onlyProvision = ({ provision }: Body) => ({ provision })

    for (const [title, body] of [
      ['another consent goes on', () => consent(subject, 'es', 'abe', { end: '2027-06-01' })],
      ['another consent holds for ever', () => consent(subject, 'es', 'abe')],
    ] as const)
      it(`asks nothing while ${title}`, async () => {
        await post(es, ending())
        await post(es, body())
        await at(40)
        assert.deepEqual(await seen(), [])
      })

    it('asks nothing of consents without an end, denials, and those that are over', async () => {
      await post(es, consent(subject, 'es', 'abe'))
      await post(es, {
        ...denial(subject, 'es', 'vr'),
        provision: { ...(denial(subject, 'es', 'vr').provision as object), period: { end: '2027-01-10' } },
      })
      await post(es, ending('dhs', '2026-11-01'))
      await at(40)
      assert.deepEqual(await seen(), [])
    })

    it('tells nobody of a consent that names a class', async () => {
      await post(es, labelled({ ...relatedPerson(subject) }, 'rehabilitation'))
      await post(es, consent(subject, 'es', 'abe', { classes: ['rehabilitation'], end: '2027-01-10' }))
      await at(40)
      assert.deepEqual(await seen(), [])
    })

    describe('by the authority of a guardian', () => {
      async function byGuardian(birthDate: string, end?: string): Promise<Stored> {
        subject = keyOf(await post(es, { ...participant('es'), birthDate }))
        const more = { period: { start: '2020-01-01', ...(end ? { end } : {}) } }
        const person = await post(es, relatedPerson(subject, 'GUARD', more))
        await post(es, consent(subject, 'es', 'abe', { more: { performer: [{ reference: keyOf(person) }] } }))
        await hub.runDue()
        return person
      }

      it('asks before the participant comes of age', async () => {
        await byGuardian('2009-01-11')
        await at(20)
        assert.deepEqual(await seen(), [])
        await at(21)
        assert.deepEqual(await seen(), [['requested', 'consent-ending']])
        assert.equal((await reviews())[0]?.restriction.period.end, '2027-01-11T06:00:00.000Z')
      })

      it('asks at once when the authority ends early, and when the birth date is corrected', async () => {
        const person = await byGuardian('2012-05-01')
        await at(1)
        made(await es.change(person, { period: { start: '2020-01-01', end: '2026-12-12' } }))
        await hub.runDue()
        assert.deepEqual(await seen(), [['requested', 'consent-ending']])

        await byGuardian('2012-05-01')
        const patient = made(await es.get(`/${subject}`)) as Stored
        made(await es.change(patient, { birthDate: '2008-12-20' }))
        await hub.runDue()
        assert.deepEqual(await seen(), [['requested', 'consent-ending']])
      })
    })
  })
