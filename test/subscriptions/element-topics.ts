/**
 * For each profile of records about a participant: the topics that an update of one element alone fires, by element.
 * subscriptions/trigger.test.ts holds it closed.
 */

type ElementTopics = Readonly<Record<string, readonly string[]>>

/** Elements (separated by spaces) that fire the same topics. */
const row = (elements: string, ...topics: readonly string[]): ElementTopics =>
  Object.fromEntries(elements.split(' ').map((element) => [element, topics]))

export const ELEMENT_TOPICS: Readonly<Record<string, ElementTopics>> = {
  'hub-participant': {
    ...row(
      'extension identifier active name telecom gender birthDate deceased[x] address maritalStatus multipleBirth[x] photo contact communication managingOrganization link',
      'participant-updated',
    ),
  },
  'hub-success-plan': {
    ...row(
      'extension identifier instantiatesCanonical instantiatesUri basedOn replaces status intent category title description subject encounter period created author contributor careTeam addresses supportingInfo goal activity',
      'plan-updated',
    ),
    ...row('note', 'note-added', 'plan-updated'),
  },
  'hub-plan-addendum': {
    ...row(
      'extension identifier instantiatesCanonical instantiatesUri basedOn replaces partOf status intent category title description subject encounter period created author contributor careTeam addresses supportingInfo goal activity',
      'plan-updated',
    ),
    ...row('note', 'note-added', 'plan-updated'),
  },
  'hub-business-plan': {
    ...row(
      'extension identifier instantiatesCanonical instantiatesUri basedOn replaces partOf status intent category title description subject encounter period created author contributor careTeam addresses supportingInfo goal activity',
      'plan-updated',
    ),
    ...row('note', 'note-added', 'plan-updated'),
  },
  'hub-goal': {
    ...row(
      'extension identifier lifecycleStatus achievementStatus category priority description subject start[x] target statusDate statusReason expressedBy addresses outcomeCode outcomeReference',
      'goal-updated',
    ),
    ...row('note', 'goal-updated', 'note-added'),
  },
  'hub-barrier': {
    ...row(
      'extension identifier clinicalStatus verificationStatus category severity code bodySite subject encounter onset[x] abatement[x] recordedDate recorder asserter stage evidence',
      'barrier-updated',
    ),
    ...row('note', 'barrier-updated', 'note-added'),
  },
  'hub-care-team': {
    ...row(
      'extension identifier status category name subject encounter period participant reasonCode reasonReference managingOrganization telecom',
      'care-team-changed',
    ),
    ...row('note', 'care-team-changed', 'note-added'),
  },
  'hub-related-person': {
    ...row(
      'extension identifier active patient relationship name telecom gender birthDate address photo period communication',
      'household-updated',
    ),
  },
  'hub-assessment-response': {
    ...row(
      'extension identifier basedOn partOf questionnaire status subject encounter authored author source item',
      'assessment-answered',
    ),
  },
  'hub-referral': {
    ...row(
      'extension identifier instantiatesCanonical instantiatesUri basedOn replaces requisition status intent category priority doNotPerform code orderDetail quantity[x] subject encounter occurrence[x] asNeeded[x] authoredOn requester performerType performer locationCode locationReference reasonCode reasonReference insurance supportingInfo specimen bodySite patientInstruction relevantHistory',
      'referral-updated',
    ),
    ...row('note', 'note-added'),
  },
  'hub-referral-task': {
    ...row(
      'extension identifier instantiatesCanonical instantiatesUri basedOn groupIdentifier partOf statusReason intent priority code description focus for encounter executionPeriod authoredOn requester performerType location reasonCode reasonReference insurance relevantHistory restriction input output',
      'referral-updated',
    ),
    ...row('status businessStatus', 'referral-status-changed'),
    ...row('owner', 'referral-created', 'referral-rerouted'),
    ...row('note', 'note-added'),
  },
  'hub-agency-task': {
    ...row(
      'extension identifier instantiatesCanonical instantiatesUri basedOn groupIdentifier partOf status statusReason businessStatus intent priority code description focus for encounter executionPeriod authoredOn requester performerType location reasonCode reasonReference insurance relevantHistory restriction input output',
      'task-updated',
    ),
    ...row('owner', 'agency-task-arrived', 'task-updated'),
    ...row('note', 'note-added', 'task-updated'),
  },
  'hub-service-enrollment': {
    ...row(
      'extension identifier instantiatesCanonical instantiatesUri basedOn partOf status statusReason category code subject encounter performed[x] recorder asserter performer location reasonCode reasonReference bodySite outcome report complication complicationDetail followUp focalDevice usedReference usedCode',
      'service-enrolment',
    ),
    ...row('note', 'note-added', 'service-enrolment'),
  },
  'hub-participation': {
    ...row('extension status period', 'exit', 'participation-updated'),
    ...row(
      'identifier statusHistory type diagnosis patient managingOrganization referralRequest careManager team account',
      'participation-updated',
    ),
  },
  'hub-assessment-score': {
    ...row(
      'extension identifier basedOn partOf status category code subject focus encounter effective[x] issued performer value[x] dataAbsentReason interpretation bodySite method specimen device referenceRange hasMember derivedFrom component',
      'assessment-score',
    ),
    ...row('note', 'assessment-score', 'note-added'),
  },
  'hub-skill-gain': {
    ...row(
      'extension identifier basedOn partOf status category code subject focus encounter effective[x] issued performer value[x] dataAbsentReason interpretation bodySite method specimen device referenceRange hasMember derivedFrom component',
      'assessment-score',
    ),
    ...row('note', 'assessment-score', 'note-added'),
  },
  'hub-wage-record': {
    ...row(
      'extension identifier basedOn partOf status category code subject focus encounter effective[x] issued performer value[x] dataAbsentReason interpretation bodySite method specimen device referenceRange hasMember derivedFrom component',
      'wage-recorded',
    ),
    ...row('note', 'note-added', 'wage-recorded'),
  },
  'hub-credential': {
    ...row('extension identifier code subject created author', 'credential-updated'),
  },
  'hub-consent': {
    ...row(
      'extension identifier status scope category patient dateTime performer organization source[x] policy policyRule verification provision',
      'consent-changed',
    ),
  },
}
