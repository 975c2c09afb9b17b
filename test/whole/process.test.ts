/** The hub as a process, under way: how fast it is back, and what becomes of requests when it is stopped. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseStoreAddress } from '../../server/store/address.ts'
import { openStore } from '../../server/store/open.ts'
import { startHub } from '../checks/process.ts'
import { given } from '../given.ts'
import { ledger } from './crash/ledger.ts'
import { checkPromises } from './crash/check.ts'
import { resident } from '../builders/index.ts'

/** ms from the command to the first answer, and on a machine that is slow or busy so many times what Express alone takes to load. */
const PROMPT = { ms: 2_000, timesExpress: 9 }
const CLIENTS = 16

function timeToLoadExpress(): number {
  const begun = performance.now()
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', "await import('express')"])
  assert.equal(status, 0)
  return performance.now() - begun
}

describe('a hub that is started and stopped', function () {
  this.timeout(60_000)
  let folder: string
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'nwd-process-'))))
  afterEach(() => rmSync(folder, { recursive: true }))
  const store = () => `sqlite:${join(folder, 'hub.sqlite')}`

  it('answers /metadata within two seconds of the command when it is started again', async () => {
    await (await given({ HUB_STORE: store() })).stop()
    const times: number[] = []
    let limit = PROMPT.ms
    // Tests run beside this one, so what counts is the best of three.
    while (times.length < 3 && Math.min(...times) >= limit) {
      limit = Math.max(limit, PROMPT.timesExpress * timeToLoadExpress())
      const begun = performance.now()
      const hub = await startHub({ HUB_STORE: store() })
      const { status } = await fetch(`${hub.url}/metadata`)
      times.push(performance.now() - begun)
      assert.equal(status, 200)
      assert.equal(await hub.end(), 0)
    }
    console.log(`      first answer after ${times.map((ms) => Math.round(ms)).join(', ')} ms`)
    assert.ok(Math.min(...times) < limit, `${times.join(', ')}; at most ${limit}`)
  })

  it('finishes writes that are under way when it is stopped: each is answered or was never begun', async () => {
    const hub = await startHub({ HUB_STORE: store() })
    const promises = ledger()
    let ended: Promise<number | null> | undefined
    let answered = 0
    const write = async (client: number): Promise<void> => {
      for (let turn = 0; ; turn++) {
        const response = await fetch(`${hub.url}/Patient`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/fhir+json', 'X-Agency': 'es' },
          body: JSON.stringify(resident('es', `${client}-${turn}`)),
        }).catch((error: Error) => error)
        if (response instanceof Error) {
          // Refused a connection, or a kept one was closed before the request: only after the signal.
          assert.ok(ended, `${response.message} ${String(response.cause)}`)
          return
        }
        assert.equal(response.status, 201)
        promises.note((await response.json()) as Parameters<typeof promises.note>[0])
        if (++answered === 4 * CLIENTS) ended = hub.end('SIGTERM')
      }
    }
    await Promise.all(Array.from({ length: CLIENTS }, (_, client) => write(client)))
    assert.equal(await ended, 0)

    const again = await startHub({ HUB_STORE: store() })
    assert.deepEqual(await checkPromises(again.url, promises.fresh()), [])
    assert.equal(await again.end(), 0)
    assert.equal(await count(store()), promises.all.size, 'a write was done and not answered')
  })
})

async function count(address: string): Promise<number> {
  const opened = await openStore(parseStoreAddress(address)!, { clock: Date.now })
  const versions = (await opened.feed(0, 1_000_000)).flatMap((commit) => commit.versions)
  await opened.close()
  return versions.filter(({ type }) => type === 'Patient').length
}
