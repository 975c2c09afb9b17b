/** A participant who must not be contacted: attempts, timers and packages, by a clock that the test moves. */
import assert from 'node:assert/strict'
import type { Hub } from '../../../server/hub.ts'
import type { JsonObject } from '../../../server/fhir/types.ts'
import { business, codeSystemAt, coded, profileAt, type StoredBody } from '../../builders/index.ts'
import { clientAt, made, refused, type Answer, type Client } from '../../given.ts'
import { DAY, hubOver, MONDAY, referTo, warningsOf, type StoredTask } from '../../jobs/clocked-hub.ts'
import { each, STORES } from '../../store/stores.ts'

type Ban = { readonly ways?: readonly string[]; readonly since?: string; readonly until?: string }

const banned = ({ ways = [], since = '2026-01-01', until }: Ban) => ({
  url: profileAt('ext-do-not-contact'),
  extension: [
    ...ways.map((valueCode) => ({ url: 'way', valueCode })),
    { url: 'since', valueDate: since },
    ...(until ? [{ url: 'until', valueDate: until }] : []),
    { url: 'through', valueReference: { reference: 'Organization/es' } },
  ],
})

for (const kind of STORES)
  describe(`write / rules / contact over ${kind.name}`, function () {
    this.timeout(30_000)
    const opened = each(kind)
    let hub: Hub
    let es: Client, vr: Client
    let sent: StoredTask
    beforeEach(async () => {
      opened.clock.now = MONDAY
      hub = await hubOver(opened.store, () => opened.clock.now)
      const { url } = await hub.listen()
      ;[es, vr] = [clientAt(url, 'es'), clientAt(url, 'vr')]
      sent = await referTo(es, 'T-1')
    })
    afterEach(() => hub.stop())

    const subjectOf = (): string => (sent.for as { reference: string }).reference
    async function ban(one: Ban | undefined): Promise<void> {
      const patient = made(await es.get(`/${subjectOf()}`)) as StoredBody
      const others = ((patient.extension ?? []) as JsonObject[]).filter(
        ({ url }) => !String(url).endsWith('do-not-contact'),
      )
      const extension = [...others, ...(one ? [banned(one)] : [])]
      made(await es.change(patient, { extension: extension.length > 0 ? extension : undefined }))
    }
    const current = async (): Promise<StoredTask> => made(await vr.get(`/Task/${sent.id}`))
    const accepted = async (): Promise<StoredTask> =>
      made(await vr.change(await current(), { status: 'accepted', ...business('accepted') }))
    const attempt = (way: string | undefined, at = '2026-12-07T14:00:00Z') => ({
      ...(way ? { extension: [{ url: profileAt('ext-contact-way'), valueCode: way }] } : {}),
      type: coded(codeSystemAt('task-output'), 'contact-attempt'),
      valueDateTime: at,
    })
    const report = async (...output: readonly object[]): Promise<Answer> =>
      vr.change(await accepted(), { ...business('contact-attempted'), ...(output.length > 0 ? { output } : {}) })
    const at = async (days: number): Promise<void> => {
      opened.clock.now = MONDAY + days * DAY
      await hub.runDue()
    }

    for (const way of ['phone', 'text-message', 'email', 'letter', 'visit', 'other-person', undefined])
      it(`refuses an attempt by ${way ?? 'a way that it does not name'} where no way is allowed`, async () => {
        await ban({})
        const answer = await report(attempt(way))
        assert.match(refused(answer, 422, 'do-not-contact'), /must not be contacted; `Organization\/es` reaches/)
        assert.deepEqual(answer.body.issue[0].expression, ['Task.output[0]'])
      })

    it('takes a visit of the participant, who came in person', async () => {
      await ban({})
      made(await report(attempt('in-person')))
    })

    it('refuses the business status of an attempt that nobody may make', async () => {
      await ban({})
      const answer = await report()
      refused(answer, 422, 'do-not-contact')
      assert.deepEqual(answer.body.issue[0].expression, ['Task.businessStatus'])
    })

    it('refuses the ways that are forbidden and takes the others, each at its place', async () => {
      await ban({ ways: ['phone', 'letter'] })
      const answer = await report(attempt('email', '2026-12-07T14:30:00Z'), attempt('letter'))
      assert.match(refused(answer, 422, 'do-not-contact'), /by `phone`, `letter`/)
      assert.deepEqual(
        answer.body.issue.map((one: { expression: string[] }) => one.expression[0]),
        ['Task.output[1]'],
      )
      made(await vr.change(await current(), { ...business('contact-attempted'), output: [attempt('email')] }))
    })

    it('takes attempts from before it held, and after its last day', async () => {
      await ban({ since: '2026-12-06', until: '2026-12-06' })
      made(await report(attempt('phone')))
      await ban({ since: '2026-12-07' })
      const found = await current()
      const output = [...(found.output as object[]), attempt('phone', '2026-12-04T15:00:00Z')]
      made(await vr.change(found, { output }))
    })

    it('refuses attempts about a referral that prohibits contact, and about no other', async () => {
      const request = (sent.focus as { reference: string }).reference
      const orderDetail = [coded(codeSystemAt('referral-instruction'), 'contacting-subject-prohibited')]
      made(await es.change(made(await es.get(`/${request}`)), { orderDetail }))
      refused(await report(attempt('phone')), 422, 'do-not-contact')
      await at(6)
      assert.deepEqual(warningsOf(await current()), [])
    })

    it('tells nobody to contact the participant, and still asks for an answer', async () => {
      await ban({})
      await at(8)
      assert.deepEqual(warningsOf(await current()), ['answer'])
      const lines = made(await vr.get('/$warnings')).parameter as { part: { name: string; valueCode?: string }[] }[]
      const rules = lines.map(({ part }) => part.find(({ name }) => name === 'rule')?.valueCode)
      assert.deepEqual(rules, ['answer'])
    })

    it('withdraws the warnings that told to contact the participant', async () => {
      await at(2)
      assert.match((await vr.get('/$warnings')).text, /first-contact/)
      await ban({})
      assert.doesNotMatch((await vr.get('/$warnings')).text, /first-contact/)
    })

    it('goes on telling where some ways are allowed', async () => {
      await ban({ ways: ['letter'] })
      await at(2)
      assert.deepEqual(warningsOf(await current()), ['first-contact'])
    })

    it('tells at once when it is taken off, and when its last day is over', async () => {
      await ban({})
      await at(2)
      await ban(undefined)
      await hub.runDue()
      assert.deepEqual(warningsOf(await current()), ['first-contact'])

      sent = await referTo(es, 'T-2')
      await ban({ until: '2026-12-12' })
      await at(4)
      assert.deepEqual(warningsOf(await current()), [])
      opened.clock.now = Date.parse('2026-12-13T06:00:00Z')
      await hub.runDue()
      assert.deepEqual(warningsOf(await current()), ['first-contact'])
    })

    for (const operation of ['$intake-package', '$everything'])
      it(`stands at the top of ${operation}, before the participant, and on no other page`, async () => {
        await ban({ ways: ['phone'], until: '2027-05-01' })
        const [first, second] = made(await vr.get(`/${subjectOf()}/${operation}?_count=1`)).entry
        assert.equal(first.search.mode, 'outcome')
        assert.equal(first.resource.issue[0].details.coding[0].code, 'do-not-contact')
        assert.match(first.resource.issue[0].details.text, /by `phone` until 2027-05-01/)
        assert.notEqual(second.search.mode, 'outcome')
        const { link } = made(await vr.get(`/${subjectOf()}/${operation}?_count=1`)) as {
          link: { relation: string; url: string }[]
        }
        const next = link.find(({ relation }) => relation === 'next')!.url
        const page = made(await vr.get(next.slice(next.indexOf('/Patient')))).entry
        assert.ok(page.every((one: { search: { mode: string } }) => one.search.mode !== 'outcome'))
        await ban(undefined)
        assert.equal(made(await vr.get(`/${subjectOf()}/${operation}`)).entry[0].search.mode, 'match')
      })
  })
