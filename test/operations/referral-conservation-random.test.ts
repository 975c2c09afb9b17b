/**
 * Random histories of referrals: whatever the parties do, in whatever order, and however long the hub sleeps, every
 * referral that was sent is closed, ended, or watched, after every commit and every settlement of a job. What is counted
 * is compared with what the store holds.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { legalNow, type Move } from '../../server/domain/referral/legal.ts'
import { parseLifecycle } from '../../server/domain/referral/lifecycle.ts'
import type { JsonObject, Resource } from '../../server/fhir/types.ts'
import { ROOT } from '../checks/files.ts'
import { countReferrals, type ConservationNeeds } from '../../server/jobs/count-referrals.ts'
import type { Store } from '../../server/store/store.ts'
import { clockedThreads } from '../jobs/clocked-threads.ts'
import { agency, business, codeSystemAt, coded, consent, output, type Body } from '../builders/index.ts'
import { clientAt, made, type Client } from '../given.ts'
import { parseExposition, valueOf } from '../metrics/exposition.ts'
import { DAY, hubOver, MONDAY, referTo, warningsOf, type StoredTask } from '../jobs/clocked-hub.ts'
import { STORES } from '../store/stores.ts'
import { createRandom, type Random } from '../../scripts/random.ts'
import { TIMES } from '../times.ts'

const STEPS = 20 * TIMES
const AGENCIES = ['es', 'vr', 'board'] as const
const lifecycle = parseLifecycle(
  JSON.parse(readFileSync(`${ROOT}/capability/rules/referral-lifecycle.json`, 'utf8')) as JsonObject,
)
const OPEN = lifecycle.statuses.filter((status) => status !== 'draft')

for (const kind of STORES) {
  for (const seed of [1, 2]) {
    it(`operations / $referral-conservation over ${kind.name}: no referral is lost in ${STEPS} random steps, seed ${seed}`, async function () {
      this.timeout(180_000 * TIMES)
      const opened = await kind.open()
      opened.clock.now = MONDAY
      const gate = { isOpen: false }
      const { store, faults, checks } = await watched(opened.store, () => opened.clock.now)
      const hub = await hubOver(gated(store, gate), () => opened.clock.now)
      const work = async (): Promise<void> => {
        gate.isOpen = true
        await hub.runDue()
        gate.isOpen = false
      }
      const { url } = await hub.listen()
      const scraped = new Set<number>()
      try {
        const as = (name: string): Client => clientAt(url, name === 'board' ? undefined : name)
        const run = {
          work,
          as,
          choice: createRandom(seed),
          tasks: [] as string[],
          out: new Set<string>(),
          clock: opened.clock,
        }
        for (let turn = 0; turn < STEPS; turn += 1) {
          await step(run, turn)
          const figures = await counted(as('board'))
          assert.deepEqual(figures, await recounted(run, opened.store), `after step ${turn}`)
          assert.deepEqual(faults.slice(0, 3), [], `during step ${turn}`)
          await scrapeAgrees(url, figures, { now: opened.clock.now, scraped })
        }
        assert.ok(scraped.size > STEPS / 3, `the metrics were computed at ${scraped.size} steps`)
        assert.ok(checks() > STEPS, 'every commit about a referral is followed by a check')
        opened.clock.now += 400 * DAY
        await work()
        const { sent, closed, ended, armed, warned, unaccounted } = await counted(as('board'))
        assert.deepEqual([armed, unaccounted], [0, 0], 'a year later everybody was warned')
        assert.equal(sent, closed! + ended! + warned!)
      } finally {
        await hub.stop()
        await opened.close()
      }
    })
  }
}

/** Nothing is unaccounted for, and at an instant at which the metrics are computed they are what the operation answers. */
async function scrapeAgrees(
  url: string,
  figures: Record<string, number>,
  { now, scraped }: { readonly now: number; readonly scraped: Set<number> },
): Promise<void> {
  const families = parseExposition(await (await fetch(new URL('/metrics', url))).text())
  assert.equal(valueOf(families, 'referrals_unaccounted'), 0)
  const at = valueOf(families, 'hub_figures_timestamp_seconds{figures="referrals"}')! * 1000
  // At one instant they are computed once, whatever follows.
  if (at !== now || scraped.has(at)) return
  scraped.add(at)
  const states = ['closed', 'ended', 'armed', 'warned', 'unaccounted']
  assert.deepEqual(
    states.map((state) => valueOf(families, `hub_referrals{state="${state}"}`)),
    states.map((state) => figures[state]),
  )
}

