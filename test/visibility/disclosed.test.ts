/**
 * A reply names the records that it discloses: each record whose resource is in its body, and none that the caller may
 * not know of. Checked for requests of every kind, drawn as for the test of non-interference.
 */
import assert from 'node:assert/strict'
import { serialize } from '../../server/fhir/json.ts'
import { keyText, type Key } from '../../server/fhir/types.ts'
import type { Call, Reply } from '../../server/interactions/call.ts'
import { viewerOf } from '../../server/records/view.ts'
import { openStore } from '../../server/store/open.ts'
import type { Store } from '../../server/store/store.ts'
import { put } from '../store/writes.ts'
import { compare } from './noninterference.ts'
import { TIMES } from '../times.ts'

const REQUESTS = 500 * TIMES

describe('the records that a reply discloses', () => {
  it(`are those in its body, and none that are hidden, for ${REQUESTS} requests`, async function () {
    this.timeout(120_000 * TIMES)
    const checks: Promise<readonly string[]>[] = []
    let disclosed = 0
    await compare({
      requests: REQUESTS,
      seed: 20261128,
      observe(store, call, reply) {
        disclosed += reply.disclosed?.length ?? 0
        checks.push(faultsOf(store, call, reply))
      },
    })
    assert.deepEqual((await Promise.all(checks)).flat(), [])
    assert.ok(disclosed > REQUESTS, `${disclosed} records were disclosed`)
  })

  it('is a test that fails for a record left out, and for a hidden one', async () => {
    const store = await openStore({ kind: 'memory' }, { clock: () => 0 })
    await store.commit({
      writes: [put('Goal/a', { audience: [{ agency: 'es' }] }), put('Goal/b', { audience: [{ agency: 'vr' }] })],
    })
    const call = { caller: { agency: 'es', role: 'agency' }, now: 0, method: 'GET', params: [] } as unknown as Call
    const resource = { resourceType: 'Goal', id: 'a' }
    const hidden = { type: 'Goal', id: 'b' }
    assert.match((await faultsOf(store, call, { status: 200, resource })).join(), /Goal\/a is not disclosed/)
    assert.match(
      (await faultsOf(store, call, { status: 200, disclosed: [hidden] })).join(),
      /Goal\/b is disclosed, but .* may not know/,
    )
  })
})

async function faultsOf(store: Store, call: Call, reply: Reply): Promise<readonly string[]> {
  const disclosed = new Set((reply.disclosed ?? []).map(keyText))
  const text = reply.text ?? (reply.resource ? serialize(reply.resource) : '{}')
  const shown = keysIn(JSON.parse(text === '' ? '{}' : text)).filter((key) => !disclosed.has(keyText(key)))
  const [records, visible] = await Promise.all([
    store.readMany(shown, 'unrestricted'),
    store.readMany(reply.disclosed ?? [], viewerOf(call.caller, call.now)),
  ])
  const request = `${call.method} ${call.type ?? ''}/${call.id ?? ''} ${JSON.stringify(call.params)}`
  return [
    ...shown.filter((_, index) => records[index]).map((key) => `${keyText(key)} is not disclosed: ${request}`),
    ...(reply.disclosed ?? [])
      .filter((_, index) => !visible[index])
      .map((key) => `${keyText(key)} is disclosed, but its caller may not know of it: ${request}`),
  ]
}

/** Every resource with an id, wherever it is in the body. */
function keysIn(value: unknown): readonly Key[] {
  if (typeof value !== 'object' || value === null) return []
  const { resourceType: type, id } = value as { resourceType?: unknown; id?: unknown }
  const own = typeof type === 'string' && typeof id === 'string' ? [{ type, id }] : []
  return [...own, ...Object.values(value).flatMap(keysIn)]
}
