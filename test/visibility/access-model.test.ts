/**
 * Random histories of grants, withdrawals, denials, referrals, labels, deletions and restores against a model that says
 * who may know which record. `ACCESS_HISTORIES=5000` plays more of them (`npm run test:long -- access`).
 */
import assert from 'node:assert/strict'
import { given, type Given } from '../given.ts'
import { playHistory } from './access-model.ts'

const HISTORIES = Number(process.env.ACCESS_HISTORIES ?? 30)
const SEED = Number(process.env.ACCESS_SEED ?? 20_261_128)
const STEPS = 16
/** Histories on one hub: the more it holds, the longer each step takes. */
const ON_ONE_HUB = 250

describe('visibility / access model', function () {
  this.timeout(0)
  let hub: Given | undefined
  afterEach(() => hub?.stop())

  it(`agrees with the hub about every record after every step of ${HISTORIES} histories`, async () => {
    let accepted = 0
    for (let count = 0; count < HISTORIES; count += 1) {
      if (count % ON_ONE_HUB === 0) {
        await hub?.stop()
        hub = await given()
      }
      accepted += await playHistory(hub!.as, SEED + count, STEPS)
    }
    assert.ok(accepted > HISTORIES * 5, `only ${accepted} steps were accepted`)
  })
})
