/** What the hub publishes into its store when hubs of several versions, or several at once, start on it. */
import assert from 'node:assert/strict'
import type { CanonicalResource } from '../../server/definitions/canonical-resource.ts'
import type { Definitions } from '../../server/definitions/definitions.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { publishDefinitions } from '../../server/start/publish.ts'
import { ROOT } from '../checks/files.ts'
import { each, STORES } from '../store/stores.ts'

for (const kind of STORES) {
  describe(`start / publish over ${kind.name}`, () => {
    const opened = each(kind)
    let definitions: Definitions
    before(async () => (definitions = await loadDefinitions(ROOT)))

    /** A hub that publishes one code system, with this title, and these others. */
    const hub = (title: string, others: readonly string[] = []) => {
      const named = (id: string): CanonicalResource =>
        ({ resourceType: 'CodeSystem', id, url: `http://h.example/${id}`, title }) as unknown as CanonicalResource
      const all = ['shared', ...others].map(named)
      return { store: opened.store, definitions: { ...definitions, all }, index: { extract: () => [] } }
    }
    const read = async (id: string) => {
      const version = await opened.store.read({ type: 'CodeSystem', id }, 'unrestricted')
      return version && version.text !== '' ? [JSON.parse(version.text).title, version.version] : undefined
    }

    it('writes the definitions once, and nothing when they are there', async () => {
      assert.equal(await publishDefinitions(hub('one'), '1.0.0'), 'written')
      assert.equal(await publishDefinitions(hub('one'), '1.0.0'), 'unchanged')
      assert.deepEqual(await read('shared'), ['one', 1])
    })

    it('lets the newer version win, in whichever order they start', async () => {
      await publishDefinitions(hub('old', ['former']), '1.9.0')
      assert.equal(await publishDefinitions(hub('new'), '1.10.0'), 'written')
      assert.equal(await publishDefinitions(hub('old', ['former']), '1.9.0'), 'newer')
      assert.equal(await publishDefinitions(hub('new'), '1.10.0'), 'unchanged')
      assert.deepEqual(await read('shared'), ['new', 2])
      assert.equal(await read('former'), undefined)
    })

    it('remembers the newer version even when it publishes the same', async () => {
      await publishDefinitions(hub('same'), '1.0.0')
      assert.equal(await publishDefinitions(hub('same'), '2.0.0'), 'written')
      assert.equal(await publishDefinitions(hub('other'), '1.0.0'), 'newer')
      assert.deepEqual(await read('shared'), ['same', 1])
    })

    it('lets the last one started win among equal versions, once', async () => {
      await publishDefinitions(hub('a'), '1.0.0')
      assert.equal(await publishDefinitions(hub('b'), '1.0.0'), 'written')
      assert.deepEqual(await read('shared'), ['b', 2])
    })

    it('comes to one end when several start at once', async () => {
      const versions = ['1.0.0', '1.2.0', '1.1.0', '1.2.0', '1.0.0']
      const ended = await Promise.all(
        versions.map((version) => publishDefinitions(hub(version, [`of-${version}`]), version)),
      )
      assert.ok(ended.includes('written'))
      assert.equal((await read('shared'))?.[0], '1.2.0')
      assert.deepEqual([await read('of-1.0.0'), await read('of-1.1.0')], [undefined, undefined])
      assert.ok(await read('of-1.2.0'))
    })
  })
}
