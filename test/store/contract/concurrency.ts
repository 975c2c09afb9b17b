/** Many at once: exactly one wins what only one can win. */
import assert from 'node:assert/strict'
import { CommitConflict } from '../../../server/store/errors.ts'
import type { Committed, Work } from '../../../server/store/store.ts'
import { each } from '../stores.ts'
import type { StoreKind } from '../stores.ts'
import { EVERYTHING, isToken, key, put, query, token } from '../writes.ts'

const MANY = 64
const ROUNDS = 200

export function concurrency(kind: StoreKind): void {
  describe(`store / ${kind.name} / concurrency`, function () {
    this.timeout(60_000)
    const given = each(kind)

    /** Commits at the same time; answers those done. Every refusal must be a conflict. */
    const race = async (works: readonly Work[]): Promise<Committed[]> => {
      const ends = await Promise.allSettled(works.map((work) => given.store.commit(work)))
      return ends.flatMap((end) => {
        if (end.status === 'fulfilled') return end.value
        assert.ok(end.reason instanceof CommitConflict, String(end.reason))
        return []
      })
    }
    const many = (work: (index: number) => Work): Work[] => Array.from({ length: MANY }, (_, index) => work(index))

    it(`lets one of ${MANY} writers of the same version win, in ${ROUNDS} rounds`, async () => {
      await given.store.commit({ writes: [put('Patient/1')] })
      for (let version = 1; version <= ROUNDS; version++) {
        const won = await race(
          many((index) => ({ writes: [put('Patient/1', { body: { index }, expect: { version: [version] } })] })),
        )
        assert.equal(won.length, 1)
        const now = await given.store.read(key('Patient/1'), EVERYTHING)
        assert.deepEqual(now, won[0]?.versions[0])
        assert.equal(now?.version, version + 1)
      }
      assert.equal(await given.store.last(), ROUNDS + 1)
    })

    it(`lets one of ${MANY} creations with the same condition win`, async () => {
      for (let round = 0; round < 20; round++) {
        const none = query('Patient', { where: isToken('identifier', `i${round}`) })
        const entries = [token('identifier', `i${round}`)]
        const won = await race(
          many((index) => ({ writes: [put(`Patient/${round}-${index}`, { entries })], guards: [{ none }] })),
        )
        assert.equal(won.length, 1)
        assert.equal((await given.store.find({ ...none, total: true })).total, 1)
      }
    })

    it('gives each of the commits made at the same time a sequence of its own, without gaps', async () => {
      const done = await race(many((index) => ({ writes: [put(`Patient/${index}`)] })))
      const sequences = done.map(({ sequence }) => sequence).sort((a, b) => a - b)
      assert.deepEqual(
        sequences,
        Array.from({ length: MANY }, (_, index) => index + 1),
      )
    })

    it('does not let a refused commit hurt those that it shares a transaction with', async () => {
      await given.store.commit({ writes: [put('Patient/0')] })
      const done = await race(
        many((index) => ({
          writes: [
            put(`Patient/${index}`, { expect: 'absent', entries: [token('tag', `t${index}`, `urn:${index}`)] }),
            put(`Task/${index}`, index % 2 === 0 ? { expect: { version: [1] } } : { author: `agency-${index}` }),
          ],
        })),
      )
      assert.equal(done.length, MANY / 2)
      const { versions } = await given.store.find(query('Task'))
      assert.deepEqual(
        versions.map(({ author }) => author),
        Array.from({ length: MANY / 2 }, (_, index) => `agency-${index * 2 + 1}`),
      )
      assert.equal((await given.store.find(query('Patient'))).versions.length, 1 + MANY / 2)
    })
  })
}
