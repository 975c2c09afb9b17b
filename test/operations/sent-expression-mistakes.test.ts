/** What is sent to an operation by mistake is refused with one issue for one fault, at an element of the body that was sent. */
import assert from 'node:assert/strict'
import { attacked, newcomer, post, referred, type Scene } from '../attack/scene.ts'
import { consent, lookUpConsent, matchParameters, participant, type Body } from '../builders/index.ts'
import { refused, type Answer, type Client } from '../given.ts'

const parameters = (...parameter: readonly object[]) => ({ resourceType: 'Parameters', parameter })
const reference = (name: string, to: string) => ({ name, valueReference: { reference: to } })

describe('operations / sent by mistake', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client, abe: Client, dhs: Client, board: Client
  let patient: string, other: string, task: string
  before(async () => {
    scene = await attacked()
    ;[es, abe, dhs, board] = ['es', 'abe', 'dhs', 'board'].map((one) => scene.as(one)) as [
      Client,
      Client,
      Client,
      Client,
    ]
    patient = await newcomer(es, 'es')
    other = await newcomer(es, 'es')
    task = `Task/${(await referred(es, patient, 'es', 'abe')).task.id}`
  })
  after(() => scene.stop())

  /** Follows an expression into the body as JSON: there is such an element. */
  const isThere = (body: unknown, expression: string): boolean => {
    const [root, ...steps] = expression.replaceAll('[', '.').replaceAll(']', '').split('.')
    const found = steps.reduce<any>((here, step) => here?.[step], body) // eslint-disable-line @typescript-eslint/no-explicit-any -- follows any path
    return root === (body as { resourceType?: string }).resourceType && found !== undefined
  }
  const expressionsOf = (answer: Answer): readonly (string | undefined)[] => {
    assert.ok(answer.status >= 400 && answer.status < 500, answer.text)
    return answer.body.issue.map((one: { expression?: readonly string[] }) => one.expression?.[0])
  }

  const CASES: readonly (readonly [title: string, () => readonly [Client, string, object], string | undefined])[] = [
    [
      '$refer to a Patient',
      () => [
        es,
        `${patient}/$refer`,
        parameters({ name: 'service', valueCode: 'career-counseling' }, reference('performer', patient)),
      ],
      'Parameters.parameter[1].valueReference',
    ],
    [
      '$refer under a blank number',
      () => [
        es,
        `${patient}/$refer`,
        parameters({ name: 'service', valueCode: 'career-counseling' }, { name: 'identifier', valueString: ' ' }),
      ],
      'Parameters.parameter[1].valueString',
    ],
    [
      '$submit-referrals of a Patient',
      () => [
        es,
        `${patient}/$submit-referrals`,
        parameters(reference('response', patient), {
          name: 'decision',
          part: [
            { name: 'rule', valueCode: 'abe' },
            { name: 'accept', valueBoolean: true },
          ],
        }),
      ],
      'Parameters.parameter[0].valueReference',
    ],
    [
      '$appeal with a blank reason',
      () => [abe, `${task}/$appeal`, parameters({ name: 'reason', valueString: '  ' })],
      'Parameters.parameter[0].valueString',
    ],
    [
      '$appeal by the board',
      () => [board, `${task}/$appeal`, parameters({ name: 'reason', valueString: 'x' })],
      undefined,
    ],
    [
      '$adjudicate with a blank decision',
      () => [board, `${task}/$adjudicate`, parameters({ name: 'decision', valueString: '\t' })],
      'Parameters.parameter[0].valueString',
    ],
    [
      '$revoke-consent for a Patient',
      () => [es, `${patient}/$revoke-consent`, parameters(reference('recipient', patient))],
      'Parameters.parameter[0].valueReference',
    ],
    [
      '$revoke-consent with half a signature',
      () => [
        dhs,
        `${patient}/$revoke-consent`,
        parameters(reference('recipient', 'Organization/abe'), {
          name: 'signature',
          valueSignature: { when: '2026-01-01' },
        }),
      ],
      'Parameters.parameter[1].valueSignature',
    ],
    [
      '$merge of a Task',
      () => [
        board,
        'Patient/$merge',
        parameters(reference('source-patient', task), reference('target-patient', patient)),
      ],
      'Parameters.parameter[0].valueReference',
    ],
    [
      '$merge to another result',
      () => [
        board,
        'Patient/$merge',
        parameters(reference('source-patient', other), reference('target-patient', patient), {
          name: 'result-patient',
          resource: { resourceType: 'Patient', id: 'x' },
        }),
      ],
      'Parameters.parameter[2].resource',
    ],
    [
      '$transfer-case-manager to a Patient',
      () => [es, `${patient}/$transfer-case-manager`, parameters(reference('to', patient))],
      'Parameters.parameter[0].valueReference',
    ],
    [
      '$propose-change by the agency of entry',
      () => [es, `${patient}/$propose-change`, parameters({ name: 'birthDate', valueDate: '1989-01-08' })],
      undefined,
    ],
    [
      '$match with an impossible date',
      () => [es, 'Patient/$match', matchParameters({ resourceType: 'Patient', birthDate: '1979-13-45' })],
      'Parameters.parameter[0].resource.birthDate',
    ],
    [
      '$match with a misspelt element',
      () => [es, 'Patient/$match', matchParameters({ resourceType: 'Patient', names: [] } as Body)],
      'Parameters.parameter[0].resource.names',
    ],
    [
      '$match with too high a count',
      () => [es, 'Patient/$match', matchParameters(participant('es'), { count: 51 })],
      'Parameters.parameter[1].valueInteger',
    ],
    [
      '$match with the consent of a withdrawn form',
      () => [
        dhs,
        'Patient/$match',
        matchParameters(participant('dhs'), { consent: lookUpConsent('dhs', { status: 'inactive' }) }),
      ],
      'Parameters.parameter[1].resource',
    ],
    [
      'a value of another type',
      () => [es, `${patient}/$refer`, parameters({ name: 'service', valueString: 'x' })],
      'Parameters.parameter[0].valueString',
    ],
  ]
  for (const [title, sent, expression] of CASES)
    it(`is refused where it is: ${title}`, async () => {
      const [client, path, body] = sent()
      const expressions = expressionsOf(await client.post(`/${path}`, body))
      assert.deepEqual(expressions, [expression])
      if (expression !== undefined) assert.ok(isThere(body, expression))
    })

  it('takes the address of a record of the hub for the reference to it', async () => {
    const own = (name: string, to: string) => reference(name, `${scene.url}/${to}`)
    const subject = await newcomer(es, 'es')
    await post(es, consent(subject, 'es', 'abe'))
    const refer = parameters({ name: 'service', valueCode: 'career-counseling' }, own('performer', 'Organization/abe'))
    const { status, body } = await es.post(`/${subject}/$refer`, refer)
    assert.deepEqual([status, body.entry?.[1]?.resource.owner], [200, { reference: 'Organization/abe' }])
    const merge = parameters(own('source-patient', await newcomer(es, 'es')), own('target-patient', subject))
    assert.equal((await board.post('/Patient/$merge', merge)).status, 200)
    const revoke = parameters(own('recipient', 'Organization/abe'))
    assert.equal((await es.post(`/${subject}/$revoke-consent`, revoke)).status, 200)
  })

  it('names the list of parameters where one is missing', async () => {
    for (const [client, path] of [
      [es, `${patient}/$refer`],
      [abe, `${task}/$appeal`],
      [board, 'Patient/$merge'],
      [es, 'Patient/$request-access'],
    ] as const)
      assert.deepEqual(expressionsOf(await client.post(`/${path}`, parameters())), ['Parameters.parameter'])
  })

  it('names the elements of a result of $merge as it was sent', async () => {
    const result = { resourceType: 'Patient', id: patient.split('/')[1], active: true }
    const body = parameters(reference('source-patient', other), reference('target-patient', patient), {
      name: 'result-patient',
      resource: result,
    })
    const expressions = expressionsOf(await board.post('/Patient/$merge', body))
    assert.ok(expressions.includes('Parameters.parameter[2].resource.birthDate'), expressions.join(' '))
    for (const one of expressions) assert.match(one ?? '', /^Parameters\.parameter\[2\]\.resource/)
  })

  it('takes a bare resource for the parameters only where nothing else is required', async () => {
    const answer = await board.post('/Patient/$merge', participant('es'))
    assert.match(refused(answer, 400, 'invalid-parameter'), /The body is a `Patient`; send a Parameters resource/)
    assert.equal((await es.post('/Patient/$match', participant('es'))).status, 200)
  })

  it('says of a consent for somebody else what is wrong with it, and nothing that follows from it', async () => {
    const own = lookUpConsent('dhs')
    const foreign = JSON.parse(
      JSON.stringify(own).replace(/("actor":.*?)Organization\/dhs/, '$1Organization/vr'),
    ) as Body
    const answer = await dhs.post('/Patient/$match', matchParameters(participant('dhs'), { consent: foreign }))
    assert.deepEqual(expressionsOf(answer), ['Parameters.parameter[1].resource.provision.actor'])
  })

  it('of $why names no agency that the hub does not have', async () => {
    for (const agency of ['nobody', 'Organization/abe']) {
      const answer = await es.get(`/${patient}/$why?agency=${agency}`)
      assert.match(refused(answer, 400, 'invalid-parameter'), /is no agency of this hub/)
    }
    assert.equal((await es.get(`/${patient}/$why?agency=vr`)).status, 200)
  })

  it('of $warnings takes timers that there are', async () => {
    refused(await es.get('/$warnings?rule=first-contract'), 400, 'invalid-parameter')
    for (const rule of ['first-contact', 'appeal']) assert.equal((await es.get(`/$warnings?rule=${rule}`)).status, 200)
  })

  it('about a retired participant is told once that the participant is retired', async () => {
    const [retired, survivor] = [await newcomer(es, 'es'), await newcomer(es, 'es')]
    const pair = parameters(reference('source-patient', retired), reference('target-patient', survivor))
    assert.equal((await board.post('/Patient/$merge', pair)).status, 200)
    const refer = parameters(
      { name: 'service', valueCode: 'career-counseling' },
      reference('performer', 'Organization/vr'),
    )
    const answer = await es.post(`/${retired}/$refer`, refer)
    refused(answer, 422, 'participant-retired')
    assert.equal(answer.body.issue.length, 1, answer.text)
  })

  it('points a duplicate to its identifier where an identifier is the same, and to the participant where it is not', async () => {
    const entered = participant('es', { number: 'TWICE-1', family: 'Twice' })
    await post(es, entered)
    const renamed = participant('es', { number: 'TWICE-1', family: 'Other', given: 'Ann' })
    assert.deepEqual(expressionsOf(await es.post('/Patient', renamed)), ['Patient.identifier'])
    const telecom = [{ system: 'phone', value: '662-555-0133' }]
    await post(es, { ...participant('es', { family: 'Alike' }), telecom })
    assert.deepEqual(expressionsOf(await es.post('/Patient', { ...participant('es', { family: 'Alike' }), telecom })), [
      'Patient',
    ])
  })
})
