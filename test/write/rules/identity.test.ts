/** Who may say who a participant is, whose an identifier is, and what an agency learns from a refusal. */
import assert from 'node:assert/strict'
import { attacked, post, type Scene } from '../../attack/scene.ts'
import { agency, consent, participant, ROOT, type Body, type StoredBody } from '../../builders/index.ts'
import { made, refused, type Answer, type Client } from '../../given.ts'

type Identifier = { readonly system?: string; readonly value: string; readonly assigner?: object }
type Patient = StoredBody & { readonly identifier: readonly Identifier[]; readonly name: readonly object[] }

describe('write / rules / identity', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, abe: Client, vr: Client, board: Client
  let patient: Patient
  let numbers = 0

  before(async () => {
    scene = await attacked()
    ;[es, abe, vr] = ['es', 'abe', 'vr'].map((agency) => scene.as(agency)) as [Client, Client, Client]
    board = scene.as('board')
  })
  after(() => scene.stop())
  beforeEach(async () => {
    numbers += 1
    const licence = { system: 'urn:oid:2.16.840.1.113883.4.3.28', value: `L-${numbers}` }
    const body = participant('es', { number: `ES-${numbers}`, ssn: `219-09-${String(1000 + numbers)}` })
    patient = await post(es, { ...body, identifier: [...(body.identifier as object[]), licence] } as Body)
    for (const to of ['abe', 'vr']) await post(es, consent(`Patient/${patient.id}`, 'es', to))
  })

  const put = async (client: Client, more: object): Promise<Answer> => {
    const current = made(await es.get(`/Patient/${patient.id}`))
    return client.put(`/Patient/${patient.id}`, { ...current, ...more }, current.meta.versionId)
  }
  const numberOf = (of: string): Identifier => ({
    system: `${ROOT}/NamingSystem/agency/${of}`,
    value: `${of}-${numbers}`,
    assigner: agency(of),
  })

  const IDENTIFYING: Readonly<Record<string, object>> = {
    'another name': { name: [{ use: 'official', family: 'Other', given: ['Ida'] }] },
    'a further name': {
      name: [
        { use: 'official', family: 'Ferris', given: ['Ida'] },
        { use: 'nickname', given: ['I'] },
      ],
    },
    'another birth date': { birthDate: '1990-08-01' },
    'an extension of the birth date': {
      _birthDate: {
        extension: [
          {
            url: 'http://hl7.org/fhir/StructureDefinition/patient-birthTime',
            valueDateTime: '1990-01-08T10:00:00-06:00',
          },
        ],
      },
    },
    'another gender': { gender: 'other' },
    'no gender': { gender: undefined },
  }
  for (const [what, more] of Object.entries(IDENTIFYING)) {
    it(`takes ${what} from the agency of entry and the board, and names the way on to others`, async () => {
      const text = refused(await put(abe, more), 403, 'identity-reserved')
      assert.ok(text.includes(`Patient/${patient.id}/$propose-change`), text)
      made(await put(es, more))
      const { name, birthDate, gender } = patient as Body
      made(await put(board, { name, birthDate, gender, _birthDate: undefined }))
    })
  }

  it('names each element at its place, one issue each, in a transaction as well', async () => {
    const both = { gender: 'other', birthDate: '1990-08-01', language: 'en' }
    const issues = (await put(abe, both)).body.issue as readonly { expression: string[] }[]
    assert.deepEqual(issues.map(({ expression }) => expression[0]).sort(), ['Patient.birthDate', 'Patient.gender'])
    const current = made(await es.get(`/Patient/${patient.id}`))
    const request = { method: 'PUT', url: `Patient/${patient.id}`, ifMatch: `W/"${current.meta.versionId}"` }
    const resource = { ...current, gender: 'other' }
    const answer = await abe.post('', { resourceType: 'Bundle', type: 'transaction', entry: [{ resource, request }] })
    refused(answer, 403, 'identity-reserved')
    assert.deepEqual(answer.body.issue[0].expression, ['Bundle.entry[0].resource.gender'])
  })

  it('takes everything else from any agency of the circle, which sends the rest back as it read it', async () => {
    made(await put(abe, { telecom: [{ system: 'phone', value: '662-555-0101' }], language: 'en' }))
    assert.equal(made(await es.get(`/Patient/${patient.id}`)).language, 'en')
  })

  it('answers another agency that sends a social security number the same, whatever the number is', async () => {
    const other = await post(abe, participant('abe', { ssn: '219-09-7777', number: `O-${numbers}` }))
    assert.ok(other.id)
    const send = (value: string) =>
      put(abe, { identifier: [...patient.identifier, { system: 'http://hl7.org/fhir/sid/us-ssn', value }] })
    const answers = []
    for (const value of [`219-09-${1000 + numbers}`, '219-09-8888', '219-09-7777']) answers.push(await send(value))
    for (const answer of answers) refused(answer, 403, 'identity-reserved')
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1)
    made(
      await put(es, {
        identifier: [...patient.identifier, { system: 'http://hl7.org/fhir/sid/us-ssn', value: '219-09-8888' }],
      }),
    )
  })

  it('lets an agency give, change and remove its own identifiers and no others', async () => {
    const [hubId, ...others] = patient.identifier
    const all = [hubId, ...others, numberOf('abe')]
    made(await put(abe, { identifier: all }))
    const cases: readonly (readonly [Client, readonly (Identifier | undefined)[]])[] = [
      [vr, all.filter((one) => one?.value !== numberOf('abe').value)],
      [es, all.filter((one) => one?.value !== numberOf('abe').value)],
      [abe, all.filter((one) => one?.system !== `${ROOT}/NamingSystem/agency/es`)],
      [abe, all.filter((one) => !one?.value.startsWith('L-'))],
      [vr, all.map((one) => (one?.value === numberOf('abe').value ? { ...one, value: 'abe-other' } : one))],
      [vr, [...all, { ...numberOf('abe'), value: 'abe-forged' }]],
      [es, [...all, { ...numberOf('abe'), value: 'abe-forged' }]],
      [vr, [...all, { ...numberOf('dhs'), assigner: agency('vr') }]],
    ]
    for (const [client, identifier] of cases) {
      const answer = await put(client, { identifier })
      refused(answer, 403, 'identity-reserved')
      assert.equal(answer.body.issue.length, 1, answer.text)
    }
    made(await put(vr, { identifier: [...all].reverse() }))
    made(await put(abe, { identifier: [...all.slice(0, -1), { ...numberOf('abe'), value: 'abe-new' }] }))
    made(await put(board, { identifier: all.slice(0, -1) }))
  })
})
