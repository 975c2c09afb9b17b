/** Every builder of valid records, so that a test imports them from one place. Definitions: `definitions.ts`. */
export { agency, BACKPORT, coded, codeSystemAt, profileAt, ROOT, type Body, type StoredBody } from './coding.ts'
export { agreement, consent, denial } from './consent.ts'
export { condition, labelled, participant, participation, resident, wages, type Label } from './participant.ts'
export { goal, plan, triple } from './plan.ts'
export { assessment, business, decisions, output, referral, service, task } from './referral.ts'
export { agencyTeam, careTeam, practitioner, practitionerRole, relatedPerson, teamMember } from './staff.ts'
export { subscription, type SubscriptionOptions } from './subscription.ts'
export { transaction } from './transaction.ts'
