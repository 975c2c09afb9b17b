/** Writing records and reading them back: versions, deletions, history, and the conditions of a write. */
import assert from 'node:assert/strict'
import { parseJson } from '../../../server/fhir/json.ts'
import type { Resource } from '../../../server/fhir/types.ts'
import { CommitConflict } from '../../../server/store/errors.ts'
import type { Expect } from '../../../server/store/store.ts'
import { each, START } from '../stores.ts'
import type { StoreKind } from '../stores.ts'
import { circle, EVERYTHING, key, named, put, query, remove, token } from '../writes.ts'

export function versions(kind: StoreKind): void {
  describe(`store / ${kind.name} / versions`, () => {
    const given = each(kind)
    const commit = (...writes: Parameters<typeof given.store.commit>[0]['writes'] & object) =>
      given.store.commit({ writes })
    const read = (text: string) => given.store.read(key(text), EVERYTHING)

    it('answers what it made, and reads it back the same', async () => {
      const audience = [
        { agency: 'abe', from: 5 },
        { agency: 'snap', until: 9 },
        { agency: 'tanf', from: 1, until: 2 },
      ]
      const done = await commit(put('Patient/1', { body: { active: true }, method: 'POST', author: 'mdes', audience }))
      assert.deepEqual(done, {
        sequence: 1,
        at: START,
        versions: [
          {
            type: 'Patient',
            id: '1',
            version: 1,
            sequence: 1,
            at: START,
            method: 'POST',
            author: 'mdes',
            owner: 'mdes',
            audience,
            text: '{"resourceType":"Patient","id":"1","meta":{"versionId":"1","lastUpdated":"2026-11-24T05:00:00.000Z"},"active":true}',
          },
        ],
      })
      assert.deepEqual(await read('Patient/1'), done.versions[0])
    })

    it('sets versionId and lastUpdated and keeps the rest of meta behind them', async () => {
      const meta = { versionId: '99', source: '#x', lastUpdated: '1999-01-01T00:00:00Z', tag: [{ code: 't' }] }
      const { versions: made } = await commit(put('Patient/1', { body: { active: true, meta } }))
      assert.equal(
        made[0]?.text,
        '{"resourceType":"Patient","id":"1","meta":{"versionId":"1","lastUpdated":"2026-11-24T05:00:00.000Z","source":"#x","tag":[{"code":"t"}]},"active":true}',
      )
    })

    it('keeps numbers as they were written', async () => {
      const resource = parseJson('{"resourceType":"Observation","id":"1","q":{"value":1.50},"big":1.0e2}')
        .value as Resource
      await commit({ ...put('Observation/1'), resource } as never)
      assert.match((await read('Observation/1'))!.text, /"q":\{"value":1\.50\},"big":1\.0e2\}$/)
    })

    it('counts versions of each record, and the first author stays its owner', async () => {
      await commit(put('Patient/1', { author: 'mdes' }))
      await commit(put('Patient/1', { author: 'abe' }), put('Patient/2', { author: 'abe' }))
      const one = await read('Patient/1')
      assert.deepEqual([one?.version, one?.author, one?.owner], [2, 'abe', 'mdes'])
      assert.equal((await read('Patient/2'))?.owner, 'abe')
    })

    it('keeps records of two types with one id apart', async () => {
      await commit(put('Patient/1', { body: { a: 1 } }), put('Task/1', { body: { b: 2 } }))
      assert.match((await read('Patient/1'))!.text, /"a":1/)
      assert.match((await read('Task/1'))!.text, /"b":2/)
    })

    it('answers undefined for what was never there', async () => {
      assert.equal(await read('Patient/1'), undefined)
      assert.equal(await given.store.vread(key('Patient/1'), 1, EVERYTHING), undefined)
      assert.equal(await given.store.indexed(key('Patient/1')), undefined)
      assert.deepEqual(await given.store.history(key('Patient/1'), EVERYTHING, { limit: 9, total: true }), {
        versions: [],
        positions: [],
        more: false,
        total: 0,
      })
    })

    it('reads several in the order of the keys', async () => {
      await commit(put('Patient/1'), put('Task/2'))
      const found = await given.store.readMany([key('Task/2'), key('Task/9'), key('Patient/1')], EVERYTHING)
      assert.deepEqual(found.map(named), ['Task/2#1', undefined, 'Patient/1#1'])
    })

    it('makes a version of a deletion, and goes on counting after it', async () => {
      await commit(put('Patient/1', { author: 'mdes' }))
      const gone = (await commit(remove('Patient/1', { author: 'abe' }))).versions[0]
      assert.deepEqual(
        [gone?.version, gone?.method, gone?.text, gone?.author, gone?.owner],
        [2, 'DELETE', '', 'abe', 'mdes'],
      )
      assert.deepEqual(await read('Patient/1'), gone)
      const back = (await commit(put('Patient/1', { author: 'abe' }))).versions[0]
      assert.deepEqual([back?.version, back?.owner], [3, 'mdes'])
    })

    it('makes no version when there is nothing to delete', async () => {
      assert.deepEqual((await commit(remove('Patient/1'))).versions, [undefined])
      await commit(put('Patient/1'))
      await commit(remove('Patient/1'))
      assert.deepEqual((await commit(remove('Patient/1'), put('Patient/2'))).versions.map(named), [
        undefined,
        'Patient/2#1',
      ])
      assert.equal((await read('Patient/1'))?.version, 2)
    })

    it('reads every version as it was', async () => {
      for (const n of [1, 2]) await commit(put('Patient/1', { body: { n } }))
      await commit(remove('Patient/1'))
      const texts = [1, 2, 3].map(async (n) => (await given.store.vread(key('Patient/1'), n, EVERYTHING))?.text)
      const [one, two, three] = await Promise.all(texts)
      assert.match(one!, /"n":1\}$/)
      assert.match(two!, /"n":2\}$/)
      assert.equal(three, '')
      assert.equal(await given.store.vread(key('Patient/1'), 4, EVERYTHING), undefined)
      assert.equal(await given.store.vread(key('Patient/1'), 0, EVERYTHING), undefined)
    })

    it('does all writes of a commit or none', async () => {
      const refused = given.store.commit({
        writes: [put('Patient/1'), put('Patient/2', { expect: { version: [1] } })],
        jobs: [{ kind: 'k', key: 'j', due: 0 }],
        cursors: [{ name: 'c', from: 0, to: 5 }],
        events: [{ stream: 's', sequence: 1, type: 'Patient', id: '1', version: 1 }],
      })
      await assert.rejects(refused, CommitConflict)
      assert.equal(await read('Patient/1'), undefined)
      assert.deepEqual(
        [await given.store.last(), await given.store.cursor('c'), await given.store.eventCount('s')],
        [0, 0, 0],
      )
      assert.deepEqual((await given.store.jobs.list({ kinds: ['k'], limit: Infinity })).jobs, [])
    })

    it('leaves nothing of a commit that fails half way, whatever the fault', async () => {
      const entries = [token('fresh', 'x', 'urn:fresh'), token('plain', 'x')]
      const good = put('Novel/1', { author: 'newcomer', entries })
      const bad = put('Novel/2', { body: { big: 1n as never } })
      await assert.rejects(
        Promise.all([given.store.commit({ writes: [good, bad] }), commit(put('Other/1'))]),
        TypeError,
      )
      assert.equal(await read('Novel/1'), undefined)
      await commit(
        put('Other/2', { author: 'other', entries: [token('other', 'y', 'urn:other'), token('plain', 'y')] }),
      )
      await commit(good)
      assert.deepEqual((await read('Novel/1'))?.author, 'newcomer')
      assert.deepEqual((await given.store.indexed(key('Novel/1')))?.entries, entries)
      assert.equal((await given.store.find(query('Novel'))).versions.length, 1)
      assert.equal(await given.store.last(), 3)
    })

    it('refuses two writes to one record in one commit as a mistake', async () => {
      const twice = [
        [put('Patient/1'), put('Patient/1')],
        [put('Patient/1'), remove('Patient/1')],
        [circle('Patient/1'), put('Patient/1')],
      ]
      for (const writes of twice) await assert.rejects(given.store.commit({ writes }), TypeError)
      assert.equal(await given.store.last(), 0)
    })

    it('gives the entries and the audience of a record as they are now', async () => {
      const entries = [
        token('status', 'x', 'urn:s'),
        token('status', 'y'),
        { kind: 'string', param: 'name', value: 'muller', exact: 'Müller' },
        { kind: 'reference', param: 'subject', type: 'Patient', id: '1' },
        { kind: 'uri', param: 'url', value: 'http://a' },
        { kind: 'date', param: 'date', start: -5, end: 1e15 },
      ] as const
      await commit(put('Task/1', { entries: [token('status', 'old')] }))
      await commit(put('Task/1', { entries, audience: [{ agency: 'abe', from: 3 }] }))
      const now = (await given.store.indexed(key('Task/1')))!
      const sorted = (list: readonly unknown[]) =>
        list.map((entry) => JSON.stringify(entry, Object.keys(entry as object).sort())).sort()
      assert.deepEqual(sorted(now.entries), sorted(entries))
      assert.deepEqual(now.audience, [{ agency: 'abe', from: 3 }])
    })
  })

  describe(`store / ${kind.name} / expect`, () => {
    const given = each(kind)
    const state: { [name: string]: (id: string) => Promise<unknown> } = {
      absent: async () => {},
      current: (id) => given.store.commit({ writes: [put(`Task/${id}`)] }),
      deleted: async (id) => {
        await given.store.commit({ writes: [put(`Task/${id}`)] })
        await given.store.commit({ writes: [remove(`Task/${id}`)] })
      },
    }
    const CASES: readonly (readonly [state: string, expect: Expect, current: number | 'done'])[] = [
      ['absent', 'absent', 'done'],
      ['absent', { version: [1] }, 0],
      ['absent', 'present', 0],
      ['current', 'absent', 1],
      ['current', { version: [1] }, 'done'],
      ['current', 'present', 'done'],
      ['current', { version: [7, 1] }, 'done'],
      ['current', { version: [2] }, 1],
      ['current', { version: [] }, 1],
      ['deleted', 'absent', 'done'],
      ['deleted', 'present', 0],
      ['deleted', { version: [2] }, 0],
      ['deleted', { version: [1] }, 0],
    ]
    for (const [name, expect, current] of CASES) {
      it(`${JSON.stringify(expect)} of a record that is ${name}: ${current === 'done' ? current : `conflict with ${current}`}`, async () => {
        for (const [id, write] of [
          ['a', put],
          ['b', remove],
        ] as const) {
          await state[name]!(id)
          const work = { writes: [put(`Goal/${id}`), write(`Task/${id}`, { expect })] }
          const guarded = { guards: [{ key: key(`Task/${id}`), expect }] }
          if (current === 'done') {
            await given.store.commit(guarded)
            await given.store.commit(work)
          } else {
            await assert.rejects(given.store.commit(work), conflict('write', 1, current))
            await assert.rejects(given.store.commit(guarded), conflict('guard', 0, current))
          }
        }
      })
    }

    it('fulfils a guard without writing the record', async () => {
      await given.store.commit({ writes: [put('Task/a')] })
      const guards = [{ key: key('Task/a'), expect: { version: [1] } }]
      await given.store.commit({ writes: [put('Task/b')], guards })
      assert.equal((await given.store.read(key('Task/a'), EVERYTHING))?.version, 1)
    })
  })
}

/** A matcher for assert.rejects. */
export const conflict = (kind: CommitConflict['kind'], index: number, current: number) => (error: unknown) => {
  assert.ok(error instanceof CommitConflict, String(error))
  assert.deepEqual([error.kind, error.index, error.current], [kind, index, current])
  return true
}