/** A store whose jobs are claimed only while the test lets the hub work. */
const gated = (store: Store, gate: { readonly isOpen: boolean }): Store => ({
  ...store,
  jobs: { ...store.jobs, claim: (query) => (gate.isOpen ? store.jobs.claim(query) : Promise.resolve([])) },
})

/**
 * A store that counts the referrals after every commit that writes a Task or a timer, and after every settlement: each
 * that was sent must be in exactly one of the four states, at that very sequence.
 */
async function watched(store: Store, now: () => number) {
  const needs: ConservationNeeds = { ...(await clockedThreads(store)), lifecycle }
  const faults: string[] = []
  let checks = 0
  const check = async (moment: string): Promise<void> => {
    const { sent, states, unaccounted } = await countReferrals(needs, now())
    checks += 1
    const inOne = ['closed', 'ended', 'armed', 'warned'].reduce(
      (sum, name) => sum + (states.get(name as never) ?? 0),
      0,
    )
    if (unaccounted.length > 0 || inOne !== sent)
      faults.push(`${moment}: ${sent} sent, ${inOne} in a state, unaccounted: ${unaccounted.join(', ') || 'none'}`)
  }
  const watching: Store = {
    ...store,
    async commit(work) {
      const done = await store.commit(work)
      const isAbout =
        (work.writes ?? []).some((one) => one.kind === 'put' && one.resource.resourceType === 'Task') ||
        (work.jobs ?? []).some((job) => job.kind === 'referral-timer')
      if (isAbout) await check(`sequence ${done.sequence}`)
      return done
    },
    jobs: {
      ...store.jobs,
      async settle(job, end) {
        const isSettled = await store.jobs.settle(job, end)
        if (job.kind === 'referral-timer') await check(`settlement of ${job.key}`)
        return isSettled
      },
    },
  }
  return { store: watching, faults, checks: () => checks }
}

type Run = {
  work(): Promise<void>
  readonly as: (agency: string) => Client
  readonly choice: Random
  readonly tasks: string[]
  /** Tasks whose participant denies vr. */
  readonly out: Set<string>
  readonly clock: { now: number }
}

/** A new referral, or a move of a party; then time passes, and the hub works or sleeps. */
async function step(run: Run, turn: number): Promise<void> {
  const { choice, tasks, clock } = run
  if (tasks.length < 3 || choice.below(4) === 0) tasks.push((await referTo(run.as('es'), `N-${turn}`)).id)
  else if (choice.below(6) === 0) await wide(run)
  else await move(run)
  clock.now += choice.pick([0, 3_600_000, DAY, 3 * DAY, 8 * DAY, 20 * DAY])
  if (choice.below(3) > 0) await run.work()
}

/** What reaches a referral from beside it: another owner, the end of its request, a denial. */
async function wide({ as, choice, tasks, out }: Run): Promise<void> {
  const id = choice.pick(tasks)
  const task = made(await as('es').get(`/Task/${id}`)) as StoredTask
  const { reference: subject } = task.for as { reference: string }
  const { reference: request } = task.focus as { reference: string }
  const way = choice.below(3)
  if (way === 0 && task.status === 'requested') {
    made(await as('es').post('/Consent', consent(subject, 'es', 'abe')))
    made(await as('es').change(task, { owner: agency('abe') }))
  } else if (way === 1) {
    const current = made(await as('es').get(`/${request}`))
    if (current.status === 'active') made(await as('es').change(current, { status: 'revoked' }))
  } else if (way === 2) {
    const parameter = [{ name: 'recipient', valueReference: agency('vr') }]
    made(await as('es').post(`/${subject}/$revoke-consent`, { resourceType: 'Parameters', parameter }))
    out.add(id)
  }
}

/** A legal move of a random party, with the evidence that it needs. */
async function move({ as, choice, tasks, out }: Run): Promise<void> {
  const name = choice.pick(AGENCIES)
  const id = choice.pick(tasks)
  if (name === 'vr' && out.has(id)) return
  const task = made(await as('es').get(`/Task/${id}`)) as StoredTask
  const caller = { agency: name, role: name === 'board' ? ('board' as const) : ('agency' as const) }
  const moves = legalNow(task as unknown as Resource, caller, lifecycle)
  if (choice.below(6) === 0) return void (await speak(as(name), name, id))
  if (moves.length === 0) return
  const next = moved(task, choice.pick(moves))
  const answer = await as(name).put(`/Task/${id}`, next, task.meta.versionId)
  assert.equal(answer.status, 200, answer.text)
}

