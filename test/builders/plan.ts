/** A goal and a success plan, and the transaction that makes a participant with both. */
import { agency, codeSystemAt, coded, type Body } from './coding.ts'
import { resident } from './participant.ts'
import { transaction } from './transaction.ts'

export const goal = (subject: string, lifecycleStatus = 'active'): Body => ({
  resourceType: 'Goal',
  lifecycleStatus,
  category: [coded(codeSystemAt('goal-type'), 'short-term')],
  description: { text: 'High school equivalency' },
  subject: { reference: subject },
})

/** A success plan: tentative as a draft, or active. */
export const plan = (by: string, subject: string, goal: string, status = 'draft'): Body => ({
  resourceType: 'CarePlan',
  status,
  intent: 'plan',
  category: [coded(codeSystemAt('plan-category'), 'success-plan')],
  subject: { reference: subject },
  created: '2019-03-01',
  author: agency(by),
  goal: [{ reference: goal }],
})

const [PATIENT, GOAL, PLAN] = [1, 2, 3].map((last) => `urn:uuid:00000000-0000-4000-8000-00000000000${last}`) as [
  string,
  string,
  string,
]

/** A transaction that makes a participant, a goal and a tentative plan at once. */
export const triple = (by: string, number: string) =>
  transaction(
    { method: 'POST', url: 'Patient', fullUrl: PATIENT, resource: resident(by, number) },
    { method: 'POST', url: 'Goal', fullUrl: GOAL, resource: goal(PATIENT, 'proposed') },
    { method: 'POST', url: 'CarePlan', fullUrl: PLAN, resource: plan(by, PATIENT, GOAL) },
  )
