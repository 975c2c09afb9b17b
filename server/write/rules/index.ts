/** The rules of the work between agencies, in the order of their issues. */
import type { RuleTables } from '../rule-tables.ts'
import { agencyRules } from './agency.ts'
import { agencyTaskRules } from './agency-task.ts'
import { catalogueRules } from './catalogue.ts'
import { definitionRules } from './definition.ts'
import { identityRules } from './identity.ts'
import { numberRules } from './numbers.ts'
import { ownershipRules } from './ownership.ts'
import { participantRules } from './participant.ts'
import { planRules } from './plan.ts'
import { referralRules } from './referral.ts'
import { retirementRules } from './retirement.ts'
import { roleRules } from './role.ts'
import type { Rule } from './rule.ts'
import { subscriptionRules } from './subscription.ts'

export const rulesOf = (tables: RuleTables): readonly Rule[] => [
  ...ownershipRules(tables),
  ...agencyRules,
  ...identityRules(tables),
  ...retirementRules,
  ...participantRules,
  ...planRules(tables),
  ...referralRules(tables),
  ...numberRules,
  ...agencyTaskRules,
  ...roleRules(tables),
  ...catalogueRules,
  ...subscriptionRules(tables),
  ...definitionRules(tables),
]