/** An appeal of a party, or a decision of the board; refused for a referral that has ended. */
async function speak(client: Client, name: string, id: string): Promise<void> {
  const [operation, parameter] = name === 'board' ? ['adjudicate', 'decision'] : ['appeal', 'reason']
  const parameters = { resourceType: 'Parameters', parameter: [{ name: parameter, valueString: 'It is late.' }] }
  const { status, text } = await client.post(`/Task/${id}/$${operation}`, parameters)
  assert.ok([200, 404, 422].includes(status), text)
}

function moved(task: StoredTask, { status, businessStatus, outcome, needs }: Move): Body {
  const reason = {
    coding: [{ system: codeSystemAt('ineligible-reason'), code: 'income' }],
    text: `The reason of version ${task.meta.versionId}.`,
  }
  const attempt = (day: string) => ({ type: coded(codeSystemAt('task-output'), 'contact-attempt'), valueDateTime: day })
  const added = [
    ...(outcome === undefined ? [] : [output('outcome', 'referral-outcome', outcome)]),
    ...(needs.includes('resulting-activity')
      ? [output('resulting-service-code', 'service-catalogue', 'career-counseling')]
      : []),
    ...(needs.includes('contact-attempts')
      ? ['2026-12-01T10:00:00Z', '2026-12-02T10:00:00Z', '2026-12-03T10:00:00Z'].map(attempt)
      : []),
  ]
  const before = (task.output ?? []) as readonly object[]
  return {
    ...task,
    status,
    ...(status === 'accepted' && task.owner === undefined ? { owner: agency('vr') } : {}),
    ...(businessStatus === undefined ? {} : business(businessStatus)),
    ...(status === 'entered-in-error' || needs.some((need) => need.startsWith('statusReason'))
      ? { statusReason: reason }
      : {}),
    ...(added.length > 0 ? { output: [...before, ...added] } : {}),
  } as Body
}

async function counted(board: Client): Promise<Record<string, number>> {
  const parameters = made(await board.get('/$referral-conservation')).parameter as {
    name: string
    valueUnsignedInt?: number
  }[]
  return Object.fromEntries(
    parameters.flatMap(({ name, valueUnsignedInt: count }) => (count === undefined ? [] : [[name, count]])),
  )
}

/** The same figures by looking at each Task: an open one is watched by a job, or has a warning that is still shown. */
async function recounted({ as, tasks }: Run, store: Store): Promise<Record<string, number>> {
  const figures = { sent: 0, closed: 0, ended: 0, armed: 0, warned: 0, unaccounted: 0 }
  const { jobs } = await store.jobs.list({ kinds: ['referral-timer'], limit: 10_000 })
  const shown = new Set<string>()
  let cursor = ''
  do {
    const { parameter = [] } = made(await as('board').get(`/$warnings?count=200${cursor}`))
    for (const { name, part } of parameter as {
      name: string
      part: { name: string; valueReference: { reference: string } }[]
    }[])
      if (name === 'warning') shown.add(part[0]!.valueReference.reference)
    const next = (parameter as { name: string; valueString?: string }[]).find(({ name }) => name === 'next')
    cursor = next ? `&cursor=${next.valueString}` : ''
  } while (cursor !== '')
  for (const id of tasks) {
    const task = made(await as('board').get(`/Task/${id}`)) as StoredTask
    figures.sent += 1
    if (!OPEN.includes(String(task.status))) {
      const hasOutcome = JSON.stringify(task.output ?? []).includes('referral-outcome')
      figures[hasOutcome && task.status !== 'entered-in-error' ? 'closed' : 'ended'] += 1
    } else if (shown.has(`Task/${id}`)) figures.warned += 1
    else if (jobs.some(({ key, state }) => key === id && state !== 'failed')) figures.armed += 1
    else figures.unaccounted += 1
    assert.ok(!shown.has(`Task/${id}`) || warningsOf(task).length > 0 || JSON.stringify(task).includes('appeal'))
  }
  return figures
}
