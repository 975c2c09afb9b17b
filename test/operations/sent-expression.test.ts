/** The issues of an operation name elements of the body that was sent, one for one fault. */
import assert from 'node:assert/strict'
import { attacked, newcomer, post, type Scene } from '../attack/scene.ts'
import { assessment, condition, decisions } from '../builders/index.ts'
import { made, type Answer, type Client } from '../given.ts'

type Issue = { readonly severity: string; readonly expression?: readonly string[]; readonly details: { text: string } }

describe('operations / the expressions of issues', function () {
  this.timeout(30_000)
  let scene: Scene
  let es: Client
  let subject: string

  before(async () => {
    scene = await attacked()
    es = scene.as('es')
    subject = await newcomer(es, 'es')
  })
  after(() => scene.stop())

  /** Follows an expression into the body: there is such an element. */
  const there = (body: unknown, expression: string): boolean => {
    const [root, ...steps] = expression.replaceAll('[', '.').replaceAll(']', '').split('.')
    const at = steps.reduce<any>((here, step) => here?.[step], body) // eslint-disable-line @typescript-eslint/no-explicit-any -- follows any path
    return root === (body as { resourceType?: string }).resourceType && at !== undefined
  }
  const issuesOf = (answer: Answer): readonly Issue[] => {
    assert.ok(answer.status >= 400, answer.text)
    return answer.body.issue
  }
  const refer = (...parameter: readonly object[]) => ({ resourceType: 'Parameters', parameter })
  const SERVICE = { name: 'service', valueCode: 'program-referral-coordination' }
  const to = (reference: string) => ({ name: 'performer', valueReference: { reference } })

  const CASES: readonly (readonly [title: string, body: object, expression: string | undefined])[] = [
    ['a recipient without consent', refer(SERVICE, to('Organization/vr')), 'Parameters.parameter[1].valueReference'],
    ['a referral to itself', refer(SERVICE, to('Organization/es')), 'Parameters.parameter[1].valueReference'],
    [
      'a service that there is not',
      refer(to('Organization/vr'), { name: 'service', valueCode: 'x' }),
      'Parameters.parameter[1].valueCode',
    ],
    [
      'a priority that there is not',
      refer(SERVICE, { name: 'priority', valueCode: 'x' }),
      'Parameters.parameter[1].valueCode',
    ],
    [
      'a Task that there is not',
      refer({ name: 'partOf', valueReference: { reference: 'Task/nothing' } }, SERVICE),
      'Parameters.parameter[0].valueReference',
    ],
  ]
  for (const [title, body, expression] of CASES)
    it(`of $refer name the parameter: ${title}`, async () => {
      const issues = issuesOf(await es.post(`/${subject}/$refer`, body))
      assert.deepEqual(
        issues.map((one) => one.expression),
        [expression === undefined ? undefined : [expression]],
      )
    })

  it('of $refer name the second of two reasons', async () => {
    const barrier = await post(es, condition(subject))
    const reason = (id: string) => ({ name: 'reason', valueReference: { reference: `Condition/${id}` } })
    const issues = issuesOf(await es.post(`/${subject}/$refer`, refer(SERVICE, reason(barrier.id), reason('nothing'))))
    assert.deepEqual(
      issues.map((one) => one.expression),
      [['Parameters.parameter[2].valueReference']],
    )
  })

  it('of $submit-referrals name the decision, and of two referrals without a consent each its own', async () => {
    const form = `QuestionnaireResponse/${made(await es.post('/QuestionnaireResponse', assessment(subject))).id}`
    const at = async (choices: Readonly<Record<string, boolean>>, about = form) => {
      const body = decisions(about, choices)
      const issues = issuesOf(await es.post(`/${subject}/$submit-referrals`, body))
      for (const { expression = [] } of issues) for (const one of expression) assert.ok(there(body, one), one)
      return issues.map(({ expression }) => expression?.[0])
    }
    assert.deepEqual(await at({ nothing: true }), ['Parameters.parameter[1]'])
    assert.deepEqual(await at({ abe: true }, 'QuestionnaireResponse/nothing'), [
      'Parameters.parameter[0].valueReference',
    ])
    assert.deepEqual(await at({ snap: false, abe: true }), ['Parameters.parameter[2]'])
  })

  it('of $propose-referrals name the response as it was sent, and nothing where it was stored', async () => {
    const open = { ...assessment(subject), status: 'in-progress' }
    const expressions = async (answer: Answer) => issuesOf(answer).map(({ expression }) => expression?.[0])
    assert.deepEqual(await expressions(await es.post('/QuestionnaireResponse/$propose-referrals', open)), [
      'QuestionnaireResponse.status',
    ])
    const wrapped = { resourceType: 'Parameters', parameter: [{ name: 'response', resource: open }] }
    assert.deepEqual(await expressions(await es.post('/QuestionnaireResponse/$propose-referrals', wrapped)), [
      'Parameters.parameter[0].resource.status',
    ])
    const stored = made(await es.post('/QuestionnaireResponse', open))
    assert.deepEqual(await expressions(await es.post(`/QuestionnaireResponse/${stored.id}/$propose-referrals`)), [
      undefined,
    ])
  })
})
