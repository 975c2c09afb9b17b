/**
 * Old versions of a record: an agency may know those since it came to know of the record, and those that it wrote. It
 * comes to know by a consent, a referral, a label that is taken off, a denial that is lifted, a merge.
 */
import assert from 'node:assert/strict'
import { attackedOver, newcomer, post, type Scene } from '../attack/scene.ts'
import { condition, consent, denial, labelled, participation } from '../builders/index.ts'
import { made, OVER_STORES, type Client } from '../given.ts'

for (const kind of OVER_STORES)
  describe(`visibility / old versions over ${kind}`, function () {
    this.timeout(60_000)
    let scene: Scene
    let es: Client, abe: Client, vr: Client, board: Client
    before(async () => {
      scene = await attackedOver(kind)
      ;[es, abe, vr, board] = ['es', 'abe', 'vr', 'board'].map((agency) => scene.as(agency)) as [
        Client,
        Client,
        Client,
        Client,
      ]
    })
    after(() => scene.stop())

    /** The versions of a record that an agency gets by its history, which vread confirms. */
    async function versionsFor(client: Client, key: string): Promise<string> {
      const answer = await client.get(`/${key}/_history`)
      if (answer.status !== 200) return ''
      const { entry = [], total } = answer.body as {
        entry?: { resource: { meta: { versionId: string } } }[]
        total: number
      }
      const listed = entry.map(({ resource }) => resource.meta.versionId).reverse()
      assert.equal(total, listed.length)
      const newest = Number(listed.at(-1) ?? 0)
      for (let number = 1; number <= newest; number += 1) {
        const { status } = await client.get(`/${key}/_history/${number}`)
        assert.equal(status, listed.includes(String(number)) ? 200 : 404, `${key} ${number}`)
      }
      return listed.join(' ')
    }
    const barrier = async (client: Client, subject: string): Promise<string> =>
      `Condition/${(await post(client, condition(subject))).id}`
    /** Writes the next version of a record. */
    async function change(client: Client, key: string, more: object): Promise<void> {
      const current = made(await client.get(`/${key}`))
      made(await client.put(`/${key}`, { ...current, ...more }, current.meta.versionId))
    }
    const note = (text: string) => ({ note: [{ text }] })

    it('are closed to an agency that a consent lets know since, but for the current one', async () => {
      const subject = await newcomer(es, 'es')
      const key = await barrier(es, subject)
      await change(es, key, note('Said in confidence.'))
      await change(es, key, { note: undefined })
      await post(es, consent(subject, 'es', 'abe'))
      await change(es, key, note('For all.'))
      assert.equal(await versionsFor(abe, key), '3 4')
      assert.equal(await versionsFor(es, key), '1 2 3 4')
      assert.equal(await versionsFor(board, key), '1 2 3 4')
    })

    it('stay closed where they are labelled and the label is taken off', async () => {
      const subject = await newcomer(es, 'es')
      await post(es, consent(subject, 'es', 'abe'))
      const key = `Condition/${(await post(es, labelled(condition(subject), 'disability'))).id}`
      await change(es, key, note('About the disability.'))
      assert.equal(await versionsFor(abe, key), '')
      const current = made(await es.get(`/${key}`))
      const consentOfClass = consent(subject, 'es', 'board', { classes: ['disability'] })
      await post(es, consentOfClass)
      made(await board.put(`/${key}`, { ...current, meta: undefined, note: undefined }, current.meta.versionId))
      assert.equal(await versionsFor(abe, key), '3')
      assert.equal(await versionsFor(es, key), '1 2 3')
      assert.equal(await versionsFor(board, key), '1 2 3')
    })

    it('of the time of a denial stay closed when it is lifted, and what the agency wrote stays its own', async () => {
      const subject = await newcomer(es, 'es')
      await post(es, consent(subject, 'es', 'vr'))
      await post(vr, participation(subject, 'vr'))
      const own = await barrier(vr, subject)
      const denied = await post(es, denial(subject, 'es', 'vr'))
      await change(es, own, note('While it was out.'))
      await change(es, own, note('Still out.'))
      assert.equal(await versionsFor(vr, own), '')
      made(await es.change(denied, { status: 'inactive' }))
      await change(es, own, note('In again.'))
      assert.equal(await versionsFor(vr, own), '1 3 4')
    })

    it('of the source of a merge are closed to those who come to know by the merge, and the other way round', async () => {
      const [source, target] = [await newcomer(es, 'es'), await newcomer(vr, 'vr')]
      const [theirs, ours] = [await barrier(es, source), await barrier(vr, target)]
      await change(es, theirs, note('Two.'))
      await change(vr, ours, note('Two.'))
      const parameter = ['source', 'target'].map((name, index) => ({
        name: `${name}-patient`,
        valueReference: { reference: index === 0 ? source : target },
      }))
      made(await board.post('/Patient/$merge', { resourceType: 'Parameters', parameter }))
      assert.deepEqual([await versionsFor(es, theirs), await versionsFor(vr, theirs)], ['1 2 3', '3'])
      assert.deepEqual([await versionsFor(vr, ours), await versionsFor(es, ours)], ['1 2', '2'])
      assert.deepEqual([await versionsFor(vr, source), await versionsFor(es, target)], ['2', '2'])
      made(await board.post('/Patient/$undo-merge', { resourceType: 'Parameters', parameter }))
      assert.deepEqual([await versionsFor(es, theirs), await versionsFor(vr, theirs)], ['1 2 3 4', ''])
      assert.deepEqual([await versionsFor(vr, ours), await versionsFor(es, ours)], ['1 2', ''])
    })
  })
