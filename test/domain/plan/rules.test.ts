/** The rules of success plans: their statuses, what stays, and that one is active at most. */
import assert from 'node:assert/strict'
import { checkOneActive, checkPlan, isActiveSuccessPlan, isSuccessPlan } from '../../../server/domain/plan/rules.ts'
import { codeSystem } from '../../../server/fhir/canonical.ts'
import type { Issue } from '../../../server/fhir/outcome.ts'
import type { Resource } from '../../../server/fhir/types.ts'

const category = (code: string) => [{ coding: [{ system: codeSystem('plan-category'), code }] }]
const plan = (status: string, more: Partial<Resource> = {}): Resource => ({
  resourceType: 'CarePlan',
  id: 'plan',
  status,
  category: category('success-plan'),
  subject: { reference: 'Patient/elvis' },
  ...more,
})
const brief = (issues: readonly Issue[]) => issues.map((one) => `${one.detail} ${one.expression}`)

const ALL = ['draft', 'active', 'on-hold', 'completed', 'revoked', 'entered-in-error']
const LEGAL: Readonly<Record<string, readonly string[]>> = {
  draft: ['active', 'revoked', 'entered-in-error'],
  active: ['on-hold', 'completed', 'revoked', 'entered-in-error'],
  'on-hold': ['active', 'completed', 'revoked', 'entered-in-error'],
  completed: ['entered-in-error'],
  revoked: ['entered-in-error'],
  'entered-in-error': [],
}

describe('A plan', () => {
  it('is created tentative (draft) or active', () => {
    for (const status of ALL) {
      const legal = status === 'draft' || status === 'active'
      assert.deepEqual(brief(checkPlan(undefined, plan(status))), legal ? [] : ['transition-illegal CarePlan.status'])
    }
  })

  it('moves from status to status as its table says', () => {
    for (const from of ALL) {
      for (const to of ALL) {
        const legal = from === to || LEGAL[from]?.includes(to)
        assert.deepEqual(
          brief(checkPlan(plan(from), plan(to))),
          legal ? [] : ['transition-illegal CarePlan.status'],
          `${from} ${to}`,
        )
      }
    }
    assert.equal(
      checkPlan(plan('active'), plan('draft'))[0]?.text.startsWith(
        'The plan cannot go from `active` to `draft`: it may become `on-hold` or',
      ),
      true,
    )
  })

  it('keeps its participant, its category and what it is part of', () => {
    const after = plan('active', {
      subject: { reference: 'Patient/other' },
      category: category('business-plan'),
      partOf: [{ reference: 'CarePlan/x' }],
    })
    assert.deepEqual(brief(checkPlan(plan('active'), after)), [
      'element-immutable CarePlan.subject',
      'element-immutable CarePlan.category',
      'element-immutable CarePlan.partOf',
    ])
  })
})

describe('The active success plan', () => {
  it('is one of category success-plan and status active', () => {
    assert.ok(isActiveSuccessPlan(plan('active')))
    assert.ok(!isActiveSuccessPlan(plan('draft')))
    assert.ok(!isActiveSuccessPlan(plan('active', { category: category('agency-addendum') })))
    assert.ok(isSuccessPlan(plan('draft')))
  })

  it('is the only one of its participant', () => {
    const other = plan('active', { id: 'other' })
    assert.deepEqual(brief(checkOneActive(plan('active'), [other])), ['plan-active-exists CarePlan.status'])
    assert.deepEqual(checkOneActive(plan('draft'), [other]), [])
    assert.deepEqual(
      checkOneActive(plan('active'), [
        plan('active'),
        plan('completed', { id: 'other' }),
        plan('active', { id: 'addendum', category: category('agency-addendum') }),
      ]),
      [],
    )
    assert.deepEqual(checkOneActive(plan('active', { category: category('business-plan') }), [other]), [])
  })
})
