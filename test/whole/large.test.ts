/** Large records and Bundles: the work grows with their size, not with its square, so that nobody holds up the others. */
import assert from 'node:assert/strict'
import type { JsonObject } from '../../server/fhir/types.ts'
import { givenOver, made, OVER_STORES, type Client, type Given } from '../given.ts'
import { resident, type Body } from '../builders/index.ts'

const MANY = 20_000
/** ms of processor time, for a machine may be busy; it takes about one second, and took half a minute where each identifier was compared with each. */
const LONGEST = 8_000

const repeated = (element: string, one: (index: number) => JsonObject): Body => ({
  ...resident('es', element),
  [element]: Array.from({ length: MANY }, (_, index) => one(index)),
})

const LARGE: readonly Body[] = [
  repeated('identifier', (index) => ({
    system: 'https://no-wrong-door.example/fhir/NamingSystem/agency/es',
    value: `large-${index}`,
    assigner: { reference: 'Organization/es' },
  })),
  repeated('address', (index) => ({
    line: [`${index} Main Street`],
    city: `City ${index}`,
    district: '28081',
    state: 'MS',
  })),
]

for (const kind of OVER_STORES) {
  describe(`a large record, on ${kind}`, function () {
    this.timeout(60_000)
    let hub: Given
    let es: Client
    before(async () => {
      hub = await givenOver(kind)
      es = hub.as('es')
    })
    after(() => hub.stop())

    for (const [index, element] of ['identifier', 'address'].entries()) {
      it(`of ${MANY} times ${element} is created and updated in seconds`, async () => {
        const before = process.cpuUsage()
        const patient = made(await es.post('/Patient', LARGE[index]))
        made(await es.put(`/Patient/${patient.id}`, { ...patient, language: 'en' }, 1))
        const { user, system } = process.cpuUsage(before)
        const ms = Math.round((user + system) / 1000)
        assert.ok(ms < LONGEST, `${ms} ms`)
      })
    }
  })
}
