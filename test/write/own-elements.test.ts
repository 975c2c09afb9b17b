/** An agency keeps the capacity of its own programs, and nothing else of them. */
import assert from 'node:assert/strict'
import { given, made, refused, type Client, type Given } from '../given.ts'
import type { StoredBody } from '../builders/index.ts'

const CAPACITY = 'https://no-wrong-door.example/fhir/StructureDefinition/ext-capacity-status'

describe('write / own elements', function () {
  this.timeout(30_000)
  let hub: Given
  before(async () => {
    hub = await given()
  })
  after(() => hub.stop())

  type Program = StoredBody & { readonly extension: readonly { readonly url: string }[] }
  const PROGRAM = '/HealthcareService/youth-north'
  const read = async () => made(await hub.as('es').get(PROGRAM)) as Program
  const withCapacity = (program: Program, ...codes: readonly string[]) => ({
    ...program,
    extension: [
      ...program.extension.filter(({ url }) => url !== CAPACITY),
      ...codes.map((valueCode) => ({ url: CAPACITY, valueCode })),
    ],
  })
  const put = (client: Client, body: object) => client.put(PROGRAM, body)

  it('are the capacity of an agency’s own program: it sets it, takes it away, and finds it again', async () => {
    const own = hub.as('youth-north')
    const full = made(await put(own, withCapacity(await read(), 'no-capacity')))
    assert.equal(made(await hub.as('es').get('/HealthcareService?capacity=no-capacity')).total ?? 1, 1)
    made(await put(own, withCapacity(full)))
    made(await put(own, withCapacity(await read(), 'waitlist')))
  })

  it('are not those of another agency’s program', async () => {
    refused(await put(hub.as('youth-south'), await read()), 401, 'unknown-agency')
    for (const agency of ['es', 'youth-coast'])
      refused(await put(hub.as(agency), withCapacity(await read(), 'no-capacity')), 403, 'forbidden')
  })

  it('come with no other change, take only the codes of the list, and nothing is deleted or created', async () => {
    const own = hub.as('youth-north')
    const program = await read()
    for (const more of [{ name: 'Best of all' }, { providedBy: { reference: 'Organization/es' } }, { active: false }])
      refused(await put(own, { ...withCapacity(program, 'no-capacity'), ...more }), 403, 'forbidden')
    refused(await put(own, { ...program, extension: program.extension.slice(1) }), 403, 'forbidden')
    refused(
      await put(own, { ...program, meta: { ...(program.meta as object), security: [{ code: 'R' }] } }),
      403,
      'forbidden',
    )
    refused(await put(own, withCapacity(program, 'plenty')), 422, 'code-invalid')
    refused(await own.delete(PROGRAM), 403, 'forbidden')
    const { id: _, ...other } = program
    refused(await own.post('/HealthcareService', other), 403, 'forbidden')
  })
})
