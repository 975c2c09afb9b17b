/** Who may know: every read names its viewer, who is compared with the audience that a record has now. */
import assert from 'node:assert/strict'
import type { Viewer } from '../../../server/search/query.ts'
import type { Audience } from '../../../server/search/query.ts'
import { each } from '../stores.ts'
import type { StoreKind } from '../stores.ts'
import { circle, isToken, key, named, put, query, remove, token } from '../writes.ts'
import { collected } from './search.ts'
import { conflict } from './versions.ts'

const AT = 1000
const WAYS = ['read', 'readMany', 'vread', 'history', 'find', 'find all', 'find any type'].concat([
  'find several types',
  'history of a type',
  'history of everything',
  'find as of',
  'all',
  'count',
])

const CASES: readonly (readonly [title: string, audience: readonly Audience[], seen: boolean])[] = [
  ['nobody', [], false],
  ['the agency', [{ agency: 'abe' }], true],
  ['another agency', [{ agency: 'snap' }], false],
  ['everyone', [{ agency: '*' }], true],
  ['the agency from now', [{ agency: 'abe', from: AT }], true],
  ['the agency from later', [{ agency: 'abe', from: AT + 1 }], false],
  ['the agency until now', [{ agency: 'abe', until: AT }], false],
  ['the agency until later', [{ agency: 'abe', until: AT + 1 }], true],
  [
    'the agency, then and later but not now',
    [
      { agency: 'abe', until: AT },
      { agency: 'abe', from: AT + 1 },
    ],
    false,
  ],
  [
    'the agency, later and now',
    [
      { agency: 'abe', from: AT + 1 },
      { agency: 'abe', from: 0, until: AT + 1 },
    ],
    true,
  ],
  ['another now and the agency later', [{ agency: 'snap' }, { agency: 'abe', from: AT + 1 }], false],
  ['everyone from later', [{ agency: '*', from: AT + 1 }], false],
]

export function visibility(kind: StoreKind): void {
  describe(`store / ${kind.name} / visibility`, () => {
    const given = each(kind)
    const abe: Viewer = { agency: 'abe', at: AT }

    /** By which ways a viewer learns of Task/a. */
    const ways = async (viewer: Viewer) => {
      const { store } = given
      const one = key('Task/a')
      const where = isToken('status', 'x')
      return {
        read: named(await store.read(one, viewer)) !== undefined,
        readMany: named((await store.readMany([one], viewer))[0]) !== undefined,
        vread: named(await store.vread(one, 1, viewer)) !== undefined,
        history: (await store.history(one, viewer, { limit: 9, total: true })).total !== 0,
        'history of a type': (await store.history('Task', viewer, { limit: 9 })).versions.length > 0,
        'history of everything': (await store.history('*', viewer, { limit: 9 })).versions.length > 0,
        find: (await store.find(query('Task', { where, viewer }))).versions.length > 0,
        'find all': (await store.find(query('Task', { viewer }))).versions.length > 0,
        'find any type': (await store.find(query('*', { where, viewer }))).versions.length > 0,
        'find several types':
          (await store.find({ ...query('', { where, viewer }), type: ['Goal', 'Task'] })).versions.length > 0,
        'find as of': (await store.find(query('Task', { where, viewer, asOf: 1 }))).versions.length > 0,
        all: (await collected(store.all({ type: 'Task', where, viewer }))).length > 0,
        count: (await store.find(query('Task', { viewer, limit: 0, total: true }))).total === 1,
      }
    }
    /** The answer of every way. */
    const every = (seen: boolean) => Object.fromEntries(WAYS.map((way) => [way, seen]))

    for (const [title, audience, seen] of CASES) {
      it(`${seen ? 'is open' : 'is closed'} to an agency when the audience is ${title}`, async () => {
        await given.store.commit({ writes: [put('Task/a', { audience, entries: [token('status', 'x')] })] })
        assert.deepEqual(await ways(abe), every(seen))
        assert.deepEqual(await ways('unrestricted'), every(true))
        assert.deepEqual(
          await ways({ agency: 'unheard-of', at: AT }),
          every(audience.some(({ agency, from }) => agency === '*' && from === undefined)),
        )
      })
    }

    it('changes at once, without a version, when the audience does', async () => {
      const entries = [token('status', 'x')]
      await given.store.commit({ writes: [put('Task/a', { entries, audience: [{ agency: 'snap' }] })] })
      const done = await given.store.commit({ writes: [circle('Task/a', { agency: 'abe' })] })
      assert.deepEqual([done.versions, done.sequence], [[undefined], 2])
      assert.deepEqual(await ways(abe), every(true))
      assert.deepEqual(await ways({ agency: 'snap', at: AT }), every(false))
      const version = await given.store.read(key('Task/a'), abe)
      assert.deepEqual(
        [version?.version, version?.audience],
        [1, [{ agency: 'snap' }]],
        'a version keeps who was to be notified',
      )
      assert.deepEqual((await given.store.indexed(key('Task/a')))?.audience, [{ agency: 'abe' }])
    })

    it('covers old versions: none is seen by who may not know of the record now', async () => {
      await given.store.commit({ writes: [put('Task/a', { audience: [{ agency: 'abe' }] })] })
      await given.store.commit({ writes: [put('Task/a', { audience: [{ agency: 'snap' }] })] })
      assert.equal(await given.store.vread(key('Task/a'), 1, abe), undefined)
      assert.deepEqual((await given.store.history(key('Task/a'), abe, { limit: 9 })).versions, [])
    })

    it('covers deleted records', async () => {
      await given.store.commit({ writes: [put('Task/a')] })
      await given.store.commit({ writes: [remove('Task/a', { audience: [{ agency: 'snap' }] })] })
      assert.equal(await given.store.read(key('Task/a'), abe), undefined)
      await given.store.commit({ writes: [circle('Task/a', { agency: 'abe' })] })
      assert.equal((await given.store.read(key('Task/a'), abe))?.method, 'DELETE')
    })

    it('leaves the audience of an unknown record alone', async () => {
      assert.deepEqual((await given.store.commit({ writes: [circle('Task/a', { agency: 'abe' })] })).versions, [
        undefined,
      ])
      assert.equal(await given.store.read(key('Task/a'), 'unrestricted'), undefined)
    })

    it('holds for a guard, too: what the viewer may not know of refuses nothing', async () => {
      const entries = [token('identifier', '1')]
      await given.store.commit({ writes: [put('Task/a', { entries, audience: [{ agency: 'snap' }] })] })
      const none = (viewer: Viewer) => [{ none: query('Task', { where: isToken('identifier', '1'), viewer }) }]
      await given.store.commit({ writes: [put('Task/b')], guards: none(abe) })
      const refused = given.store.commit({ writes: [put('Task/c')], guards: none('unrestricted') })
      await assert.rejects(refused, conflict('guard', 0, 1))
    })
  })
}
