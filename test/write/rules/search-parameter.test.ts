/** SearchParameters that the board posts, refused if wrong. https://hl7.org/fhir/R4/searchparameter-definitions.html */
import assert from 'node:assert/strict'
import { given, made, refused, type Client, type Given } from '../../given.ts'
import { searchParameter } from '../../builders/definitions.ts'

type FoundIssue = {
  readonly severity: string
  readonly expression?: readonly string[]
  readonly details: { readonly text: string }
}

const COMPONENTS = ['pathway', 'veteran'].map((code) => ({
  definition: `https://no-wrong-door.example/fhir/SearchParameter/${code}`,
  expression: 'active',
}))

describe('write / rules / a posted SearchParameter', () => {
  let hub: Given
  let board: Client
  before(async () => {
    hub = await given()
    board = hub.as(undefined)
  })
  after(() => hub.stop())

  const post = (id: string, more: Readonly<Record<string, unknown>>) =>
    board.put(`/SearchParameter/${id}`, searchParameter(id, more))

  /** What is wrong, and where the issue is. */
  const WRONG: readonly (readonly [
    what: string,
    more: Readonly<Record<string, unknown>>,
    element: string,
    says: RegExp,
  ])[] = [
    ['an expression that cannot be parsed', { expression: 'Patient.name.where(' }, 'expression', /cannot be parsed/],
    [
      'an expression with a function that search does not evaluate',
      { expression: 'Patient.name.count()' },
      'expression',
      /cannot be used/,
    ],
    ['an expression that names no element', { expression: 'Patient.nmae' }, 'expression', /not an element of Patient/],
    ['an expression about another type', { expression: 'Goal.category' }, 'expression', /starts at `Goal`/],
    ['no expression', { expression: undefined }, 'expression', /has none/],
    [
      'an expression without end',
      { expression: `Patient.name${'.given'.repeat(300)}` },
      'expression',
      /characters|element/,
    ],
    [
      'a type that the hub does not offer',
      { base: ['Patient', 'Encounter'], expression: 'Patient.active | Encounter.status' },
      'base[1]',
      /no search of `Encounter`/,
    ],
    ['an abstract type', { base: ['Resource'], expression: 'Resource.meta.tag' }, 'base[0]', /no search of `Resource`/],
    [
      'a base of which the expression has no part',
      { base: ['Patient', 'Goal'], expression: 'Patient.active' },
      'expression',
      /No part of the expression is about `Goal`/,
    ],
    ['a code of the hub', { code: 'pathway' }, 'code', /has a parameter `pathway` already/],
    ['a code of R4', { code: 'deceased' }, 'code', /has a parameter `deceased` already/],
    ['a code that FHIR keeps for itself', { code: '_mine' }, 'code', /cannot be a code/],
    ['a code with a modifier in it', { code: 'a:b' }, 'code', /cannot be a code/],
    ['a code that looks like a chain', { code: 'a.b' }, 'code', /cannot be a code/],
    [
      'a type of parameter that needs components',
      { type: 'composite', component: COMPONENTS },
      'type',
      /takes no posted parameter of type `composite`/,
    ],
    [
      'a type of parameter with a logic of its own',
      { type: 'special' },
      'type',
      /takes no posted parameter of type `special`/,
    ],
    [
      'a reference without targets',
      { type: 'reference', expression: 'Patient.generalPractitioner' },
      'target',
      /names the types/,
    ],
    ['a token with targets', { target: ['Patient'] }, 'target', /Only a parameter of type `reference`/],
    ['a modifier that its type does not have', { modifier: ['contains'] }, 'modifier[0]', /no modifier `contains`/],
    ['comparators of a token', { comparator: ['gt'] }, 'comparator', /no comparators/],
  ]
  for (const [what, more, element, says] of WRONG) {
    it(`is refused with ${what}`, async () => {
      const answer = await post('wrong', more)
      assert.equal(answer.status, 422, answer.text)
      const issues = answer.body.issue as readonly FoundIssue[]
      const at = issues.filter(({ expression }) => expression?.[0] === `SearchParameter.${element}`)
      assert.ok(at.length > 0, `no issue at ${element}: ${answer.text}`)
      assert.ok(
        issues.some(({ details }) => says.test(details.text)),
        answer.text,
      )
      assert.equal((await board.get('/SearchParameter/wrong')).status, 404)
    })
  }

  it('is refused with the code of another one that is active, and taken when that is retired', async () => {
    made(await post('first', { code: 'shared-code' }))
    assert.match(refused(await post('second', { code: 'shared-code' }), 422, 'definition-invalid'), /already/)
    made(await post('second', { code: 'shared-code', status: 'draft' }))
    const first = made(await board.get('/SearchParameter/first'))
    made(await board.change(first, { status: 'retired' }))
    const second = made(await board.get('/SearchParameter/second'))
    made(await board.change(second, { status: 'active' }))
  })

  it('is taken with a warning for what the hub ignores', async () => {
    const options = { headers: { Prefer: 'return=OperationOutcome' } }
    const body = searchParameter('warned', { xpath: 'f:Patient/f:active', xpathUsage: 'normal', multipleOr: false })
    const { status, body: outcome } = await board.send('PUT', '/SearchParameter/warned', body, options)
    assert.equal(status, 201)
    const warnings = (outcome.issue as readonly FoundIssue[]).filter(({ severity }) => severity === 'warning')
    assert.deepEqual(warnings.flatMap(({ expression }) => expression ?? []).sort(), [
      'SearchParameter.multipleOr',
      'SearchParameter.xpath',
    ])
  })

  it('is one of at most 20 for a type', async () => {
    const all = Array.from({ length: 21 }, (_, index) => index)
    for (const index of all.slice(0, 20))
      made(await post(`goal-${index}`, { base: ['Goal'], expression: 'Goal.priority' }))
    const more = await post('goal-20', { base: ['Goal'], expression: 'Goal.priority' })
    assert.match(refused(more, 422, 'definition-invalid'), /20 posted search parameters/)
  })

  it('is posted by the board alone, and none of the hub is changed', async () => {
    const { status } = await hub.as('es').put('/SearchParameter/es.mine', searchParameter('es.mine', {}))
    assert.equal(status, 403)
    const own = made(await board.get('/SearchParameter?code=pathway')).entry[0].resource
    refused(await board.change(own, { description: 'Mine.' }), 403, 'forbidden')
  })
})
