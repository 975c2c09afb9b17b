/**
 * Numbers keep the text in which they were written, on every path through the hub: in each answer, and in the stored
 * text of each record that the hub derives. https://hl7.org/fhir/R4/datatypes.html#decimal ("precision ... SHALL be
 * preserved")
 */
import assert from 'node:assert/strict'
import type { Key } from '../../server/fhir/types.ts'
import { attacked, type Scene } from '../attack/scene.ts'
import {
  assessment,
  careTeam,
  consent,
  decisions,
  goal,
  lookUpConsent,
  matchParameters,
  participant,
  plan,
  practitioner,
  practitionerRole,
  referral,
  subscription,
  task,
  tokenIn,
  transaction,
  type Body,
} from '../builders/index.ts'
import type { Answer, Client } from '../given.ts'
import { address, codeSystem, profileOf } from '../builders/definitions.ts'
import { openEndpoint } from '../subscriptions/endpoint.ts'

const NUMBERS = ['1.50', '0.010', '1e3', '-0.00', `3.${'1415926535897932384626433832795028841971'}`, '9007199254740993']

/** Marks a number in a body: `"#1.50#"` becomes `1.50`. */
const marked = (number: string) => `#${number}#`
const written = (body: unknown): string => JSON.stringify(body).replace(/"#([^"#]*)#"/g, '$1')

/** An extension that the board posts: any number, on any element. */
const MEASURED_URL = address('StructureDefinition', 'measured')
const extension = profileOf(
  'measured',
  'Extension',
  [
    { id: 'Extension.url', fixedUri: MEASURED_URL },
    { id: 'Extension.value[x]', min: 1, type: [{ code: 'decimal' }] },
  ],
  { kind: 'complex-type', context: [{ type: 'element', expression: 'Resource' }] },
)

const MEASURED = NUMBERS.map((number) => ({ url: MEASURED_URL, valueDecimal: marked(number) }))

/** The record with every number, after the extensions that it has. */
const measured = <T extends Body>(body: T) => ({
  ...body,
  extension: [...((body.extension as unknown[] | undefined) ?? []), ...MEASURED],
})

/** What `measured` writes, as it must be found again. */
const EXPECTED = NUMBERS.map((number) => `"url":"${MEASURED_URL}","valueDecimal":${number}}`)

function keeps(text: string, times = 1): void {
  for (const expected of EXPECTED) {
    const found = text.split(expected).length - 1
    assert.ok(found >= times, `${expected} is there ${found} times, not ${times}, in ${text.slice(0, 3000)}`)
  }
}

function ok(answer: Answer): Answer {
  assert.ok(answer.status < 300, `${answer.status} ${answer.text}`)
  return answer
}

describe('numbers keep their text', () => {
  let hub: Scene
  let es: Client
  before(async () => {
    hub = await attacked({ HUB_LOOPBACK_ENDPOINTS: 'true' })
    es = hub.as('es')
    ok(await hub.as('board').post('/StructureDefinition', extension))
  })
  after(() => hub.stop())

  const send = async (method: string, path: string, body: unknown, headers = {}) =>
    ok(await es.send(method, path, written(body), { headers }))
  const post = async (body: Body) => (await send('POST', `/${body.resourceType}`, body)).body
  const stored = async (key: Key): Promise<string> => (await hub.store.read(key, 'unrestricted'))?.text ?? ''
  const newParticipant = async (): Promise<string> => `Patient/${(await post(measured(participant('es')))).id}`
  const staff = async (): Promise<string> => {
    const person = await post(practitioner())
    return `PractitionerRole/${(await post(practitionerRole(`Practitioner/${person.id}`, 'es'))).id}`
  }
  const planOf = (subject: string, goalId: string) => measured(plan('es', subject, `Goal/${goalId}`) as Body)

  describe('through the interactions', () => {
    it('create, read, vread, history and update', async () => {
      const made = await send('POST', '/Patient', measured(participant('es')))
      keeps(made.text)
      const path = `/Patient/${made.body.id}`
      for (const address of [path, `${path}/_history/1`, `${path}/_history`]) keeps(ok(await es.get(address)).text)
      const changed = measured({ ...participant('es'), id: made.body.id, language: 'en' })
      keeps((await send('PUT', path, changed, { 'If-Match': 'W/"1"' })).text)
      keeps(ok(await es.get(`${path}/_history`)).text, 2)
      keeps(await stored({ type: 'Patient', id: made.body.id }))
    })

    it('create under a condition that a record meets', async () => {
      const made = await post(measured(participant('es', { number: 'D-1' })))
      const system = 'https://no-wrong-door.example/fhir/NamingSystem/agency/es'
      const again = await send('POST', '/Patient', participant('es'), { 'If-None-Exist': `identifier=${system}|D-1` })
      assert.equal(again.body.id, made.id)
      keeps(again.text)
    })

    it('search and include', async () => {
      const subject = await newParticipant()
      const { id } = await post(measured(goal(subject)))
      keeps(ok(await es.get(`/Goal?_id=${id}`)).text)
      keeps(ok(await es.get(`/Goal?_id=${id}&_include=Goal:patient`)).text, 2)
    })

    it('batch and transaction', async () => {
      const subject = await newParticipant()
      const entry = { method: 'POST', url: 'Goal', resource: measured(goal(subject)) }
      const read = { method: 'GET', url: subject }
      for (const type of ['batch', 'transaction'])
        keeps((await send('POST', '/', { ...transaction(entry, read), type })).text, 2)
    })
  })

  describe('in what the hub derives', () => {
    it('a participant whose pathway moves', async () => {
      const subject = await newParticipant()
      const [type = '', id = ''] = subject.split('/')
      await post(assessment(subject, false))
      const text = await stored({ type, id })
      assert.match(text, /"versionId":"2"/)
      keeps(text)
    })

    it('the Tasks of a referral that is revoked', async () => {
      const subject = await newParticipant()
      await post(consent(subject, 'es', 'vr'))
      const request = await post(measured(referral(subject, 'es', 'vr')))
      const sent = await post(measured(task(subject, `ServiceRequest/${request.id}`, 'es', 'vr')))
      const revoked = measured({ ...referral(subject, 'es', 'vr'), id: request.id, status: 'revoked' })
      keeps((await send('PUT', `/ServiceRequest/${request.id}`, revoked, { 'If-Match': 'W/"1"' })).text)
      const text = await stored({ type: 'Task', id: sent.id })
      assert.match(text, /"status":"cancelled"/)
      keeps(text)
    })

    it('a subscription that the hub activates, and what it notifies of', async () => {
      const endpoint = await openEndpoint()
      try {
        const body = subscription(endpoint.url, { topic: 'participant-updated', content: 'full-resource' }) as Body
        const { id } = await post(measured(body))
        await endpoint.arrived(1)
        const person = await post(measured(participant('es')))
        const changed = measured({ ...participant('es'), id: person.id, language: 'en' })
        await send('PUT', `/Patient/${person.id}`, changed, { 'If-Match': 'W/"1"' })
        await endpoint.arrived(2)
        keeps(endpoint.received.at(-1)!.text)
        const text = await stored({ type: 'Subscription', id })
        assert.match(text, /"status":"active"/)
        keeps(text)
      } finally {
        await endpoint.close()
      }
    })
  })

  describe('through the operations', () => {
    /** Each operation: how its answer shows that numbers are kept, or why it has none of a record. */
    const cases: Readonly<Record<string, string | (() => Promise<void>)>> = {
      async reconcile() {
        const subject = await newParticipant()
        const { id: goalId } = await post(goal(subject))
        const { id } = await post(planOf(subject, goalId))
        const other = { url: MEASURED_URL, valueDecimal: marked('2.500') }
        const later = { ...planOf(subject, goalId), id, extension: [other, ...MEASURED] }
        await send('PUT', `/CarePlan/${id}`, later, { 'If-Match': 'W/"1"' })
        const answer = ok(await es.get(`/CarePlan/${id}/$reconcile?base=1`))
        keeps(answer.text)
        const parts = JSON.stringify(answer.body)
        assert.match(parts, /"valueString":"2\.500"/, 'the patch replaces 1.50 by 2.500')
        const { id: _, ...whole } = planOf(subject, goalId)
        const precise = {
          ...whole,
          id,
          extension: [other, ...MEASURED.slice(0, -1), { ...MEASURED[0], valueDecimal: marked('9007199254740992') }],
        }
        await send('PUT', `/CarePlan/${id}`, precise, { 'If-Match': 'W/"2"' })
        const patched = ok(await es.get(`/CarePlan/${id}/$reconcile?base=2`))
        assert.match(patched.text, /"valueString":"9007199254740992"/, 'numbers beyond 2^53 differ in the patch')
      },
      async refer() {
        const subject = await newParticipant()
        await post(consent(subject, 'es', 'vr'))
        const parameters = {
          resourceType: 'Parameters',
          parameter: [
            { name: 'service', valueCode: 'program-referral-coordination' },
            { name: 'performer', valueReference: { reference: 'Organization/vr' } },
            { name: 'identifier', valueString: 'D-2' },
          ],
        }
        const refer = () => send('POST', `/${subject}/$refer`, parameters)
        const [request, sent] = (await refer()).body.entry.map(({ resource }: { resource: Body }) => resource)
        for (const one of [request, sent]) {
          const version = { 'If-Match': `W/"${one.meta.versionId}"` }
          await send('PUT', `/${one.resourceType}/${one.id}`, measured(one), version)
        }
        keeps((await refer()).text, 2)
      },
      async claim() {
        const subject = await newParticipant()
        await post(consent(subject, 'es', 'abe'))
        const parameter = [{ name: 'service', valueCode: 'adult-basic-education' }]
        const { body } = await send('POST', `/${subject}/$refer`, { resourceType: 'Parameters', parameter })
        const sent = body.entry[1].resource
        await send('PUT', `/Task/${sent.id}`, measured(sent), { 'If-Match': `W/"${sent.meta.versionId}"` })
        keeps(ok(await hub.as('abe').post(`/Task/${sent.id}/$claim`)).text)
        keeps(await stored({ type: 'Task', id: sent.id }))
      },
      'open-referrals': 'answers codes, dates and references, and no extension',
      async appeal() {
        const { id } = await measuredTask()
        keeps((await send('POST', `/Task/${id}/$appeal`, saying('reason'))).text)
      },
      async adjudicate() {
        const { id } = await measuredTask()
        keeps(ok(await hub.as('board').send('POST', `/Task/${id}/$adjudicate`, saying('decision'))).text)
      },
      'referral-conservation': 'answers counts of referrals',
      warnings: 'answers codes and times of warnings, no element of a record but references',
      async 'submit-referrals'() {
        const subject = await newParticipant()
        await post(consent(subject, 'es', 'dhs'))
        const form = await post(measured(assessment(subject, true)))
        const parameters = decisions(`QuestionnaireResponse/${form.id}`, { snap: false })
        const submit = () => send('POST', `/${subject}/$submit-referrals`, parameters)
        const [request] = (await submit()).body.entry.map(({ resource }: { resource: Body }) => resource)
        const version = { 'If-Match': `W/"${request.meta.versionId}"` }
        await send('PUT', `/ServiceRequest/${request.id}`, measured(request), version)
        keeps((await submit()).text)
      },
      async 'propose-referrals'() {
        const subject = await newParticipant()
        const form = measured(assessment(subject, true))
        ok(await es.post('/QuestionnaireResponse/$propose-referrals', written(form)))
        const { id } = await post(form)
        ok(await es.get(`/QuestionnaireResponse/${id}/$propose-referrals`))
        keeps(await stored({ type: 'QuestionnaireResponse', id }))
      },
      async everything() {
        const subject = await newParticipant()
        await post(measured(goal(subject)))
        keeps(ok(await es.get(`/${subject}/$everything`)).text, 2)
      },
      async 'intake-package'() {
        const subject = await newParticipant()
        await post(measured(goal(subject)))
        keeps(ok(await es.get(`/${subject}/$intake-package`)).text, 2)
      },
      async 'transfer-case-manager'() {
        const subject = await newParticipant()
        const [first, second] = [await staff(), await staff()]
        const team = await post(measured(careTeam(subject, first)))
        const parameter = [{ name: 'to', valueReference: { reference: second } }]
        const transfer = () =>
          send('POST', `/${subject}/$transfer-case-manager`, { resourceType: 'Parameters', parameter })
        keeps((await transfer()).text)
        keeps(await stored({ type: 'CareTeam', id: team.id }))
      },
      async validate() {
        const subject = await newParticipant()
        const { id } = await post(measured(goal(subject)))
        const sent = await send('POST', '/Goal/$validate', measured(goal(subject)))
        for (const query of ['', '?mode=update', '?mode=profile']) {
          const answer = ok(await es.get(`/Goal/${id}/$validate${query}`))
          assert.deepEqual(answer.body.issue, sent.body.issue, query)
        }
      },
      async events() {
        const endpoint = await openEndpoint()
        try {
          const { id } = await post(subscription(endpoint.url, { topic: 'participant-updated' }) as Body)
          await endpoint.arrived(1)
          const person = await post(measured(participant('es')))
          const changed = measured({ ...participant('es'), id: person.id, language: 'en' })
          await send('PUT', `/Patient/${person.id}`, changed, { 'If-Match': 'W/"1"' })
          await endpoint.arrived(2)
          keeps(ok(await es.get(`/Subscription/${id}/$events?content=full-resource`)).text)
        } finally {
          await endpoint.close()
        }
      },
      async match() {
        const one = { ...participant('es', { family: 'Quill' }), telecom: [{ system: 'phone', value: '662-555-0177' }] }
        await post(measured(one) as Body)
        keeps(ok(await es.post('/Patient/$match', one)).text)
      },
      async 'request-access'() {
        const one = { ...participant('es', { family: 'Quest' }), telecom: [{ system: 'phone', value: '662-555-0178' }] }
        await post(measured(one) as Body)
        const dhs = hub.as('dhs')
        const found = ok(
          await dhs.post('/Patient/$match', matchParameters(one, { consent: lookUpConsent('dhs') })),
        ).body
        const parameter = [{ name: 'token', valueString: tokenIn(found) }]
        keeps(ok(await dhs.post('/Patient/$request-access', { resourceType: 'Parameters', parameter })).text)
      },
      async lookup() {
        const property = NUMBERS.map((number) => ({ code: 'measured', valueDecimal: marked(number) }))
        const system = codeSystem('measured', ['a'], {
          property: [{ code: 'measured', type: 'decimal' }],
          concept: [{ code: 'a', display: 'A', property }],
        })
        const board = hub.as('board')
        ok(await board.send('PUT', '/CodeSystem/measured', written(system)))
        const query = `system=${encodeURIComponent(address('CodeSystem', 'measured'))}&code=a&property=measured`
        const { text } = ok(await es.get(`/CodeSystem/$lookup?${query}`))
        for (const number of NUMBERS) assert.ok(text.includes(`"valueDecimal":${number}}`), `${number} in ${text}`)
      },
      async merge() {
        const [source, target] = [await newParticipant(), await newParticipant()]
        const { id } = await post(measured(goal(source)))
        ok(await mergedBy('merge', source, target))
        keeps(ok(await es.get(`/Goal/${id}`)).text)
      },
      async 'undo-merge'() {
        const [source, target] = [await newParticipant(), await newParticipant()]
        const { id } = await post(measured(goal(source)))
        ok(await mergedBy('merge', source, target))
        ok(await mergedBy('undo-merge', source, target))
        keeps(ok(await es.get(`/Goal/${id}`)).text)
      },
      async meta() {
        ok(await es.get(`/Goal/${(await post(measured(goal(await newParticipant())))).id}/$meta`))
      },
      async 'meta-add'() {
        const { id } = await post(measured(goal(await newParticipant())))
        ok(await taggedBy('meta-add', `Goal/${id}`))
        keeps(ok(await es.get(`/Goal/${id}`)).text)
      },
      async 'meta-delete'() {
        const { id } = await post(measured(goal(await newParticipant())))
        ok(await taggedBy('meta-add', `Goal/${id}`))
        ok(await taggedBy('meta-delete', `Goal/${id}`))
        keeps(ok(await es.get(`/Goal/${id}`)).text)
      },
      async 'revoke-consent'() {
        const subject = await newParticipant()
        const { id } = await post(measured(consent(subject, 'es', 'vr')))
        const parameter = [{ name: 'recipient', valueReference: { reference: 'Organization/vr' } }]
        await send('POST', `/${subject}/$revoke-consent`, { resourceType: 'Parameters', parameter })
        keeps(await stored({ type: 'Consent', id }))
        const sent = await measuredTask()
        const from = (sent.for as { reference: string }).reference
        await send('POST', `/${from}/$revoke-consent`, { resourceType: 'Parameters', parameter })
        keeps(await stored({ type: 'Task', id: sent.id }))
      },
      async fileConsent() {
        const subject = await newParticipant()
        const resource = measured(consent(subject, 'es', 'vr'))
        const document = { resourceType: 'DocumentReference', content: [{ attachment: { title: 'Form' } }] }
        const parameter = [
          { name: 'consent', resource },
          { name: 'document', resource: document },
        ]
        await send('POST', '/Consent/$fileConsent', { resourceType: 'Parameters', parameter })
        keeps(ok(await es.get(`/Consent?patient=${subject}`)).text)
      },
      async revokeConsent() {
        const subject = await newParticipant()
        const { id } = await post(measured(consent(subject, 'es', 'vr')))
        const parameter = [
          { name: 'consent', valueReference: { reference: `Consent/${id}` } },
          { name: 'patient', valueReference: { reference: subject } },
        ]
        await send('POST', '/Consent/$revokeConsent', { resourceType: 'Parameters', parameter })
        keeps(await stored({ type: 'Consent', id }))
      },
      why: 'answers reasons, references and instants, no element of a record',
      'consent-check': 'answers reasons, references and instants, no element of a record',
      'propose-change': 'takes names, a date and a code',
      jobs: 'answers keys, states and times of jobs, no element of a record',
      'retry-job': 'answers the state of a job, no element of a record',
      status: 'answers the status and the count of events of a subscription, no element of the record',
      expand: 'answers codes with their displays and designations, which are texts',
      subsumes: 'answers a code',
      translate: 'answers codes and equivalences',
      'validate-code': 'answers whether a code is valid, and its display',
    }

    const taggedBy = (operation: string, key: string) =>
      es.post(`/${key}/$${operation}`, {
        resourceType: 'Parameters',
        parameter: [{ name: 'meta', valueMeta: { tag: [{ code: 'to-check' }] } }],
      })
    const mergedBy = (operation: string, source: string, target: string) =>
      hub.as('board').post(`/Patient/$${operation}`, {
        resourceType: 'Parameters',
        parameter: [
          { name: 'source-patient', valueReference: { reference: source } },
          { name: 'target-patient', valueReference: { reference: target } },
        ],
      })

    const saying = (name: string) => ({ resourceType: 'Parameters', parameter: [{ name, valueString: 'A reason.' }] })

    /** An open referral from es whose Task has every number. */
    async function measuredTask(): Promise<Body & { readonly id: string }> {
      const subject = await newParticipant()
      await post(consent(subject, 'es', 'vr'))
      const request = await post(referral(subject, 'es', 'vr'))
      return post(measured(task(subject, `ServiceRequest/${request.id}`, 'es', 'vr')))
    }

    for (const [name, run] of Object.entries(cases)) {
      if (typeof run !== 'string') it(`$${name}`, run)
    }

    it('with a case for every operation of the server', async () => {
      type Rest = { operation?: { name: string }[]; resource: { operation?: { name: string }[] }[] }
      const [rest] = ok(await es.get('/metadata')).body.rest as [Rest]
      const all = [rest, ...rest.resource].flatMap(({ operation = [] }) => operation.map(({ name }) => name))
      assert.deepEqual([...new Set(all)].sort(), Object.keys(cases).sort())
    })
  })
})
