/**
 * A confidential address, number or contact is shown to those whom it names, the agency of entry and the board. For another
 * agency of the participant it is not there: two hubs that differ in nothing else answer it alike, on every path.
 */
import assert from 'node:assert/strict'
import type { JsonObject } from '../../server/fhir/types.ts'
import {
  condition,
  consent,
  matchParameters,
  participant,
  profileAt,
  relatedPerson,
  subscription,
  transaction,
  type Body,
  type StoredBody,
} from '../builders/index.ts'
import { given, made, type Answer, type Client, type Given } from '../given.ts'

const NOW = Date.parse('2026-12-07T15:00:00Z')
const SECRETS = ['Hiddenway', 'Tarpon Springs', '34689', '727-555-0142', 'safe@example.org', 'Aunt Odile']
const OTHERS = ['Elsewhere', 'Pensacola', '32501', '850-555-0177', 'far@example.org', 'Uncle Remy']

const forAgency = (...agencies: readonly string[]) => ({
  extension: agencies.map((one) => ({
    url: profileAt('ext-confidential'),
    valueReference: { reference: `Organization/${one}` },
  })),
})
const PUBLIC = {
  address: [{ use: 'temp', line: ['1 Center Street'], city: 'Tupelo', state: 'MS', postalCode: '38801' }],
}

/** What is confidential, marked or not. */
function details([street, city, zip, phone, email, name]: readonly string[], mark: object) {
  return {
    address: [
      ...PUBLIC.address,
      { ...mark, use: 'home', line: [`12 ${street}`], city: city!, district: '12103', state: 'FL', postalCode: zip! },
    ],
    telecom: [
      { system: 'phone', value: '662-555-0100' },
      { ...mark, system: 'phone', value: phone!, use: 'mobile' },
      { ...mark, system: 'email', value: email! },
    ],
    contact: [{ ...mark, name: { text: name! } }],
  }
}

type Kept = { readonly subject: string; readonly patient: StoredBody & { readonly id: string }; readonly child: string }

