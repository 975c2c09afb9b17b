/** Which versions of a record an agency may know: those since it came to know of the record, and those that it wrote. */
import assert from 'node:assert/strict'
import type { AgencyViewer, Audience } from '../../../server/search/query.ts'
import { each, type StoreKind } from '../stores.ts'
import { circle, key, put, query, remove } from '../writes.ts'

const TASK = 'Task/a'
const mdes: Audience = { agency: 'mdes' }
const abe: Audience = { agency: 'abe' }

export function firstVersions(kind: StoreKind): void {
  describe(`store / ${kind.name} / first versions`, () => {
    const given = each(kind)
    const write = async (audience: readonly Audience[], author = 'mdes') =>
      (await given.store.commit({ writes: [put(TASK, { audience, author })] })).at
    const readd = async (...audience: readonly Audience[]) =>
      (await given.store.commit({ writes: [circle(TASK, ...audience)] })).at

    /** The versions that a viewer gets, by each of the two ways. */
    async function seenBy(agency: string, more: Partial<AgencyViewer> = {}): Promise<string> {
      const viewer: AgencyViewer = { agency, at: 10 ** 15, ...more }
      const { versions, total, positions } = await given.store.history(key(TASK), viewer, { limit: 20, total: true })
      assert.equal(total, versions.length)
      const each: number[] = []
      for (let number = 1; number <= 9; number += 1)
        if (await given.store.vread(key(TASK), number, viewer)) each.push(number)
      assert.deepEqual(each, versions.map(({ version }) => version).reverse())
      for (const scope of ['Task', '*'] as const)
        assert.deepEqual((await given.store.history(scope, viewer, { limit: 20 })).versions, versions)
      for (const [index, after] of positions.entries()) {
        const page = await given.store.history(key(TASK), viewer, { limit: 1, after })
        assert.equal(page.versions[0]?.version, versions[index + 1]?.version)
      }
      for (const { version, sequence } of versions) {
        const { versions: found } = await given.store.find(query('Task', { asOf: sequence, viewer, deleted: true }))
        assert.equal(found[0]?.version, version, 'a search as of the sequence of the version finds it')
      }
      const hidden = [1, 2, 3, 4].filter((number) => !each.includes(number))
      for (const number of hidden) {
        const sequence = (await given.store.vread(key(TASK), number, 'unrestricted'))?.sequence
        if (sequence === undefined) continue
        const { versions: found, total } = await given.store.find(
          query('Task', { asOf: sequence, viewer, deleted: true, total: true }),
        )
        assert.deepEqual([found, total], [[], 0], 'and one as of a version that it may not know finds nothing')
      }
      return each.join(' ')
    }

    it('begin with the one that was current when the agency came to know, without a new version', async () => {
      for (let count = 0; count < 3; count += 1) await write([mdes])
      await readd(mdes, abe)
      assert.equal(await seenBy('abe'), '3')
      await write([mdes, abe])
      assert.equal(await seenBy('abe'), '3 4')
      assert.equal(await seenBy('mdes'), '1 2 3 4')
    })

    it('begin with the one by which the agency came to know', async () => {
      await write([mdes])
      await write([mdes, abe])
      await write([mdes, abe])
      assert.equal(await seenBy('abe'), '2 3')
    })

    it('begin anew where the agency lost sight of the record in between, by a version or without', async () => {
      await write([mdes, abe])
      await write([mdes])
      await write([mdes, abe])
      assert.equal(await seenBy('abe'), '3')
      await readd(mdes)
      assert.equal(await seenBy('abe'), '')
      await write([mdes])
      await readd(mdes, abe)
      assert.equal(await seenBy('abe'), '4')
    })

    it('stay what they are when the audience changes for others', async () => {
      await write([mdes])
      await write([mdes, abe])
      await write([mdes, abe, { agency: 'snap' }])
      await readd(abe)
      await write([abe])
      assert.equal(await seenBy('abe'), '2 3 4')
    })

    it('are all for one that knew from the first, for everyone, for a viewer of all, and for the hub', async () => {
      await write([mdes, abe])
      await write([mdes, abe])
      assert.equal(await seenBy('abe'), '1 2')
      await readd(mdes)
      await readd(mdes, abe)
      assert.equal(await seenBy('abe', { allVersions: true }), '1 2')
      assert.equal((await given.store.history(key(TASK), 'unrestricted', { limit: 9, total: true })).total, 2)
      await write([{ agency: '*' }])
      assert.equal(await seenBy('snap'), '3')
      await write([{ agency: '*' }])
      assert.equal(await seenBy('snap'), '3 4')
    })

    it('are joined by those that the agency wrote itself', async () => {
      await write([abe], 'abe')
      await write([mdes])
      await write([mdes, abe], 'mdes')
      assert.equal(await seenBy('abe'), '1 3')
    })

    it('begin with the one that was current when a membership begins by its time', async () => {
      const first = await write([mdes])
      const second = await write([mdes])
      const from = (await write([mdes])) + 0
      await readd(mdes, { agency: 'abe', from: from + 5 })
      assert.ok(first <= second)
      assert.equal(await seenBy('abe'), '3')
      assert.equal(await seenBy('abe', { at: from }), '')
    })

    it('hold for a deleted record, and when it is brought back', async () => {
      await write([mdes])
      await given.store.commit({ writes: [remove(TASK, { audience: [mdes, abe] })] })
      assert.equal(await seenBy('abe'), '2')
      await write([mdes, abe])
      assert.equal(await seenBy('abe'), '2 3')
    })
  })
}
