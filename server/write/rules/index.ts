/** The rules of the work between agencies, in the order in which their issues are told. */
import type { Rule } from '../change.ts'
import { agencyRules } from './agency.ts'
import { catalogueRules } from './catalogue.ts'
import { definitionRules } from './definition.ts'
import { numberRules } from './numbers.ts'
import { ownershipRules } from './ownership.ts'
import { participantRules } from './participant.ts'
import { planRules } from './plan.ts'
import { referralRules } from './referral.ts'
import { roleRules } from './role.ts'
import { subscriptionRules } from './subscription.ts'

export const RULES: readonly Rule[] = [
  ...ownershipRules,
  ...agencyRules,
  ...participantRules,
  ...planRules,
  ...referralRules,
  ...numberRules,
  ...roleRules,
  ...catalogueRules,
  ...subscriptionRules,
  ...definitionRules,
]
