/** The rules of the work between agencies, in the order of their issues. */
import type { RuleTables } from '../rule-tables.ts'
import { accessRules } from './access.ts'
import { agencyRules } from './agency.ts'
import { agencyTaskRules } from './agency-task.ts'
import { careTeamRules } from './care-team.ts'
import { catalogueRules } from './catalogue.ts'
import { contactRules } from './contact.ts'
import { closedReferralRules } from './closed-referral.ts'
import { consentTimerRules } from './consent-timer.ts'
import { consentRules } from './consent.ts'
import { definitionRules } from './definition.ts'
import { duplicateRules } from './duplicate.ts'
import { identityRules } from './identity.ts'
import { numberRules } from './numbers.ts'
import { ownershipRules } from './ownership.ts'
import { participantRules } from './participant.ts'
import { outcomeTextRules } from './outcome-text.ts'
import { planRules } from './plan.ts'
import { referralOriginRules } from './referral-origin.ts'
import { referralRules } from './referral.ts'
import { referralReceiverRules } from './referral-receiver.ts'
import { retirementRules } from './retirement.ts'
import { relatedPersonRules } from './related-person.ts'
import { roleRules } from './role.ts'
import type { Rule } from './rule.ts'
import { searchParameterRules } from './search-parameter.ts'
import { subscriptionRules } from './subscription.ts'
import { timerRules } from './timers.ts'

export const rulesOf = (tables: RuleTables): readonly Rule[] => [
  ...ownershipRules(tables),
  ...accessRules(tables),
  ...agencyRules,
  ...identityRules(tables),
  ...retirementRules,
  ...participantRules(tables),
  ...planRules(tables),
  ...referralRules(tables),
  ...referralReceiverRules,
  ...numberRules,
  ...agencyTaskRules,
  ...roleRules(tables),
  ...consentRules(tables),
  ...closedReferralRules(tables),
  ...catalogueRules,
  ...duplicateRules(tables),
  ...careTeamRules(tables),
  ...relatedPersonRules(tables),
  ...subscriptionRules(tables),
  ...definitionRules(tables),
  ...searchParameterRules,
  ...timerRules(tables),
  ...outcomeTextRules,
  ...consentTimerRules(tables),
  ...contactRules(tables),
  ...referralOriginRules(tables),
]
