/**
 * Random histories of several participants with merges and their undo, against a model, over both stores.
 * `npm run test:long -- merge=1000` plays more of them.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { attackedOver, type Scene } from '../attack/scene.ts'
import { OVER_STORES } from '../given.ts'
import { ACTION_COUNT, playMerges } from './merge-model.ts'

const HISTORIES = Number(process.env.MERGE_HISTORIES ?? 10)
const SEED = Number(process.env.MERGE_SEED ?? 20_261_128)
const STEPS = 24

const choice = fc.record({
  action: fc.nat({ max: ACTION_COUNT - 1 }),
  by: fc.nat({ max: 4 }),
  a: fc.nat({ max: 59 }),
  b: fc.nat({ max: 59 }),
})
const histories = fc.array(choice, { minLength: STEPS / 2, maxLength: STEPS, size: 'max' })

for (const kind of OVER_STORES)
  describe(`visibility / merge model over ${kind}`, function () {
    this.timeout(0)
    let scene: Scene
    before(async () => {
      scene = await attackedOver(kind)
    })
    after(() => scene.stop())

    it(`agrees with the hub about every record and version in ${HISTORIES} histories`, async () => {
      let merges = 0
      const property = fc.asyncProperty(histories, async (choices) => void (merges += await playMerges(scene, choices)))
      await fc.assert(property, { seed: SEED, numRuns: HISTORIES, endOnFailure: process.env.MERGE_SHRINK !== '1' })
      assert.ok(merges > HISTORIES, `only ${merges} merges and undos`)
    })
  })
