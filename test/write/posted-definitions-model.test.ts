/** Random posts, deletions and restarts, alone and at once: what the store has is in force, whole, and nothing else is. */
import assert from 'node:assert/strict'
import { createClock } from '../../server/clock.ts'
import { loadConfig } from '../../server/config.ts'
import { createHub, type Hub } from '../../server/hub.ts'
import { createLog } from '../../server/log.ts'
import { openStore } from '../../server/store/open.ts'
import type { Store } from '../../server/store/store.ts'
import { clientAt, declaredFor, type Answer, type Client } from '../given.ts'
import { participant } from '../builders/index.ts'
import { createRandom, type Random } from '../../scripts/random.ts'
import { address, profileOf, together } from '../builders/definitions.ts'
import { TIMES } from '../times.ts'

const IDS = ['a', 'b', 'c', 'd', 'e']
const STEPS = 20 * TIMES
const urlOf = (id: string): string => address('StructureDefinition', id)

type StoredProfile = { readonly id: string; readonly url: string; readonly baseDefinition: string }

/** A profile on R4's Patient or on another of them, mostly under its own url, sometimes with a path that there is not. */
function anyProfile(dice: Random): StoredProfile & { readonly resourceType: string } {
  const id = dice.pick(IDS)
  const path = dice.chance(0.1) ? 'Patient.telecon' : 'Patient.telecom'
  const base = dice.chance(0.4) ? {} : { baseDefinition: urlOf(dice.pick(IDS)) }
  const url = urlOf(dice.chance(0.9) ? id : dice.pick(IDS))
  return profileOf(id, 'Patient', [{ id: path, min: 1 }], { ...base, url }) as unknown as StoredProfile & {
    resourceType: string
  }
}

function anyRequest(board: Client, dice: Random): Promise<Answer> {
  if (dice.chance(0.3)) return board.delete(`/StructureDefinition/${dice.pick(IDS)}`)
  const one = anyProfile(dice)
  if (dice.chance(0.6)) return board.put(`/StructureDefinition/${one.id}`, one)
  const other = anyProfile(dice)
  return board.post('', other.id === one.id ? together(one) : together(one, other))
}

async function storedIn(board: Client): Promise<readonly StoredProfile[]> {
  const answers = await Promise.all(IDS.map((id) => board.get(`/StructureDefinition/${id}`)))
  return answers.filter(({ status }) => status === 200).map(({ body }) => body as StoredProfile)
}

/** Every url that is in the store binds; every other is unknown; each rests on R4 or on another that is there. */
async function check(board: Client, step: string): Promise<void> {
  const stored = await storedIn(board)
  const urls = stored.map(({ url }) => url)
  assert.equal(new Set(urls).size, urls.length, `${step}: a url is there twice`)
  for (const { id, baseDefinition } of stored) {
    const rests = baseDefinition.startsWith('http://hl7.org/') || urls.includes(baseDefinition)
    assert.ok(rests, `${step}: ${id} rests on ${baseDefinition}`)
  }
  const answers = await Promise.all(
    IDS.map((id) => board.post(`/Patient/$validate?profile=${urlOf(id)}`, participant('es'))),
  )
  const bound = IDS.filter((_, index) => /Patient\.telecom` is missing/.test(answers[index]?.text ?? ''))
  assert.deepEqual(bound.map(urlOf), [...urls].sort(), step)
}

describe('write / posted definitions, whatever comes', function () {
  this.timeout(120_000 * TIMES)

  for (const seed of [1, 2]) {
    it(`are in force when they are stored, with seed ${seed}`, async () => {
      const store = await openStore({ kind: 'memory' }, { clock: Date.now })
      const kept: Store = { ...store, close: async () => undefined }
      const config = loadConfig({ HUB_PORT: '0', HUB_STORE: 'memory:', HUB_SSN_KEY: 'a key for tests only, 32 chars at least' }) // prettier-ignore
      const start = async (): Promise<readonly [Hub, Client]> => {
        const hub = await createHub(config, {
          ...(await declaredFor(config)),
          log: createLog('silent'),
          clock: createClock(),
          store: kept,
        })
        return [hub, clientAt((await hub.listen()).url)]
      }
      const dice = createRandom(seed)
      const counts = new Map<number, number>()
      let [hub, board] = await start()
      try {
        for (let step = 1; step <= STEPS; step += 1) {
          const answers = await Promise.all(
            Array.from({ length: dice.chance(0.5) ? 1 : 3 }, () => anyRequest(board, dice)),
          )
          for (const { status } of answers) counts.set(status, (counts.get(status) ?? 0) + 1)
          await check(board, `seed ${seed}, step ${step}`)
          if (step % 10 !== 0) continue
          await hub.stop()
          ;[hub, board] = await start()
          await check(board, `seed ${seed}, step ${step}, after a start`)
        }
      } finally {
        await hub.stop()
      }
      assert.deepEqual([...counts.keys()].filter((status) => ![200, 201, 204, 409, 412, 422].includes(status)), []) // prettier-ignore
      for (const status of [200, 201, 204, 409, 422]) assert.ok((counts.get(status) ?? 0) > 0, `never ${status}`)
    })
  }
})
