/** A social security number alone confirms nothing, and cannot be found out by trying. */
import assert from 'node:assert/strict'
import { createClock } from '../../../server/clock.ts'
import { consent, participant, transaction, type Body } from '../../builders/index.ts'
import { given, made, refused, type Client, type Given } from '../../given.ts'

const LIMIT = 5
const SECRET = '219-09-9981'

describe('write / rules / participant / social security numbers', function () {
  this.timeout(60_000)
  let hub: Given
  let es: Client
  let dhs: Client
  let board: Client
  let subject: string
  let now = Date.parse('2026-06-01T12:00:00Z')
  beforeEach(async () => {
    hub = await given(
      { HUB_SSN_ATTEMPT_LIMIT: String(LIMIT) },
      createClock(() => (now += 10)),
    )
    es = hub.as('es')
    dhs = hub.as('dhs')
    board = hub.as(undefined)
    subject = `Patient/${made(await es.post('/Patient', person(SECRET))).id}`
    made(await es.post('/Consent', consent(subject, 'es', 'dhs')))
  })
  afterEach(() => hub.stop())

  const person = (ssn?: string, more: Partial<Body> = {}): Body => ({
    ...participant('es', { ...(ssn ? { ssn } : {}), family: 'Quill' }),
    ...more,
  })
  const own = (ssn?: string, more: Partial<Body> = {}): Body =>
    person(ssn, { managingOrganization: { reference: 'Organization/dhs' }, ...more })
  const guess = (serial: number): string => `219-09-${String(serial).padStart(4, '0')}`
  const attempts = async (): Promise<number> =>
    made(await board.get('/AuditEvent?subtype=ssn-attempt&_total=accurate')).total

  it('confirm nothing where birth date or family name are others: right and wrong ones are created alike', async () => {
    for (const more of [
      { birthDate: '1971-02-03' },
      { name: [{ use: 'official', family: 'Zzyx', given: ['Ida'] }] },
      { birthDate: '1990-08-01' },
    ])
      for (const ssn of [SECRET, guess(1)]) {
        const made = await dhs.post('/Patient', own(ssn, more))
        assert.equal(made.status, 201)
        assert.equal((await board.delete(`/Patient/${made.body.id}`, 1)).status, 204)
      }
    assert.equal(await attempts(), 0)
  })

  it('are no part of $validate: right, wrong and absent ones have the same answer', async () => {
    for (const [method, path, more] of [
      ['POST', '/Patient/$validate?mode=create', {}],
      ['POST', '/Patient/$validate', {}],
      ['POST', `/${'SUBJECT'}/$validate?mode=update`, { id: 'ID' }],
    ] as const) {
      const answers = await Promise.all(
        [SECRET, guess(1)].map((ssn) => {
          const body = { ...own(ssn), ...('id' in more ? { id: subject.split('/')[1] } : {}) }
          return dhs.send(method, path.replace('SUBJECT', subject), body)
        }),
      )
      assert.equal(new Set(answers.map(({ text }) => text)).size, 1, path)
      assert.ok(!answers[0]!.text.includes('duplicate-participant'))
    }
    assert.equal(await attempts(), 0)
  })

  it('can be tried so many times a day on somebody known, each time reported to the board; then 429', async () => {
    for (let serial = 1; serial <= LIMIT; serial += 1) made(await dhs.post('/Patient', own(guess(serial))))
    assert.equal(await attempts(), LIMIT)
    const refusedRight = await dhs.post('/Patient', own(SECRET))
    const refusedWrong = await dhs.post('/Patient', own(guess(4444)))
    refused(refusedRight, 429, 'too-many-attempts')
    assert.equal(refusedRight.text, refusedWrong.text)
    assert.ok(Number(refusedRight.headers.get('retry-after')) > 80_000)
    const found = made(await board.get(`/AuditEvent?patient=${subject}&subtype=ssn-attempt&_total=accurate`))
    assert.ok(found.total >= 1)
    assert.equal(found.entry[0].resource.agent[0].who.reference, 'Organization/dhs')
    // Who sends no number goes on; so do other agencies.
    made(await dhs.post('/Patient', own()))
    now += 24 * 3_600_000
    made(await dhs.post('/Patient', own(guess(4445))))
  })

  it('cannot be tried by hundreds in a transaction', async () => {
    const entries = (serials: readonly number[]) =>
      transaction(...serials.map((serial) => ({ method: 'POST', url: 'Patient', resource: own(guess(serial)) })))
    const many = Array.from({ length: 60 }, (_, index) => 9940 + index)
    refused(await dhs.post('', entries(many)), 429, 'too-many-attempts')
    assert.equal(await attempts(), LIMIT)
    refused(await dhs.post('', entries([9981])), 429, 'too-many-attempts')
  })

  it('are counted as well when the write is refused for something else', async () => {
    for (let serial = 1; serial <= LIMIT; serial += 1) {
      const body = transaction(
        { method: 'POST', url: 'Patient', resource: own(guess(serial)) },
        { method: 'POST', url: 'Consent', resource: consent('Patient/nobody', 'dhs', 'es') },
      )
      refused(await dhs.post('', body), 422, 'reference-not-found')
    }
    refused(await dhs.post('/Patient', own(SECRET)), 429, 'too-many-attempts')
  })

  it('are counted once when the same number is sent again', async () => {
    for (const _ of [1, 2, 3])
      await dhs.post('/Patient', own(guess(7), { telecom: [{ system: 'phone', value: '662-555-0199' }] }))
    assert.equal(await attempts(), 1)
  })

  it('are neither compared nor counted when they come with an update of another agency’s participant', async () => {
    const stored = made(await dhs.get(`/${subject}`))
    const ssn = (value: string) => [...stored.identifier, { system: 'http://hl7.org/fhir/sid/us-ssn', value }]
    const answers = []
    for (const value of [SECRET, ...Array.from({ length: LIMIT + 1 }, (_, index) => guess(index + 1))])
      answers.push(await dhs.put(`/${subject}`, { ...stored, identifier: ssn(value) }, 1))
    for (const answer of answers) refused(answer, 403, 'identity-reserved')
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1)
    assert.equal(await attempts(), 0)
  })

  it('leave a change of who somebody is refused for that alone, not as a duplicate of somebody known', async () => {
    const given = {
      system: 'https://no-wrong-door.example/fhir/NamingSystem/agency/es',
      value: '77',
      assigner: { reference: 'Organization/es' },
    }
    const { identifier = [], ...other } = participant('es', { family: 'Zzyx' }) as Body & { identifier?: object[] }
    made(await es.post('/Patient', { ...other, identifier: [...identifier, given] }))
    const known = made(await es.get('/Patient?identifier=77')).entry[0].resource
    made(await es.post('/Consent', consent(`Patient/${known.id}`, 'es', 'dhs')))
    const stored = made(await dhs.get(`/${subject}`))
    const claimed = { ...stored, identifier: [...stored.identifier, given] }
    const answer = await dhs.put(`/${subject}`, claimed, 1)
    refused(answer, 403, 'identity-reserved')
    assert.ok(!answer.text.includes('duplicate-participant'))
  })

  it('are not counted for the board, nor where nobody of the name and birth date is known', async () => {
    made(await board.post('/Patient', person(guess(8))))
    for (let serial = 10; serial < 20; serial += 1)
      made(await es.post('/Patient', { ...person(guess(serial)), birthDate: `19${serial}-05-05` }))
    assert.equal(await attempts(), 0)
  })
})
