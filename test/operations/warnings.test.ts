/** $warnings, $appeal, $adjudicate and $referral-conservation, by a clock that the test moves. */
import assert from 'node:assert/strict'
import type { Hub } from '../../server/hub.ts'
import { business, coded, codeSystemAt, output } from '../builders/index.ts'
import { clientAt, made, refused, type Answer, type Client } from '../given.ts'
import { DAY, hubOver, MONDAY, referTo, type StoredTask } from '../jobs/clocked-hub.ts'
import { each, STORES } from '../store/stores.ts'

type Line = Readonly<Record<string, string | readonly string[]>>

/** The warnings of an answer, each with its parts by name; parts that repeat as a list. */
function linesOf(answer: Answer): readonly Line[] {
  const parameters = (made(answer).parameter ?? []) as { name: string; part: Record<string, unknown>[] }[]
  return parameters
    .filter(({ name }) => name === 'warning')
    .map(({ part }) => {
      const line: Record<string, string | string[]> = { audience: [] }
      for (const { name, ...value } of part) {
        const [first] = Object.values(value) as (string | { reference: string })[]
        const text = typeof first === 'object' ? first.reference : String(first)
        if (name === 'audience') (line.audience as string[]).push(text)
        else line[String(name)] = text
      }
      return line
    })
}

const shown = (answer: Answer): readonly string[] =>
  linesOf(answer).map(({ rule, level, audience }) => `${String(rule)} ${String(level)} ${String(audience)}`)

const figures = (answer: Answer): Record<string, number> =>
  Object.fromEntries(
    (made(answer).parameter as { name: string; valueUnsignedInt?: number }[]).flatMap(({ name, valueUnsignedInt }) =>
      valueUnsignedInt === undefined ? [] : [[name, valueUnsignedInt]],
    ),
  )