describe('visibility / confidential contact details', function () {
  this.timeout(60_000)
  let hub: Given
  let serial = 0
  const as = (agency: string): Client => hub.as(agency)
  const post = async (agency: string, body: Body) =>
    made(await as(agency).post(`/${body.resourceType}`, body)) as StoredBody & { id: string }

  before(async () => void (hub = await given({ HUB_LOOPBACK_ENDPOINTS: 'true' })))
  after(() => hub.stop())

  /** A participant of es whom abe and vr may know; vr is named by the details. */
  async function scene(secrets = SECRETS): Promise<Kept> {
    serial += 1
    const body = { ...participant('es', { number: `C-${serial}`, family: `Quill${serial}` }), ...PUBLIC } as Body
    const first = await post('es', { ...body, ...details(secrets, {}) })
    const subject = `Patient/${first.id}`
    for (const to of ['abe', 'vr']) await post('es', consent(subject, 'es', to))
    const child = await post(
      'es',
      relatedPerson(
        subject,
        'DAUC',
        details(secrets, forAgency('es', 'vr')) && {
          address: details(secrets, forAgency('es', 'vr')).address,
        },
      ),
    )
    const patient = made(await as('es').change(first, details(secrets, forAgency('vr')))) as Kept['patient']
    return { subject, patient, child: `RelatedPerson/${child.id}` }
  }

  const tells = (answer: Answer): readonly string[] => SECRETS.filter((one) => answer.text.includes(one))

  const READS: Readonly<Record<string, (client: Client, kept: Kept) => Promise<Answer>>> = {
    read: (client, { subject }) => client.get(`/${subject}`),
    'vread of today': (client, { subject }) => client.get(`/${subject}/_history/2`),
    'vread of a version from before it was marked': (client, { subject }) => client.get(`/${subject}/_history/1`),
    history: (client, { subject }) => client.get(`/${subject}/_history`),
    'a page of the history': (client, { subject }) => client.get(`/${subject}/_history?_count=1&_sort=_lastUpdated`),
    'history of the type': (client) => client.get('/Patient/_history?_sort=_lastUpdated'),
    'history of the system': (client) => client.get('/_history?_count=200'),
    'history as of a day': (client, { subject }) => client.get(`/${subject}/_history?_at=ge2000`),
    search: (client, { patient }) => client.get(`/Patient?_id=${patient.id}`),
    _include: (client, { subject }) => client.get(`/Consent?patient=${subject}&_include=Consent:patient`),
    'read of a child': (client, { child }) => client.get(`/${child}`),
    'history of a child': (client, { child }) => client.get(`/${child}/_history`),
    $everything: (client, { subject }) => client.get(`/${subject}/$everything`),
    '$intake-package': (client, { subject }) => client.get(`/${subject}/$intake-package`),
    $reconcile: (client, { subject }) => client.get(`/${subject}/$reconcile?base=1`),
    $match: (client, { patient }) =>
      client.post(
        '/Patient/$match',
        matchParameters({ ...patient, address: details(SECRETS, {}).address, id: undefined } as never),
      ),
    batch: (client, { subject }) =>
      client.post('/', { ...transaction({ method: 'GET', url: subject }), type: 'batch' }),
  }

  for (const [name, ask] of Object.entries(READS))
    if (name !== '$match')
      it(`are hidden by ${name} from another agency and shown to those who need them`, async () => {
        const kept = await scene()
        assert.deepEqual(tells(await ask(as('abe'), kept)), [])
        for (const agency of ['es', 'vr', 'board'])
          assert.notDeepEqual(tells(await ask(as(agency), kept)), [], `${agency} ${(await ask(as(agency), kept)).text}`)
      })

  const QUERIES = [
    'address=Hiddenway',
    'address-city=Tarpon Springs',
    'address-postalcode=34689',
    'address-state=FL',
    'phone=727-555-0142',
    'email=safe@example.org',
    'telecom=safe@example.org',
  ]
  it('are found by no search, not even of those who see them', async () => {
    const { patient } = await scene()
    const { rest } = made(await as('abe').get('/metadata')) as {
      rest: { resource: { type: string; searchParam: { name: string }[] }[] }[]
    }
    const offered = rest[0]!.resource.find(({ type }) => type === 'Patient')!.searchParam.map(({ name }) => name)
    const known = QUERIES.filter((one) => offered.includes(one.split('=')[0]!))
    assert.ok(known.length > 1, offered.join())
    for (const query of known)
      for (const agency of ['abe', 'es', 'board'])
        assert.equal(made(await as(agency).get(`/Patient?_id=${patient.id}&${encodeURI(query)}`)).total ?? 0, 0, query)
  })

  it('stay when an agency that does not see them changes the record, and are not in its answer', async () => {
    const { subject, patient } = await scene()
    const seen = made(await as('abe').get(`/${subject}`)) as StoredBody
    assert.equal(made(await as('abe').change(seen)).meta.versionId, (patient.meta as JsonObject).versionId)
    const answer = await as('abe').change(seen, { language: 'es' })
    made(answer)
    assert.deepEqual(tells(answer), [])
    const { contact, ...withoutContact } = made(await as('abe').get(`/${subject}`))
    assert.equal(contact, undefined)
    const bundle = transaction({
      method: 'PUT',
      url: subject,
      resource: { ...withoutContact, language: 'en', address: undefined },
    })
    const [entry] = bundle.entry
    const ifMatch = `W/"${withoutContact.meta.versionId}"`
    const guarded = { ...bundle, entry: [{ ...entry, request: { ...entry!.request, ifMatch } }] }
    const inTransaction = await as('abe').post('/', guarded)
    made(inTransaction)
    assert.deepEqual(tells(inTransaction), [])
    const whole = await as('es').get(`/${subject}`)
    assert.deepEqual(tells(whole), SECRETS)
    assert.equal(whole.body.address.length, 1)
  })

  it('are changed and taken off by those who see them', async () => {
    const { subject, patient } = await scene()
    const answer = await as('vr').change(patient, { ...PUBLIC, telecom: undefined, contact: undefined })
    made(answer)
    assert.deepEqual(tells(await as('es').get(`/${subject}`)), [])
  })

  it('are marked by any agency of the participant, which names who needs them', async () => {
    const { subject } = await scene(OTHERS)
    const seen = made(await as('abe').get(`/${subject}`)) as StoredBody
    made(
      await as('abe').change(seen, { telecom: [{ ...forAgency('abe'), system: 'email', value: 'safe@example.org' }] }),
    )
    assert.deepEqual(tells(await as('abe').get(`/${subject}`)), ['safe@example.org'])
    assert.deepEqual(tells(await as('es').get(`/${subject}`)), ['safe@example.org'])
    assert.deepEqual(tells(await as('vr').get(`/${subject}`)), [])
  })

  it('are in no notification to an agency that does not see them', async () => {
    const { subject, patient } = await scene()
    const listeners = new Map<string, string>()
    for (const agency of ['abe', 'vr'])
      listeners.set(
        agency,
        (
          await post(
            agency,
            subscription('http://127.0.0.1:9/hook', { topic: 'participant-updated', content: 'full-resource' }),
          )
        ).id,
      )
    await hub.hub.catchUp()
    made(await as('es').change(patient, { language: 'es' }))
    await hub.hub.catchUp()
    const events = (agency: string) => as(agency).get(`/Subscription/${listeners.get(agency)}/$events`)
    const [abe, vr] = [await events('abe'), await events('vr')]
    assert.match(abe.text, new RegExp(subject))
    assert.deepEqual(tells(abe), [])
    assert.deepEqual(tells(vr), SECRETS)
  })

  it('make no participant more alike, so that a match does not confirm them', async () => {
    const { patient } = await scene()
    const ask = async (address: readonly object[]) => {
      const { identifier: _, telecom: __, contact: ___, ...rest } = patient
      const body = { ...rest, id: undefined, address } as never
      return made(await as('abe').post('/Patient/$match', matchParameters(body)))
    }
    const scores = (bundle: { entry?: { search: { score: number } }[] }) =>
      (bundle.entry ?? []).map((one) => one.search.score)
    const [right, wrong] = [details(SECRETS, {}).address[1]!, details(OTHERS, {}).address[1]!]
    assert.deepEqual(scores(await ask([right])), scores(await ask([wrong])))
  })

  it('change no answer to another agency, whatever they are', async () => {
    const answers = async (secrets: string[]): Promise<readonly string[]> => {
      let now = NOW
      let id = 0
      const one = await given(
        { HUB_LOOPBACK_ENDPOINTS: 'true' },
        { now: () => (now += 1000), newId: () => `id-${(id += 1)}` },
      )
      const former = hub
      hub = one
      serial = 100
      try {
        const kept = await scene(secrets)
        await post('es', condition(kept.subject))
        const texts: string[] = []
        for (const ask of Object.values(READS)) {
          const { status, text } = await ask(as('abe'), kept)
          texts.push(`${status} ${text}`)
        }
        for (const query of QUERIES) texts.push((await as('abe').get(`/Patient?${encodeURI(query)}`)).text)
        return texts.map((text) =>
          text
            .replaceAll(one.url, '')
            .replace(/"value":"MS\d+"/g, '')
            .replace(/_cursor=[^"]*/g, ''),
        )
      } finally {
        hub = former
        await one.stop()
      }
    }
    assert.deepEqual(await answers(SECRETS), await answers(OTHERS))
  })
})
