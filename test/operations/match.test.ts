/** $match: participants by likeness, and what it tells of those whom the caller may not know of. */
import assert from 'node:assert/strict'
import { createClock } from '../../server/clock.ts'
import { openStore } from '../../server/store/open.ts'
import type { Store } from '../../server/store/store.ts'
import {
  assessment,
  consent,
  lookUpConsent,
  matchParameters,
  participant,
  tokenIn,
  type Body,
} from '../builders/index.ts'
import { given, made, refused, type Answer, type Client, type Given } from '../given.ts'
import { storeDeny } from '../write/deny.ts'

const GRADE = 'http://hl7.org/fhir/StructureDefinition/match-grade'
const phone = (value: string): Body['telecom'] => [{ system: 'phone', value }]

type Entry = {
  readonly resource: Body & { readonly id: string }
  readonly search: { readonly mode: string; readonly score: number; readonly extension: { valueCode: string }[] }
}
const entriesOf = (answer: Answer): readonly Entry[] => made(answer).entry ?? []
const gradesIn = (answer: Answer): readonly string[] =>
  entriesOf(answer).map(({ resource, search }) => `${resource.id} ${search.extension?.[0]?.valueCode}`)

describe('operations / $match', function () {
  this.timeout(60_000)
  let hub: Given
  let store: Store
  let es: Client
  let dhs: Client
  let board: Client
  let time = Date.parse('2026-06-01T12:00:00Z')
  let count = 0
  before(async () => {
    const clock = createClock(() => (time += 10))
    store = await openStore({ kind: 'memory' }, { clock: clock.now })
    hub = await given({}, clock, { store })
    es = hub.as('es')
    dhs = hub.as('dhs')
    board = hub.as(undefined)
  })
  after(() => hub.stop())

  /** Somebody who is like nobody else here. */
  const somebody = (more: Partial<Body> = {}, entry = 'es'): Body => {
    count += 1
    const letters = [count % 5, Math.floor(count / 5) % 5, count % 3].map((at) => 'bdkmr'.charAt(at))
    return {
      ...participant(entry, { family: `Quon${letters.join('o')}`, given: `Gi${[...letters].reverse().join('a')}l` }),
      birthDate: `${1950 + count}-${String(1 + (count % 9)).padStart(2, '0')}-1${count % 9}`,
      telecom: phone(`662-55${count % 10}-${1000 + 37 * count}`),
      address: [{ line: [`${count * 7} Oak Street`], city: 'Tupelo', state: 'MS', postalCode: '38801' }],
      ...more,
    }
  }
  /** The person without phone and address. */
  const without = ({ telecom: _, address: __, ...body }: Body): Body => body as Body
  const called = (body: Body, given: string): Body => ({
    ...body,
    name: [{ ...(body.name as [object])[0], given: [given] }],
  })
  const enter = async (body: Body, client = es): Promise<string> => made(await client.post('/Patient', body)).id

  it('answers a searchset with score and match-grade, the best first', async () => {
    const body = somebody()
    const id = await enter(body)
    const other = await enter({ ...without(called(body, 'Xaverine')) })
    const answer = await es.post('/Patient/$match', matchParameters(body))
    const bundle = made(answer)
    assert.equal(bundle.type, 'searchset')
    assert.equal(bundle.link[0].relation, 'self')
    const [first, second] = entriesOf(answer)
    assert.equal(first!.resource.id, id)
    assert.equal(first!.search.extension[0]!.valueCode, 'certain')
    assert.deepEqual(Object.keys(first!.search).sort(), ['extension', 'mode', 'score'])
    assert.equal((first!.search.extension[0] as unknown as { url: string }).url, GRADE)
    assert.ok(first!.search.score > 0.99 && first!.search.score <= 1)
    assert.equal(second!.resource.id, other)
    assert.ok(second!.search.score < first!.search.score)
    assert.equal(bundle.total, entriesOf(answer).length)
  })

  it('takes a Patient as the body, complete or not', async () => {
    const body = somebody()
    const id = await enter(body)
    const { resourceType, name, birthDate } = body
    const answer = await es.post('/Patient/$match', { resourceType, name, birthDate })
    assert.deepEqual(gradesIn(answer), [`${id} probable`])
    assert.deepEqual(entriesOf(await es.post('/Patient/$match', { resourceType: 'Patient' })), [])
  })

  it('answers an empty searchset where nobody is like the person', async () => {
    const answer = await es.post('/Patient/$match', matchParameters(somebody()))
    const bundle = made(answer)
    assert.deepEqual([bundle.type, bundle.total, bundle.entry], ['searchset', 0, undefined])
  })

  it('answers a single certain match alone, and none where there are two, when only certain ones are requested', async () => {
    const body = somebody()
    const id = await enter(body)
    const only = () => es.post('/Patient/$match', matchParameters(body, { onlyCertainMatches: true }))
    assert.deepEqual(gradesIn(await only()), [`${id} certain`])
    const twice = await enter({ ...body, managingOrganization: { reference: 'Organization/dhs' } }, dhs)
    made(await dhs.post('/Consent', consent(`Patient/${twice}`, 'dhs', 'es')))
    assert.deepEqual(gradesIn(await only()), [])
    assert.equal(gradesIn(await es.post('/Patient/$match', matchParameters(body))).length, 2)
  })

  it('answers at most so many as requested, and refuses a count that it does not take', async () => {
    const body = somebody()
    for (const given of ['Ada', 'Eve', 'Joy']) await enter(without(called(body, given)))
    const initial = called(without(body), 'E')
    assert.equal(entriesOf(await es.post('/Patient/$match', matchParameters(initial))).length, 3)
    assert.equal(entriesOf(await es.post('/Patient/$match', matchParameters(initial, { count: 1 }))).length, 1)
    for (const count of [0, 51, -1])
      refused(await es.post('/Patient/$match', matchParameters(body, { count })), 400, 'invalid-parameter')
    refused(await es.post('/Patient/$match', { resourceType: 'Goal' }), 400, 'invalid-parameter')
    refused(await es.post('/Patient/$match', matchParameters({ resourceType: 'Goal' })), 400, 'invalid-parameter')
    refused(await es.get('/Patient/$match'), 405, 'method-not-allowed')
  })

  it('tells nothing of a participant whom the caller may not know of', async () => {
    const body = somebody({ identifier: [{ system: 'http://hl7.org/fhir/sid/us-ssn', value: '219-09-4444' }] })
    const unknown = somebody({ identifier: [{ system: 'http://hl7.org/fhir/sid/us-ssn', value: '219-09-5555' }] })
    const id = await enter(body)
    const [hidden, none] = [
      await dhs.post('/Patient/$match', matchParameters(body)),
      await dhs.post('/Patient/$match', matchParameters(unknown)),
    ]
    assert.equal(hidden.text, none.text)
    made(await es.post('/Consent', consent(`Patient/${id}`, 'es', 'dhs')))
    assert.deepEqual(gradesIn(await dhs.post('/Patient/$match', matchParameters(body))), [`${id} certain`])
  })

  describe('with a social security number', () => {
    const numbered = (body: Body, value: string): Body => ({
      ...without(body),
      identifier: [{ system: 'http://hl7.org/fhir/sid/us-ssn', value }],
    })

    it('is certain only where family name and birth date agree as well', async () => {
      const body = numbered(somebody(), '219-09-1001')
      const id = await enter(body)
      assert.deepEqual(gradesIn(await es.post('/Patient/$match', matchParameters(body))), [`${id} certain`])
      const [alone, renamed, redated] = [
        { resourceType: 'Patient', identifier: body.identifier },
        { ...body, name: [{ use: 'official', family: 'Zzyx', given: ['Ida'] }] },
        { ...body, birthDate: '1961-11-30' },
      ]
      for (const sent of [alone, renamed, redated]) {
        const right = await es.post('/Patient/$match', matchParameters(sent))
        const wrong = await es.post('/Patient/$match', matchParameters(numbered(sent as Body, '219-09-1002')))
        assert.equal(right.text, wrong.text)
        assert.ok(!gradesIn(right).some((one) => one.endsWith(' certain')), right.text)
      }
    })

    it('repeats no number that cannot be one', async () => {
      const answer = await es.post('/Patient/$match', matchParameters(numbered(somebody(), '000-12-3456')))
      refused(answer, 422, 'value-format')
      assert.equal(answer.body.issue[0].expression[0], 'Parameters.parameter[0].resource.identifier[0].value')
      assert.ok(!answer.text.includes('3456'))
    })
  })

  describe('with the consent of the person to be looked up', () => {
    it('answers that the person is known elsewhere, with a token and nothing of the person', async () => {
      const body = somebody()
      const id = await enter(body)
      const answer = await dhs.post('/Patient/$match', matchParameters(body, { consent: lookUpConsent('dhs') }))
      const bundle = made(answer)
      assert.equal(bundle.total, 0)
      assert.match(tokenIn(bundle)!, /^[\w-]{43}$/)
      for (const secret of [id, 'Quon', String(body.birthDate), 'Organization/es'])
        assert.ok(!answer.text.includes(secret), secret)
    })

    it('answers as for somebody unknown where it is not certain, or family name or birth date are not those', async () => {
      const body = somebody()
      const hubId = made(await es.post('/Patient', body)).identifier[0]
      const ask = (sent: object) =>
        dhs.post('/Patient/$match', matchParameters(sent as Body, { consent: lookUpConsent('dhs') }))
      const unknown = await ask(somebody())
      assert.equal(tokenIn(made(unknown)), undefined)
      const { resourceType, name, birthDate } = body
      for (const sent of [
        { resourceType, name, birthDate },
        { resourceType, identifier: [hubId] },
        { resourceType, identifier: [hubId], name },
        { resourceType, identifier: [hubId], name: [{ family: 'Zzyx', given: ['Ida'] }], birthDate },
        { ...body, birthDate: '1949-08-01' },
      ])
        assert.equal((await ask(sent)).text, unknown.text, JSON.stringify(sent))
      assert.notEqual(tokenIn(made(await ask({ resourceType, identifier: [hubId], name, birthDate }))), undefined)
    })

    it('answers as for somebody unknown where the participant denies the caller', async () => {
      const body = somebody()
      const id = await enter(body)
      await storeDeny(store, id, 'dhs')
      const ask = (sent: Body) => dhs.post('/Patient/$match', matchParameters(sent, { consent: lookUpConsent('dhs') }))
      assert.equal((await ask(body)).text, (await ask(somebody())).text)
    })

    for (const [element, refer] of Object.entries({
      sourceReference: (to: string) => ({ sourceAttachment: undefined, sourceReference: { reference: to } }),
      'verification[0].verifiedWith': (to: string) => ({
        verification: [{ verified: true, verifiedWith: { reference: to } }],
      }),
      'performer[0]': (to: string) => ({ performer: [{ reference: to }] }),
    }))
      it(`refuses a consent whose ${element} is hidden from the caller, as one that refers to nothing`, async () => {
        const body = somebody()
        const subject = `Patient/${await enter(body)}`
        const hidden =
          {
            sourceReference: `QuestionnaireResponse/${made(await es.post('/QuestionnaireResponse', assessment(subject))).id}`,
          }[element] ?? subject
        const ask = async (to: string) => {
          const permit = { ...lookUpConsent('dhs'), ...refer(to) } as Body
          const answer = await dhs.post('/Patient/$match', matchParameters(body, { consent: permit }))
          assert.match(refused(answer, 422, 'reference-not-found'), /no record that you may know of/)
          assert.deepEqual(answer.body.issue[0].expression, [`Parameters.parameter[1].resource.${element}`])
          return answer.text.replaceAll(to, 'ID')
        }
        const [type] = hidden.split('/')
        assert.equal(await ask(hidden), await ask(`${type}/01m863k2tm9c8g8t5se4rmnst2`))
      })

    it('refuses a consent that does not permit the caller to look the person up', async () => {
      const body = somebody()
      const id = await enter(body)
      const provision = lookUpConsent('dhs').provision as Record<string, unknown>
      const actor = (provision.actor as object[])[0]!
      const purpose = [{ system: 'https://no-wrong-door.example/fhir/CodeSystem/consent-purpose', code: 'research' }]
      const restricted = [{ system: 'https://no-wrong-door.example/fhir/CodeSystem/restricted-class', code: 'wages' }]
      const wrong: readonly (readonly [element: string, consent: Body])[] = [
        ['', lookUpConsent('dhs', { status: 'inactive' })],
        ['', lookUpConsent('dhs', { provision: { ...provision, period: { end: '2025-12-31' } } as never })],
        ['', lookUpConsent('dhs', { provision: { ...provision, purpose } as never })],
        ['.provision.class', lookUpConsent('dhs', { provision: { ...provision, class: restricted } as never })],
        ['.provision.actor', lookUpConsent('es')],
        [
          '.provision.actor',
          lookUpConsent('dhs', {
            provision: {
              ...provision,
              actor: [actor, { ...actor, reference: { reference: 'Organization/vr' } }],
            } as never,
          }),
        ],
      ]
      for (const [element, consent] of wrong) {
        const answer = await dhs.post('/Patient/$match', matchParameters(body, { consent }))
        refused(answer, 422, 'look-up-consent')
        const expressions = answer.body.issue.map((one: { expression: string[] }) => one.expression[0])
        assert.ok(expressions.includes(`Parameters.parameter[1].resource${element}`), answer.text)
        assert.ok(!answer.text.includes(id))
      }
      const invalid = await dhs.post(
        '/Patient/$match',
        matchParameters(body, { consent: { resourceType: 'Consent', status: 'active' } as Body }),
      )
      refused(invalid, 422, 'element-missing')
      assert.ok(
        invalid.body.issue.every((one: { expression: string[] }) =>
          one.expression[0]!.startsWith('Parameters.parameter[1].resource'),
        ),
      )
    })
  })

  it('is reported to the board, and to nobody else, with the consent', async () => {
    const body = somebody()
    const id = await enter(body)
    made(await dhs.post('/Patient/$match', matchParameters(body, { consent: lookUpConsent('dhs') })))
    const found = made(await board.get(`/AuditEvent?patient=Patient/${id}&agent=Organization/dhs&subtype=match`))
    assert.equal(found.entry.length, 1)
    const [{ resource }] = found.entry
    assert.equal(resource.contained[0].resourceType, 'Consent')
    assert.equal(made(await board.get(`/AuditEvent/${resource.id}`)).outcome, '0')
    const { id: _, meta: __, ...event } = resource
    const { issue } = made(await board.post('/AuditEvent/$validate', event))
    assert.ok(issue.every((one: { severity: string }) => one.severity !== 'error'))
    for (const client of [es, dhs]) {
      assert.equal(made(await client.get('/AuditEvent?_total=accurate')).total, 0)
      assert.equal((await client.get(`/AuditEvent/${resource.id}`)).status, 404)
    }
    for (const client of [es, board]) assert.equal((await client.post('/AuditEvent', event)).status, 405)
  })

  it('does not keep the board from deleting a participant who was looked up', async () => {
    const body = somebody()
    const id = await enter(body)
    made(await es.post('/Patient/$match', matchParameters(body)))
    assert.equal((await board.delete(`/Patient/${id}`, 1)).status, 204)
  })

  it('is limited for each agency by the hour: 429, with the time to wait', async () => {
    let now = Date.parse('2026-06-01T12:00:00Z')
    const limited = await given(
      { HUB_LOOK_UP_LIMIT: '3', HUB_SSN_ATTEMPT_LIMIT: '2' },
      createClock(() => now),
    )
    try {
      const call = (agency?: string) => limited.as(agency).post('/Patient/$match', matchParameters(participant('es')))
      for (const _ of [1, 2, 3]) made(await call('es'))
      now += 60_000
      const answer = await call('es')
      refused(answer, 429, 'too-many-attempts')
      assert.equal(answer.headers.get('retry-after'), String(3600 - 60))
      made(await call('dhs'))
      for (const _ of [1, 2, 3, 4]) made(await call())
      now += 3_540_000
      made(await call('es'))
    } finally {
      await limited.stop()
    }
  })

  it('counts as many calls as there were when many come at once', async () => {
    const limited = await given({ HUB_LOOK_UP_LIMIT: '10' })
    try {
      const calls = Array.from({ length: 20 }, () =>
        limited.as('es').post('/Patient/$match', matchParameters(participant('es'))),
      )
      const statuses = (await Promise.all(calls)).map(({ status }) => status)
      assert.deepEqual(
        [statuses.filter((one) => one === 200).length, statuses.filter((one) => one === 429).length],
        [10, 10],
      )
      assert.equal(made(await limited.as(undefined).get('/AuditEvent?_total=accurate')).total, 10)
    } finally {
      await limited.stop()
    }
  })
})
