/** Consent/$fileConsent and $revokeConsent of HL7's FAST Consent Management: its shapes, and the same effects as the hub's own. */
import assert from 'node:assert/strict'
import type { JsonObject } from '../../server/fhir/types.ts'
import {
  condition,
  consent,
  denial,
  labelled,
  participant,
  relatedPerson,
  type Body,
  type StoredBody,
} from '../builders/index.ts'
import { given, made, refused, type Answer, type Client, type Given } from '../given.ts'

const PROFILE = 'http://hl7.org/fhir/us/consent-management/StructureDefinition/FASTConsent'
const v3 = (system: string, code: string) => ({
  coding: [{ system: `http://terminology.hl7.org/CodeSystem/${system}`, code }],
})
const DOCUMENT = {
  resourceType: 'DocumentReference',
  status: 'current',
  content: [{ attachment: { contentType: 'application/pdf', data: 'JVBERi0=', title: 'Signed form' } }],
}

/** As the guide's own example has it: references by identifiers, another category, no purpose. */
const fast = (patient: JsonObject, actor: JsonObject, more: JsonObject = {}, provision: JsonObject = {}) => ({
  resourceType: 'Consent',
  id: 'ConsentExample',
  meta: { profile: [PROFILE] },
  identifier: [{ system: 'http://example.org/consent', value: '33445522' }],
  status: 'active',
  scope: v3('consentscope', 'patient-privacy'),
  category: [v3('v3-ActCode', 'INFA')],
  patient,
  dateTime: '2024-01-01',
  performer: [patient],
  sourceReference: { reference: 'QuestionnaireResponse/QuestionnaireResponseExample' },
  policyRule: v3('consentpolicycodes', 'hipaa-auth'),
  provision: {
    type: 'permit',
    period: { start: '2024-01-01' },
    actor: [{ role: v3('v3-ParticipationType', 'IRCP'), reference: actor }],
    ...provision,
  },
  ...more,
})
const parameters = (...parameter: readonly object[]) => ({ resourceType: 'Parameters', parameter })

