/** Every type that the hub offers has exactly one row in capability/rules/visibility.json, or the hub does not start. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { audienceOf } from '../../../server/domain/visibility/audience.ts'
import { checkVisibility, rowsOf } from '../../../server/domain/visibility/check.ts'
import { NOBODY } from '../../../server/domain/visibility/circle.ts'
import type { VisibilityRule } from '../../../server/domain/visibility/rule.ts'
import type { Resource } from '../../../server/fhir/types.ts'

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../capability/${name}.json`, import.meta.url), 'utf8'))
const rule = read('rules/visibility') as VisibilityRule
const { rest } = read('statement') as { rest: { resource: { type: string }[] }[] }
const offered = rest[0]!.resource.map(({ type }) => type)
const roles = { board: 'board', hub: 'hub', wageAgencies: ['ui'] }
const OWNER_AND_BOARD = [{ agency: 'board' }, { agency: 'es' }]

const audience = (resource: Resource, owner = 'es') =>
  audienceOf(rule, { resource, owner, author: owner }, NOBODY, roles)

describe('visibility / closed by default', () => {
  for (const type of offered) {
    it(`${type} has exactly one row`, () => assert.equal(rowsOf(rule, type).length, 1, rowsOf(rule, type).join()))
  }

  it('takes the published statement', () => checkVisibility(rule, offered))

  for (const type of ['Communication', 'Provenance', 'MeasureReport', 'Library']) {
    it(`refuses to start with ${type} offered and no row for it`, () => {
      assert.throws(() => checkVisibility(rule, [...offered, type]), {
        name: 'DefinitionFault',
        message: new RegExp(`^capability/rules/visibility\\.json: .*\`${type}\`.*no row.*\\.$`),
      })
    })

    it(`shows a ${type}, which has no row, to its owner and the board alone`, () => {
      const resource = { resourceType: type, id: 'x', subject: { reference: 'Patient/p' } } as Resource
      assert.deepEqual(audience(resource), OWNER_AND_BOARD)
      assert.deepEqual(audience(resource, 'board'), [{ agency: 'board' }])
    })
  }

  for (const [what, more] of Object.entries({
    'to the participant and in `everyone`': { everyone: [...rule.everyone, 'Goal'] },
    'to the participant and in `parties`': { parties: { ...rule.parties, Goal: [] } },
    'in `everyone` and in `parties`': { participant: {}, everyone: ['Goal'], parties: { Goal: [] } },
    'twice in `everyone`': { participant: {}, everyone: ['Goal', 'Goal'] },
  })) {
    it(`refuses to start with a type that has a row ${what}`, () => {
      assert.throws(() => checkVisibility({ ...rule, ...more }, ['Goal']), {
        name: 'DefinitionFault',
        message: /`Goal` has 2 rows.*\.$/,
      })
    })
  }

  it('shows a record of the board of a type of participants, which names none, to the board alone', () => {
    const basic = { resourceType: 'Basic', id: 'x', code: { coding: [{ system: 'x', code: 'note' }] } } as Resource
    assert.deepEqual(audience(basic, 'board'), [{ agency: 'board' }])
    assert.deepEqual(audience(basic), OWNER_AND_BOARD)
  })

  it('shows a lookup that the rule declares to everyone, when the board wrote it and it is about no participant', () => {
    const coding = [{ system: 'http://hl7.org/fhir/fhir-types', code: 'SubscriptionTopic' }]
    const topic = { resourceType: 'Basic', id: 'x', code: { coding } } as Resource
    assert.deepEqual(audience(topic, 'board'), [{ agency: '*' }])
    assert.deepEqual(audience(topic), OWNER_AND_BOARD)
    assert.deepEqual(audience({ ...topic, subject: { reference: 'Patient/p' } }, 'board'), [{ agency: 'board' }])
  })
})
