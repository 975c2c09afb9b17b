/** A consent does not tell what it protects, and opens only what its purpose is for: by every path. */
import assert from 'node:assert/strict'
import {
  condition,
  consent,
  denial,
  labelled,
  participant,
  referral,
  task,
  type Body,
  type StoredBody,
} from '../builders/index.ts'
import { codeSystemAt } from '../builders/coding.ts'
import { given, made, refused, type Client, type Given } from '../given.ts'
import { comparableAnswer, PATHS, unknownLike } from './paths.ts'

describe('visibility / consents', function () {
  this.timeout(30_000)
  let hub: Given
  before(async () => void (hub = await given()))
  after(() => hub.stop())

  const as = (agency: string): Client => hub.as(agency)
  const post = async (agency: string, body: Body) =>
    made(await as(agency).post(`/${body.resourceType}`, body)) as StoredBody & { id: string }
  const keyOf = ({ resourceType, id }: StoredBody) => `${resourceType}/${String(id)}`

  /** vr and dhs are members, and records of vr carry the class. */
  async function restricted() {
    const subject = keyOf(await post('es', participant('es')))
    for (const to of ['vr', 'dhs']) await post('es', consent(subject, 'es', to))
    await post('vr', labelled(condition(subject), 'rehabilitation'))
    return subject
  }
  const release = (subject: string, by: string, to: string, more = {}) =>
    consent(subject, by, to, { classes: ['rehabilitation'], more })

  /** The paths that tell the agency of the record. */
  async function telling(agency: string, key: string): Promise<readonly string[]> {
    const [type = '', id = ''] = key.split('/')
    const own = keyOf(await post(agency === 'board' ? 'es' : agency, participant(agency === 'board' ? 'es' : agency)))
    const nobody = unknownLike(id)
    const names: string[] = []
    for (const path of PATHS) {
      if (path.types && !path.types.includes(type)) continue
      const ask = async (one: string) =>
        comparableAnswer(await path.ask(as(agency), { type, id: one, own: own.split('/')[1]! }), one)
      if ((await ask(id)) !== (await ask(nobody))) names.push(path.name)
    }
    return names
  }

  for (const recorder of ['vr', 'board'])
    it(`that name a class are known to ${recorder}, which recorded it, to the recipient, the holder and the board alone`, async () => {
      const subject = await restricted()
      const key = keyOf(await post(recorder, release(subject, 'vr', 'college')))
      for (const agency of ['vr', 'college', 'board']) assert.notDeepEqual(await telling(agency, key), [], agency)
      for (const agency of ['es', 'dhs']) assert.deepEqual(await telling(agency, key), [], agency)
    })

  it('that name a class show in no search, include or count of an agency without it', async () => {
    const subject = await restricted()
    await post('vr', release(subject, 'vr', 'college'))
    const counts = async (query: string) => made(await as('es').get(`/Consent?${query}&_total=accurate`)).total
    assert.equal(await counts(`patient=${subject}`), 2)
    assert.equal(await counts(`actor=Organization/college&patient=${subject}`), 0)
    const { text } = await as('es').get(`/Consent?patient=${subject}&_include=Consent:actor`)
    assert.doesNotMatch(text, /rehabilitation|Organization\/college/)
  })

  it('stay hidden after they are withdrawn, and keep their class', async () => {
    const subject = await restricted()
    const permit = await post('vr', release(subject, 'vr', 'college'))
    made(await as('vr').put(`/${keyOf(permit)}`, { ...permit, status: 'inactive' }))
    assert.deepEqual(await telling('es', keyOf(permit)), [])
    assert.deepEqual(await telling('college', keyOf(permit)), [])
    const plain = consent(subject, 'vr', 'college')
    refused(await as('vr').put(`/${keyOf(permit)}`, { ...plain, id: permit.id }), 422, 'element-immutable')
  })

  it('that were plain are hidden with all versions from the moment they name a class', async () => {
    const subject = await restricted()
    const permit = await post('vr', consent(subject, 'vr', 'college'))
    const key = keyOf(permit)
    assert.equal((await as('es').get(`/${key}`)).status, 200)
    made(await as('vr').put(`/${key}`, { ...release(subject, 'vr', 'college'), id: permit.id }))
    assert.deepEqual(await telling('es', key), [])
  })

  for (const purpose of ['research', 'reporting'])
    it(`for the purpose ${purpose} let nobody know of anything`, async () => {
      const subject = keyOf(await post('es', participant('es')))
      const barrier = keyOf(await post('es', labelled(condition(subject), 'rehabilitation')))
      const body = release(subject, 'es', 'abe') as Body & { provision: object }
      const coding = [{ system: codeSystemAt('consent-purpose'), code: purpose }]
      await post('es', { ...body, provision: { ...body.provision, purpose: coding } } as Body)
      for (const key of [subject, barrier]) assert.equal((await as('abe').get(`/${key}`)).status, 404)
      refused(await as('abe').post('/Condition', condition(subject)), 422, 'reference-not-found')
    })

  for (const purpose of ['referral', 'case-management'])
    it(`for the purpose ${purpose}, also besides others, make a member`, async () => {
      const subject = keyOf(await post('es', participant('es')))
      const body = consent(subject, 'es', 'abe') as Body & { provision: object }
      const coding = ['research', purpose].map((code) => ({ system: codeSystemAt('consent-purpose'), code }))
      await post('es', { ...body, provision: { ...body.provision, purpose: coding } } as Body)
      assert.equal((await as('abe').get(`/${subject}`)).status, 200)
    })

  it('for an agency that the participant denied are taken with a warning, and open nothing', async () => {
    const subject = keyOf(await post('es', participant('es')))
    await post('es', denial(subject, 'es', 'abe'))
    const headers = { Prefer: 'return=OperationOutcome' }
    const warned = await as('es').post('/Consent', consent(subject, 'es', 'abe'), { headers })
    const [issue] = made(warned).issue
    assert.equal(issue.severity, 'warning')
    assert.equal(issue.details.coding[0].code, 'consent-denied')
    assert.deepEqual(issue.expression, ['Consent.provision.actor[0]'])
    assert.equal((await as('abe').get(`/${subject}`)).status, 404)
    const other = made(await as('es').post('/Consent', consent(subject, 'es', 'vr'), { headers }))
    assert.notEqual(other.issue[0].severity, 'warning')
    // Whoever does not know the participant learns of no denial.
    const outsider = await as('college').post('/Consent', consent(subject, 'college', 'abe'), { headers })
    assert.doesNotMatch(outsider.text, /consent-denied/)
  })

  it('go on, as a referral does, where a denial is recorded whose period is over', async () => {
    const subject = keyOf(await post('es', participant('es')))
    const permit = await post('es', consent(subject, 'es', 'abe'))
    const request = await post('es', referral(subject, 'es', 'abe'))
    const sent = await post('es', task(subject, keyOf(request), 'es', 'abe'))
    const body = denial(subject, 'es', 'abe') as Body & { provision: object }
    const deny = (period: object) => post('es', { ...body, provision: { ...body.provision, period } } as Body)
    await deny({ start: '2025-02-01', end: '2025-03-01' })
    const statuses = async () =>
      Promise.all([sent, permit].map(async (one) => made(await as('es').get(`/${keyOf(one)}`)).status))
    assert.deepEqual(await statuses(), ['requested', 'active'])
    assert.equal((await as('abe').get(`/${subject}`)).status, 200)
    await deny({ start: '2025-02-01' })
    assert.deepEqual(await statuses(), ['cancelled', 'inactive'])
    assert.equal((await as('abe').get(`/${subject}`)).status, 404)
  })

  it('are withdrawn by any agency that may know of them, which changes nothing else', async () => {
    const subject = await restricted()
    const permit = await post('es', consent(subject, 'es', 'abe'))
    refused(
      await as('dhs').put(`/${keyOf(permit)}`, { ...permit, status: 'inactive', language: 'es' }),
      403,
      'forbidden',
    )
    made(await as('dhs').put(`/${keyOf(permit)}`, { ...permit, status: 'inactive' }))
    assert.equal((await as('abe').get(`/${subject}`)).status, 404)
    const withdrawn = made(await as('dhs').get(`/${keyOf(permit)}`)) as StoredBody
    refused(await as('dhs').put(`/${keyOf(permit)}`, { ...withdrawn, status: 'active' }), 403, 'forbidden')
  })
})
