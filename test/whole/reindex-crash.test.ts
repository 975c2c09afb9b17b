/** A real hub that is killed (kill -9) in the middle of a reindex, while it is written to, goes on where it was. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openStore } from '../../server/store/open.ts'
import type { Store } from '../../server/store/store.ts'
import { indexWrite, readStoredIndex } from '../../server/write/index-state.ts'
import { startHub } from '../checks/process.ts'
import { clientAt, given, made, type Client } from '../given.ts'
import { temporaryFolder } from '../store/stores.ts'
import { participant } from '../builders/index.ts'

const PEOPLE = 2_000

/** Makes the store what a hub without the parameter `gender` leaves: people who are not indexed by it. */
async function fill(store: Store): Promise<void> {
  for (let first = 0; first < PEOPLE; first += 500) {
    const writes = Array.from({ length: 500 }, (_, index) => {
      const number = first + index
      const gender = number % 3 === 0 ? 'female' : 'male'
      const resource = { ...participant('es'), id: `es.${number}`, gender, meta: { source: 'Organization/es' } }
      return { kind: 'put', method: 'PUT', resource, entries: [], audience: [{ agency: '*' }], author: 'es' } as const
    })
    await store.commit({ writes })
  }
  const stored = await readStoredIndex(store)
  const { Patient: { gender: _gender, ...others } = {}, ...types } = stored?.digests ?? {}
  await store.commit({ writes: [indexWrite(stored, { ...types, Patient: others }, stored?.software ?? '')] })
}

describe('a reindex that is killed', function () {
  this.timeout(120_000)
  let folder: string
  before(async () => (folder = await temporaryFolder()))
  /** Ends what a failure left running. */
  let endLast: () => unknown = () => undefined
  after(async () => {
    await endLast()
    await rm(folder, { recursive: true })
  })

  const opened = async <T>(path: string, work: (store: Store) => Promise<T>): Promise<T> => {
    const store = await openStore({ kind: 'sqlite', path }, { clock: Date.now })
    try {
      return await work(store)
    } finally {
      await store.close()
    }
  }
  const doneIn = (text: string): number => Number(/(\d+) of \d+ records are done/.exec(text)?.[1] ?? 0)
  /** How far the index is, by the refusal of a search; undefined when it is complete. */
  const progress = async (es: Client): Promise<number | undefined> => {
    const { status, text } = await es.get('/Patient?gender=female&_summary=count')
    return status === 503 ? doneIn(text) : undefined
  }

  it('goes on where it was, and is complete in the end with what was written meanwhile', async () => {
    const path = join(folder, 'hub.sqlite')
    const settings = { HUB_STORE: `sqlite:${path}` }
    const former = await given(settings)
    await former.stop()
    await opened(path, fill)

    const killed = await startHub(settings)
    endLast = () => killed.end('SIGKILL')
    let es = clientAt(killed.url, 'es')
    const turned = new Set<number>()
    let done: number | undefined = 0
    for (let number = 0; (done ?? 0) < 500; number += 7) {
      done = await progress(es)
      assert.notEqual(done, undefined, 'the index was complete before the hub was killed')
      const id = `es.${number}`
      made(await es.put(`/Patient/${id}`, { ...participant('es'), id, gender: 'other' }, 1))
      turned.add(number)
    }
    await killed.end('SIGKILL')

    const kept = await opened(path, async (store) => {
      const [job] = (await store.jobs.list({ kinds: ['reindex'], limit: 1 })).jobs
      return (job?.payload as { done: number }).done
    })
    assert.ok(kept >= 500 && kept < PEOPLE, `${kept} records were done`)

    const next = await startHub(settings)
    endLast = () => next.end('SIGKILL')
    es = clientAt(next.url, 'es')
    const first = await progress(es)
    assert.ok(first === undefined || first === 0 || first >= kept, `${first} done after the start, ${kept} before`)
    while ((await progress(es)) !== undefined);
    const total = async (gender: string) =>
      made(await es.get(`/Patient?gender=${gender}&_summary=count&_total=accurate`)).total
    const female = Array.from({ length: PEOPLE }, (_, number) => number).filter(
      (number) => number % 3 === 0 && !turned.has(number),
    )
    assert.deepEqual([await total('other'), await total('female')], [turned.size, female.length])
    await next.end()
  })
})
