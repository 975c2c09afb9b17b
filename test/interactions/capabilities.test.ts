/** capabilities: https://hl7.org/fhir/R4/http.html#capabilities */
import assert from 'node:assert/strict'
import { given, refused, type Given } from '../given.ts'

describe('interactions / the capability statement', () => {
  let hub: Given
  before(async () => {
    hub = await given()
  })
  after(() => hub.stop())

  it('lists the topics of subscriptions and the operations on them', async () => {
    const { body } = await hub.as('abe').get('/metadata')
    const held = body.rest[0].resource.find((one: { type: string }) => one.type === 'Subscription')
    const topics = held.extension.map((one: { valueCanonical: string }) => one.valueCanonical.split('/').at(-1))
    assert.ok(topics.includes('service-enrolment') && topics.includes('referral-created'))
    assert.deepEqual(
      held.operation
        .map((one: { name: string; definition: string }) => [one.name, one.definition.split('/').at(-1)])
        .sort(),
      [
        ['events', 'backport-subscription-events'],
        ['meta', 'meta'],
        ['meta-add', 'meta-add'],
        ['meta-delete', 'meta-delete'],
        ['status', 'backport-subscription-status'],
        ['validate', 'Resource-validate'],
      ],
    )
  })

  it('says of each operation of the board that it is for the board, and of no other', async () => {
    const [rest] = (await hub.as('abe').get('/metadata')).body.rest
    type Listed = { readonly name: string; readonly documentation?: string }
    const all: readonly Listed[] = [
      ...rest.operation,
      ...rest.resource.flatMap((one: { operation?: readonly Listed[] }) => one.operation ?? []),
    ]
    assert.deepEqual(
      [...new Set(all.filter((one) => one.documentation?.startsWith('For the board')).map(({ name }) => name))].sort(),
      ['adjudicate', 'jobs', 'merge', 'referral-conservation', 'retry-job', 'undo-merge'],
    )
    for (const path of ['/$jobs', '/$referral-conservation'])
      refused(await hub.as('abe').get(path), 404, 'unknown-address')
  })

  const statement = async () => (await hub.as('abe').get('/metadata')).body
  type DeclaredType = { readonly type: string; readonly interaction: readonly { readonly code: string }[] }
  const declared = async (type: string) =>
    (await statement()).rest[0].resource.find((one: DeclaredType) => one.type === type)

  it('names the version of FHIR, the formats and the address of this hub', async () => {
    const body = await statement()
    assert.deepEqual(
      [body.resourceType, body.kind, body.fhirVersion, body.format, body.implementation.url],
      [
        'CapabilityStatement',
        'instance',
        '4.0.1',
        ['application/fhir+json', 'application/fhir+xml', 'json', 'xml'],
        hub.url,
      ],
    )
  })

  it('declares of a type what the hub does with it', async () => {
    const patient = await declared('Patient')
    assert.deepEqual(
      [patient.versioning, patient.conditionalCreate, patient.conditionalUpdate, patient.conditionalDelete],
      ['versioned-update', true, true, 'multiple'],
    )
    const codes = patient.interaction.map(({ code }: { code: string }) => code)
    assert.deepEqual(
      ['read', 'vread', 'update', 'patch', 'delete', 'history-instance', 'create', 'search-type'].filter(
        (one) => !codes.includes(one),
      ),
      [],
    )
    assert.equal(await declared('Encounter'), undefined)
  })

  it('declares batch and transaction for the whole server', async () => {
    const codes = (await statement()).rest[0].interaction.map(({ code }: { code: string }) => code)
    assert.deepEqual(codes.sort(), ['batch', 'history-system', 'search-system', 'transaction'])
  })

  it('is answered in the modes full and normative, and another document in the mode terminology', async () => {
    const abe = hub.as('abe')
    assert.equal((await abe.get('/metadata?mode=normative')).body.resourceType, 'CapabilityStatement')
    const { body } = await abe.get('/metadata?mode=terminology')
    assert.equal(body.resourceType, 'TerminologyCapabilities')
    assert.match(refused(await abe.get('/metadata?mode=half'), 400, 'invalid-parameter'), /`half`/)
  })
})
