/** The active agencies in memory: what the store has, whichever process wrote it. */
import assert from 'node:assert/strict'
import { createActiveAgencies } from '../../server/auth/active-agencies.ts'
import type { Store, Write } from '../../server/store/store.ts'
import { each, STORES } from '../store/stores.ts'
import { OPEN, remove } from '../store/writes.ts'

const organization = (id: string, active?: boolean): Write => ({
  kind: 'put',
  method: 'PUT',
  resource: { resourceType: 'Organization', id, ...(active === undefined ? {} : { active }) },
  entries: [],
  audience: OPEN,
  author: 'board',
})

for (const kind of STORES) {
  describe(`auth / active agencies over ${kind.name}`, () => {
    const opened = each(kind)
    /** The agencies of a process of its own over the same store. */
    const process = () => createActiveAgencies(opened.store)
    const commit = (store: Store, ...writes: readonly Write[]) => store.commit({ writes })

    it('are those that are there, not deleted and not inactive', async () => {
      await commit(
        opened.store,
        organization('es'),
        organization('vr', true),
        organization('old', false),
        organization('x'),
      )
      await commit(opened.store, remove('Organization/x'))
      const agencies = process()
      for (const state of ['before they are loaded', 'loaded']) {
        const active = await Promise.all(['es', 'vr', 'old', 'x', 'no-such'].map((id) => agencies.isActive(id)))
        assert.deepEqual(active, [true, true, false, false, false], state)
        await agencies.load()
      }
    })

    it('change with the commit of this process, before it is answered', async () => {
      const agencies = process()
      await commit(agencies.store, organization('es'))
      assert.equal(await agencies.isActive('es'), true)
      await commit(agencies.store, organization('es', false))
      assert.equal(await agencies.isActive('es'), false)
      await commit(agencies.store, organization('es', true))
      assert.equal(await agencies.isActive('es'), true)
      await commit(agencies.store, remove('Organization/es'))
      assert.equal(await agencies.isActive('es'), false)
    })

    it('change with what another process commits, once the log is read; a new one is found at once', async () => {
      const [agencies, other] = [process(), process()]
      await commit(other.store, organization('es'))
      assert.equal(await agencies.isActive('es'), true)
      const sequence = await opened.store.last()
      await commit(other.store, organization('es', false))
      await agencies.follow(await opened.store.feed(sequence, 10))
      assert.equal(await agencies.isActive('es'), false)
      await commit(other.store, organization('es', true))
      await agencies.load()
      assert.equal(await agencies.isActive('es'), true)
    })

    it('do not go back to an older version that is read late', async () => {
      const agencies = process()
      await commit(agencies.store, organization('es'))
      const commits = await opened.store.feed(0, 10)
      await commit(agencies.store, organization('es', false))
      await agencies.follow(commits)
      assert.equal(await agencies.isActive('es'), false)
    })

    it('are asked of the store once', async () => {
      await commit(opened.store, organization('es'))
      let reads = 0
      const read: Store['read'] = (...args) => {
        reads++
        return opened.store.read(...args)
      }
      const agencies = createActiveAgencies({ ...opened.store, read })
      for (let i = 0; i < 3; i++) assert.equal(await agencies.isActive('es'), true)
      assert.equal(reads, 1)
    })
  })
}
