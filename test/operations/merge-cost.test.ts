/** What $merge costs: calls of the store, whatever the number of records, and turns that it leaves to other requests. */
import assert from 'node:assert/strict'
import { attacked, newcomer, type Scene } from '../attack/scene.ts'
import { condition, goal, transaction } from '../builders/index.ts'
import { made, type Client } from '../given.ts'

describe('operations / the cost of $merge', function () {
  this.timeout(60_000)
  let scene: Scene
  let es: Client, board: Client
  before(async () => {
    scene = await attacked()
    es = scene.as('es')
    board = scene.as('board')
  })
  after(() => scene.stop())

  /** Two participants, the first with so many records. */
  async function pairWith(count: number): Promise<readonly [string, string]> {
    const [source, target] = [await newcomer(es, 'es'), await newcomer(es, 'es')]
    for (let left = count; left > 0; left -= 100) {
      const entries = Array.from({ length: Math.min(left, 100) }, (_, index) => {
        const resource = index % 2 === 0 ? goal(source) : condition(source)
        return { method: 'POST' as const, url: resource.resourceType, resource }
      })
      made(await es.post('', transaction(...entries)))
    }
    return [source, target]
  }

  const call = (operation: string, [source, target]: readonly [string, string]) =>
    board.post(`/Patient/$${operation}`, {
      resourceType: 'Parameters',
      parameter: [
        { name: 'source-patient', valueReference: { reference: source } },
        { name: 'target-patient', valueReference: { reference: target } },
      ],
    })

  /** The turns of the event loop during a call. */
  async function turnsOf(operation: string, pair: readonly [string, string]): Promise<number> {
    let turns = 0
    let isOver = false
    const turn = (): void => {
      turns += 1
      if (!isOver) setImmediate(turn)
    }
    setImmediate(turn)
    made(await call(operation, pair))
    isOver = true
    return turns
  }

  it('is one commit, and leaves others a turn after every fifty records of each step', async () => {
    const pair = await pairWith(1000)
    for (const operation of ['merge', 'undo-merge']) {
      const before = await scene.store.last()
      assert.ok((await turnsOf(operation, pair)) >= (3 * 1000) / 50, operation)
      const commits = await scene.store.feed(before, 10)
      assert.deepEqual(commits.filter(({ versions }) => versions.length > 1000).length, 1)
    }
  })
})