for (const kind of STORES) {
  describe(`operations / $warnings over ${kind.name}`, () => {
    const opened = each(kind)
    let hub: Hub
    let as: (agency?: string) => Client
    let sent: StoredTask
    beforeEach(async () => {
      opened.clock.now = MONDAY
      hub = await hubOver(opened.store, () => opened.clock.now)
      const { url } = await hub.listen()
      as = (agency) => clientAt(url, agency)
      sent = await referTo(as('es'), 'T-1')
    })
    afterEach(() => hub.stop())

    const at = async (days: number): Promise<void> => {
      opened.clock.now = MONDAY + days * DAY
      await hub.runDue()
    }
    const lines = async (agency?: string, query = ''): Promise<readonly string[]> =>
      shown(await as(agency).get(`/$warnings${query}`))
    const change = async (agency: string, more: object): Promise<StoredTask> => {
      const before = made(await as(agency).get(`/Task/${sent.id}`))
      return made(await as(agency).put(`/Task/${sent.id}`, { ...before, ...more }, before.meta.versionId))
    }
    const say = (agency: string | undefined, operation: string, name: string, text: string): Promise<Answer> =>
      as(agency).post(`/Task/${sent.id}/$${operation}`, {
        resourceType: 'Parameters',
        parameter: [{ name, valueString: text }],
      })

    it('tells each of its own: owner, requester, agency of entry, and the board of all', async () => {
      await at(7)
      assert.deepEqual(await lines('vr'), ['first-contact overdue owner', 'answer warning owner'])
      assert.deepEqual(await lines('es'), ['first-contact overdue requester,case-manager', 'answer warning requester'])
      assert.deepEqual(await lines(undefined), [
        'first-contact overdue owner,requester,case-manager',
        'answer warning owner,requester',
      ])
      assert.deepEqual(await lines('abe'), [])
    })

    it('says of each what it is about, since when, and when it was due', async () => {
      await at(2)
      const [line] = linesOf(await as('vr').get('/$warnings'))
      const { reference } = sent.for as { reference: string }
      const [start, due] = [MONDAY, MONDAY + 2 * DAY].map((time) => new Date(time).toISOString())
      assert.deepEqual(line, {
        task: `Task/${sent.id}`,
        patient: reference,
        requester: 'Organization/es',
        owner: 'Organization/vr',
        status: 'requested',
        rule: 'first-contact',
        level: 'warning',
        text: 'First contact with the participant',
        start,
        due,
        recorded: due,
        audience: ['owner'],
        area: 'north',
      })
    })

    it('forgets a warning when somebody does what it is about', async () => {
      await at(7)
      await change('vr', { status: 'accepted', ...business('contacted') })
      assert.deepEqual([await lines('vr'), await lines(undefined)], [[], []])
    })

    it('narrows by level, audience, timer and local area, and refuses what is none', async () => {
      await at(9)
      assert.deepEqual(await lines(undefined, '?audience=area-monitor&area=north'), [
        'answer escalated owner,requester,case-manager,area-monitor',
      ])
      assert.deepEqual(await lines(undefined, '?audience=area-monitor&area=delta'), [])
      assert.deepEqual(await lines('es', '?level=overdue'), ['first-contact overdue requester,case-manager'])
      assert.deepEqual(await lines('es', '?rule=no-update'), [])
      for (const query of ['?level=high', '?audience=me', '?count=0', '?count=201', '?cursor=x', '?rule='])
        refused(await as('es').get(`/$warnings${query}`), 400, 'invalid-parameter')
    })

    it('is about one participant at its address, and knows none that the caller may not know', async () => {
      await referTo(as('es'), 'T-2')
      await at(2)
      const { reference } = sent.for as { reference: string }
      assert.equal((await lines('vr')).length, 2)
      assert.deepEqual(shown(await as('vr').get(`/${reference}/$warnings`)), ['first-contact warning owner'])
      const [secret, none] = await Promise.all([
        as('abe').get(`/${reference}/$warnings`),
        as('abe').get('/Patient/none/$warnings'),
      ])
      const id = reference.slice('Patient/'.length)
      assert.deepEqual([secret.status, secret.text.replaceAll(id, 'none')], [none.status, none.text])
      assert.equal(secret.status, 404)
    })

    it('has pages, which together have every warning once', async () => {
      for (const number of ['T-2', 'T-3', 'T-4']) await referTo(as('es'), number)
      await at(2)
      const seen: unknown[] = []
      let cursor = ''
      do {
        const answer = await as('vr').get(`/$warnings?count=1${cursor}`)
        seen.push(...linesOf(answer).map(({ task }) => task))
        const next = answer.body.parameter.find(({ name }: { name: string }) => name === 'next')?.valueString as unknown
        cursor = typeof next === 'string' ? `&cursor=${next}` : ''
      } while (cursor !== '')
      assert.deepEqual([seen.length, new Set(seen).size], [4, 4])
    })

    describe('the queue of the area monitor', () => {
      it('has the referral about which a party appeals until the board decides, and then watches it', async () => {
        await at(1)
        const appealed = made(await say('vr', 'appeal', 'reason', 'Two agencies serve her.'))
        assert.equal(appealed.output[0].valueAnnotation.authorReference.reference, 'Organization/vr')
        const queue = '?audience=area-monitor'
        assert.deepEqual(await lines(undefined, queue), ['appeal escalated owner,requester,area-monitor'])
        assert.deepEqual(await lines('es'), ['appeal escalated requester'])
        const decided = made(await say(undefined, 'adjudicate', 'decision', 'vr serves her.'))
        assert.equal(decided.output[1].valueAnnotation.text, 'vr serves her.')
        assert.deepEqual(await lines(undefined, queue), [])
        assert.deepEqual(made(await as('vr').get(`/Task/${sent.id}`)), decided)
        await at(15)
        assert.ok((await lines(undefined, queue)).some((one) => one.startsWith('after-decision escalated')))
      })

      it('takes appeals of the parties alone, about open referrals, with a reason', async () => {
        refused(await say('abe', 'appeal', 'reason', 'Mine.'), 404, 'not-found')
        refused(await say('es', 'appeal', 'reason', ' '), 400, 'invalid-parameter')
        refused(await say('es', 'appeal', 'because', 'Mine.'), 400, 'unknown-parameter')
        refused(await say(undefined, 'appeal', 'reason', 'Mine.'), 422, 'referral-rule')
        await change('es', { status: 'cancelled', statusReason: { text: 'A duplicate.' }, ...business('withdrawn') })
        refused(await say('es', 'appeal', 'reason', 'Mine.'), 422, 'referral-rule')
        refused(await say(undefined, 'adjudicate', 'decision', 'Yours.'), 422, 'referral-rule')
      })

      it('is not emptied by an owner who takes a warning off, or writes a decision', async () => {
        await at(9)
        const task = made(await as('vr').get(`/Task/${sent.id}`))
        const accepted = { ...task, status: 'accepted', ...business('accepted') }
        const { output: _, ...silenced } = accepted
        refused(await as('vr').put(`/Task/${sent.id}`, silenced, task.meta.versionId), 422, 'referral-rule')
        const decision = { type: coded(codeSystemAt('task-output'), 'decision'), valueAnnotation: { text: 'Mine.' } }
        const forged = { ...accepted, output: [...task.output, decision] }
        refused(await as('vr').put(`/Task/${sent.id}`, forged, task.meta.versionId), 422, 'referral-rule')
        made(await as('vr').put(`/Task/${sent.id}`, accepted, task.meta.versionId))
      })

      it('is decided by the board alone: for others there is no such address', async () => {
        const [secret, unknown] = [
          await say('vr', 'adjudicate', 'decision', 'Mine.'),
          await say('vr', 'nothing', 'decision', 'Mine.'),
        ]
        assert.deepEqual(
          [secret.status, secret.text.replaceAll('adjudicate', 'nothing')],
          [unknown.status, unknown.text],
        )
      })
    })

    describe('$referral-conservation', () => {
      const counted = async () => figures(await as().get('/$referral-conservation'))

      it('counts each referral that was sent once, in one of four states', async () => {
        await at(0)
        const first = sent
        sent = await referTo(as('es'), 'T-2')
        await change('vr', { status: 'accepted', ...business('contacted') })
        sent = await referTo(as('es'), 'T-3')
        await change('es', { status: 'cancelled', statusReason: { text: 'A duplicate.' }, ...business('withdrawn') })
        sent = await referTo(as('es'), 'T-4')
        await change('vr', {
          status: 'rejected',
          ...business('ineligible-screened'),
          statusReason: {
            coding: [{ system: 'https://no-wrong-door.example/fhir/CodeSystem/ineligible-reason', code: 'income' }],
            text: 'Above the limit.',
          },
          output: [output('outcome', 'referral-outcome', 'ineligible')],
        })
        assert.ok(first)
        assert.deepEqual(await counted(), { sent: 4, closed: 1, ended: 1, armed: 2, warned: 0, unaccounted: 0 })
        await at(2)
        assert.deepEqual(await counted(), { sent: 4, closed: 1, ended: 1, armed: 1, warned: 1, unaccounted: 0 })
      })

      it('names a referral whose job was lost', async () => {
        // Due later than now, so that the hub's own worker leaves it alone.
        const now = MONDAY + 60_000
        await opened.store.commit({ jobs: [{ kind: 'referral-timer', key: sent.id, due: now }] })
        const [job] = await opened.store.jobs.claim({ kinds: ['referral-timer'], now, lease: 60_000, max: 1 })
        await opened.store.jobs.settle(job!, { failed: 'lost' })
        const answer = await as().get('/$referral-conservation')
        assert.equal(figures(answer).unaccounted, 1)
        const named = answer.body.parameter.find(({ name }: { name: string }) => name === 'referral')
        assert.equal(named.valueReference.reference, `Task/${sent.id}`)
      })
    })
  })
}
