/** The status address: cancelling reaches what runs, and a request ends, whatever happens. https://hl7.org/fhir/R4/async.html */
import assert from 'node:assert/strict'
import { createClock } from '../../server/clock.ts'
import type { Store } from '../../server/store/store.ts'
import { FAULT_WAITS } from '../../server/jobs/worker.ts'
import { given, made, refused, type Answer, type Client, type Given } from '../given.ts'
import { participant } from '../builders/index.ts'
import { START, STORES, type Opened } from '../store/stores.ts'

const LATER = { headers: { Prefer: 'respond-async' } }
const DAY = 86_400_000

const batch = (...entry: readonly object[]) => ({ resourceType: 'Bundle', type: 'batch', entry })
const get = (url: string) => ({ request: { method: 'GET', url } })
const post = (resource: { resourceType: string }) => ({
  resource,
  request: { method: 'POST', url: resource.resourceType },
})

function accepted(answer: Answer): string {
  assert.equal(answer.status, 202, answer.text)
  return `/_async/${answer.headers.get('content-location')!.split('/').at(-1)}`
}

/** A store whose searches for participants end only when they are given up, and what was read since the first of them. */
function endless(store: Store) {
  const reads: string[] = []
  let begun: () => void
  const first = new Promise<void>((resolve) => (begun = resolve))
  const noting =
    <A extends unknown[], T>(name: string, call: (...given: A) => Promise<T>) =>
    (...given: A): Promise<T> => {
      if (reads.length > 0) reads.push(name)
      return call(...given)
    }
  const wrapped: Store = {
    ...store,
    close: async () => undefined,
    history: noting('history', store.history),
    find(query, signal) {
      if (query.type !== 'Patient' || query.viewer === 'unrestricted') return store.find(query, signal)
      reads.push('find')
      begun()
      return new Promise((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
      )
    },
  }
  return { store: wrapped, first, reads }
}

/** A store that refuses commits from some time on. */
function failing(store: Store) {
  const failure = { fails: (_work: Parameters<Store['commit']>[0]): boolean => false }
  const wrapped: Store = {
    ...store,
    close: async () => undefined,
    commit: async (work) => {
      if (failure.fails(work)) throw new Error('The disk is broken.')
      return store.commit(work)
    },
  }
  return { store: wrapped, failure }
}

const MODES = [
  ['hub', 'es'],
  ['open', undefined],
] as const

for (const kind of STORES)
  for (const [rules, agency] of MODES)
    describe(`interactions / async-status, ${kind.name}, HUB_RULES=${rules}`, () => {
      let opened: Opened
      let now = START
      before(async () => (opened = await kind.open()))
      after(() => opened.close())

      let hub: Given
      const hubOver = async (store: Store): Promise<Given> => {
        const settings = { HUB_RULES: rules, HUB_SEED: rules === 'hub' ? 'sample' : 'none' }
        return (hub = await given(
          settings,
          createClock(() => now),
          { store },
        ))
      }
      afterEach(() => hub.stop())

      const client = (hub: Given): Client => hub.as(agency)

      const LONG: readonly (readonly [string, (to: Client) => Promise<Answer>])[] = [
        ['a search', (to) => to.get('/Patient?_revinclude=Goal:patient', LATER)],
        ['a batch', (to) => to.post('/', batch(...Array.from({ length: 20 }, () => get('Patient'))), LATER)],
        ['a search over the system', (to) => to.get('/?_type=Patient', LATER)],
      ]
      for (const [what, send] of LONG)
        it(`ends ${what} that runs when it is cancelled, and reads no more`, async () => {
          const { store, first, reads } = endless(opened.store)
          await hubOver(store)
          const to = client(hub)
          const path = accepted(await send(to))
          await first
          assert.equal((await to.get(path)).status, 202)
          assert.equal((await to.delete(path)).status, 202)
          await hub.hub.runDue()
          assert.deepEqual(reads, ['find'])
          refused(await to.get(path), 404, 'not-found')
        })

      it('ends a request whose job failed as often as it is tried, with what is known of it', async () => {
        const { store, failure } = failing(opened.store)
        await hubOver(store)
        const to = client(hub)
        failure.fails = ({ jobs = [], claim }) =>
          claim !== undefined && jobs.some(({ payload }) => JSON.stringify(payload ?? {}).includes('"result"'))
        const path = accepted(await to.post('/', batch(post(participant('es'))), LATER))
        for (let tried = 0; tried < FAULT_WAITS.length; tried++) {
          await hub.hub.runDue()
          now += DAY
        }
        assert.equal((await to.get(path)).status, 202)
        // The last attempt: what it does fails once more, and its end is kept.
        failure.fails = onceOf((work) => work.claim !== undefined)
        await hub.hub.runDue()
        const { entry } = made(await to.get(path))
        assert.equal(entry[0].response.outcome.issue[0].details.coding[0].code, 'async-outcome-unknown')
      })

      it('says so where the end of a request could not be kept either', async () => {
        const { store, failure } = failing(opened.store)
        await hubOver(store)
        const to = client(hub)
        failure.fails = ({ claim }) => claim !== undefined
        const path = accepted(await to.post('/', batch(post(participant('es'))), LATER))
        for (let tried = 0; tried <= FAULT_WAITS.length; tried++) {
          await hub.hub.runDue()
          now += DAY
        }
        refused(await to.get(path), 500, 'internal')
        failure.fails = () => false
        assert.equal((await to.delete(path)).status, 202)
        refused(await to.get(path), 404, 'not-found')
      })
    })

/** True for the first that it holds for. */
function onceOf<T>(condition: (one: T) => boolean): (one: T) => boolean {
  let isOver = false
  return (one) => {
    if (isOver || !condition(one)) return false
    isOver = true
    return true
  }
}