describe('operations / Consent/$fileConsent and $revokeConsent', () => {
  let hub: Given
  let es: Client, abe: Client, board: Client
  let serial = 0
  let subject: string, mrn: JsonObject
  before(async () => {
    hub = await given()
    ;[es, abe, board] = ['es', 'abe', 'board'].map((one) => hub.as(one)) as [Client, Client, Client]
  })
  after(() => hub.stop())
  beforeEach(async () => {
    serial += 1
    const created = await post(es, participant('es', { number: `F-${serial}`, family: `Quill${serial}` }))
    subject = `Patient/${created.id}`
    const identifiers = created.identifier as { system: string; value: string }[]
    const { system, value } = identifiers.find((one) => one.value === `F-${serial}`)!
    mrn = { identifier: { system, value } }
  })

  const post = async (client: Client, body: Body) =>
    made(await client.post(`/${body.resourceType}`, body)) as StoredBody & { id: string }
  const file = (body: object, client = es, document: object = DOCUMENT): Promise<Answer> =>
    client.post(
      '/Consent/$fileConsent',
      parameters({ name: 'consent', resource: body }, { name: 'document', resource: document }),
    )
  const numbered = (more: JsonObject = {}) => ({
    identifier: [{ system: 'http://example.org/consent', value: `C-${serial}` }],
    ...more,
  })
  const toAbe = { reference: 'Organization/abe' }
  const knows = async (client: Client) => (await client.get(`/${subject}`)).status === 200
  const filed = async (answer: Answer): Promise<StoredBody & { id: string }> => {
    made(answer)
    assert.equal(answer.body.resourceType, 'OperationOutcome')
    const [key] = /Consent\/[^`]+/.exec(answer.body.issue[0].details.text) ?? []
    return made(await es.get(`/${key!}`))
  }

  it('files the consent of the guide, with identifiers in place of references', async () => {
    const stored = await filed(await file(fast(mrn, toAbe, numbered())))
    assert.deepEqual(stored.patient, { reference: subject })
    assert.deepEqual(stored.performer, [{ reference: subject }])
    assert.deepEqual(stored.organization, [{ reference: 'Organization/es' }])
    assert.deepEqual(stored.sourceAttachment, DOCUMENT.content[0]!.attachment)
    assert.deepEqual(stored.policyRule, v3('consentpolicycodes', 'hipaa-auth'))
    const { purpose } = stored.provision as { purpose: { code: string }[] }
    assert.deepEqual(
      purpose.map(({ code }) => code),
      ['referral', 'case-management'],
    )
    assert.ok(await knows(abe))
  })

  it('finds the recipient by an identifier', async () => {
    const agency = made(await es.get('/Organization/abe')) as { identifier: JsonObject[] }
    await filed(await file(fast({ reference: subject }, { identifier: agency.identifier[0]! }, numbered())))
    assert.ok(await knows(abe))
  })

  it('takes the answers of a questionnaire as the document', async () => {
    const answers = {
      resourceType: 'QuestionnaireResponse',
      status: 'completed',
      item: [{ linkId: '1', answer: [{ valueDecimal: 1.5 }] }],
    }
    const stored = await filed(await file(fast(mrn, toAbe, numbered()), es, answers))
    const { contentType, data } = stored.sourceAttachment as { contentType: string; data: string }
    assert.equal(contentType, 'application/fhir+json')
    assert.deepEqual(JSON.parse(Buffer.from(data, 'base64').toString()), answers)
  })

  it('maps purposes of use, and refuses one that the hub has no word for, where it was sent', async () => {
    const reason = (code: string) => ({ system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code })
    const stored = await filed(
      await file(fast(mrn, toAbe, numbered(), { purpose: [reason('TREAT'), reason('HRESCH')] })),
    )
    const { purpose } = stored.provision as { purpose: { code: string }[] }
    assert.deepEqual(
      purpose.map(({ code }) => code),
      ['referral', 'case-management', 'research'],
    )
    serial += 1
    const answer = await file(fast(mrn, toAbe, numbered(), { purpose: [reason('HPAYMT')] }))
    refused(answer, 422, 'code-invalid')
    assert.match(answer.body.issue[0].expression[0], /^Parameters\.parameter\[0\]\.resource\.provision\.purpose\[0\]/)
  })

  for (const [element, more] of [
    ['provision', { provision: [{ type: 'deny' }] }],
    [
      'securityLabel',
      { securityLabel: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }] },
    ],
    ['action', { action: [v3('consentaction', 'access')] }],
  ] as const)
    it(`refuses provision.${element}, which the hub does not carry out`, async () => {
      const answer = await file(fast(mrn, toAbe, numbered(), more as unknown as JsonObject))
      refused(answer, 422, 'element-too-many')
      assert.match(
        answer.body.issue[0].expression[0],
        new RegExp(`^Parameters\\.parameter\\[0\\]\\.resource\\.provision\\.${element}`),
      )
      assert.ok(!(await knows(abe)))
    })

  it('answers the same request again with the same consent, and refuses another one under its number', async () => {
    const body = fast(mrn, toAbe, numbered())
    const [first, second] = [await filed(await file(body)), await filed(await file(body))]
    assert.equal(second.id, first.id)
    const other = await file(fast(mrn, { reference: 'Organization/vr' }, numbered()))
    refused(other, 422, 'value-conflict')
    assert.deepEqual(other.body.issue[0].expression, ['Parameters.parameter[0].resource.identifier'])
  })

  it('takes the consent of a guardian, who is found by an identifier too', async () => {
    const identifier = [{ system: 'http://example.org/persons', value: `G-${serial}` }]
    const person = await post(es, relatedPerson(subject, 'GUARD', { identifier, period: { start: '2020-01-01' } }))
    const stored = await filed(await file(fast(mrn, toAbe, numbered({ performer: [{ identifier: identifier[0]! }] }))))
    assert.deepEqual(stored.performer, [{ reference: `RelatedPerson/${person.id}` }])
  })

  it('files a denial, which wins', async () => {
    await post(es, consent(subject, 'es', 'abe'))
    await filed(await file(fast(mrn, toAbe, numbered(), { type: 'deny' })))
    assert.ok(!(await knows(abe)))
  })

  it('answers an agency that does not know the participant as it answers about nobody', async () => {
    const answers = [
      await file(fast(mrn, toAbe, numbered()), abe),
      await file(fast({ identifier: { ...(mrn.identifier as JsonObject), value: 'F-0' } }, toAbe, numbered()), abe),
    ]
    refused(answers[0]!, 422, 'reference-not-found')
    assert.equal(answers[0]!.text, answers[1]!.text)
    const literal = await Promise.all(
      [subject, `${subject.slice(0, -6)}zzzzzz`].map(async (reference) =>
        (await file(fast({ reference }, toAbe, numbered()), abe)).text.replaceAll(reference, ''),
      ),
    )
    assert.equal(literal[0], literal[1])
  })

  it('refuses a document of another type', async () => {
    const answer = await file(fast(mrn, toAbe, numbered()), es, { resourceType: 'Binary', contentType: 'text/plain' })
    refused(answer, 400, 'invalid-parameter')
    assert.deepEqual(answer.body.issue[0].expression, ['Parameters.parameter[1].resource'])
  })

  const revoke = (id: string, patient: object = mrn, client = es, ...more: object[]): Promise<Answer> =>
    client.post(
      '/Consent/$revokeConsent',
      parameters(
        { name: 'consent', valueReference: { reference: `Consent/${id}` } },
        { name: 'patient', valueReference: patient },
        ...more,
      ),
    )

  it('revokes: every consent for the recipients ends, and a denial is recorded', async () => {
    const { id } = await filed(await file(fast(mrn, toAbe, numbered())))
    await post(es, consent(subject, 'es', 'abe'))
    const answer = await revoke(id, mrn, es, { name: 'document', resource: DOCUMENT })
    assert.equal(made(answer).resourceType, 'OperationOutcome')
    assert.ok(!(await knows(abe)))
    const entries = made(await es.get(`/Consent?patient=${subject}`)).entry as {
      resource: StoredBody & { provision: { type: string } }
    }[]
    const active = entries.map(({ resource }) => resource).filter(({ status }) => status === 'active')
    assert.deepEqual(
      active.map(({ provision }) => provision.type),
      ['deny'],
    )
    assert.deepEqual(active[0]?.sourceAttachment, DOCUMENT.content[0]!.attachment)
  })

  it('only ends a consent for research, and a denial', async () => {
    const reason = { system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason', code: 'HRESCH' }
    const research = await filed(await file(fast(mrn, toAbe, numbered(), { purpose: [reason] })))
    await post(es, consent(subject, 'es', 'abe'))
    made(await revoke(research.id))
    assert.ok(await knows(abe))
    const denied = await post(es, denial(subject, 'es', 'abe'))
    assert.ok(!(await knows(abe)))
    made(await revoke(denied.id))
    await post(es, consent(subject, 'es', 'abe'))
    assert.ok(await knows(abe))
  })

  it('knows no consent of another participant, none that does not exist, and none that the caller may not know of', async () => {
    const other = await post(es, participant('es', { family: 'Other' }))
    const foreign = await post(es, consent(`Patient/${other.id}`, 'es', 'abe'))
    await post(es, labelled(condition(subject), 'rehabilitation'))
    const hidden = await post(board, consent(subject, 'es', 'abe', { classes: ['rehabilitation'] }))
    await post(es, consent(subject, 'es', 'dhs'))
    const dhs = hub.as('dhs')
    const texts = await Promise.all(
      [foreign.id, 'nobody', hidden.id].map(async (id) => {
        const answer = await revoke(id, { reference: subject }, dhs)
        refused(answer, 422, 'reference-not-found')
        return answer.text
      }),
    )
    assert.equal(new Set(texts).size, 1)
  })
})
