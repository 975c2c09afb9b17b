/**
 * Errors: one class, one table of stable codes, and the OperationOutcome that every error body is.
 * https://hl7.org/fhir/R4/operationoutcome.html
 */
import type { Resource } from './types.ts'
import { ROOT } from './canonical.ts'
import type { Position } from './position.ts'

export type Severity = 'fatal' | 'error' | 'warning' | 'information'

/** https://hl7.org/fhir/R4/valueset-issue-type.html, the codes that the hub uses. */
export type IssueCode =
  | 'invalid'
  | 'structure'
  | 'required'
  | 'value'
  | 'invariant'
  | 'security'
  | 'login'
  | 'forbidden'
  | 'processing'
  | 'not-supported'
  | 'duplicate'
  | 'multiple-matches'
  | 'not-found'
  | 'deleted'
  | 'too-long'
  | 'too-costly'
  | 'code-invalid'
  | 'extension'
  | 'business-rule'
  | 'conflict'
  | 'exception'
  | 'no-store'
  | 'timeout'
  | 'throttled'
  | 'transient'
  | 'informational'

/**
 * The stable codes of `details.coding` (system `CodeSystem/hub-error`), each with the HTTP status it usually answers
 * with, the FHIR issue type, and what it means. Documented in docs/errors.md; a test compares.
 */
export const ERRORS = {
  // the request
  'json-malformed': [400, 'invalid', 'The body is not one JSON value.'],
  'json-duplicate-key': [400, 'invalid', 'An object names the same property twice.'],
  'json-too-deep': [400, 'too-costly', 'The body nests deeper than the limit.'],
  'xml-malformed': [400, 'invalid', 'The body is not one XML document that the hub reads.'],
  'xml-structure': [400, 'structure', 'The body is XML, but not FHIR in XML.'],
  'xml-too-deep': [400, 'too-costly', 'The elements of the body nest deeper than the limit.'],
  'body-missing': [400, 'required', 'The interaction needs a resource in the body.'],
  'body-too-large': [413, 'too-long', 'The body is larger than the limit.'],
  'request-malformed': [
    400,
    'invalid',
    'The request is not HTTP, or its address or body is not encoded as it should be.',
  ],
  'request-timeout': [408, 'timeout', 'The request did not arrive whole in time.'],
  'address-too-long': [414, 'too-long', 'The address is longer than the limit.'],
  'headers-too-large': [431, 'too-long', 'The headers are larger than the limit.'],
  'media-type': [415, 'not-supported', 'The body is of a media type that the hub does not read.'],
  'not-acceptable': [406, 'not-supported', 'The requested format of the response is one that the hub does not write.'],
  'method-not-allowed': [405, 'not-supported', 'The address exists but does not take this method.'],
  'unknown-address': [404, 'not-found', 'No interaction or operation of the hub has this address.'],
  'unknown-type': [404, 'not-supported', 'The hub does not hold resources of this type.'],
  'unknown-parameter': [400, 'not-supported', 'The parameter is not declared for this type or operation.'],
  'invalid-parameter': [400, 'value', 'The value of a parameter cannot be read.'],
  'invalid-header': [400, 'value', 'The value of a header cannot be read.'],
  'invalid-id': [400, 'value', 'The id is not a FHIR id.'],
  'type-mismatch': [400, 'invalid', 'The body is of another type than the address says.'],
  'id-mismatch': [400, 'invalid', 'The id of the body is not the id of the address.'],
  'too-many-entries': [413, 'too-costly', 'The Bundle has more entries than the limit.'],
  'too-costly': [422, 'too-costly', 'The answer would be larger than the limit.'],
  'search-too-long': [422, 'too-costly', 'The search takes longer than the limit.'],
  'check-too-long': [
    413,
    'too-costly',
    'To check the resource takes longer, more memory, or more steps of FHIRPath, than the limit.',
  ],
  'too-many-requests': [429, 'throttled', 'The caller has more requests under way than the limit.'],
  'async-limit': [429, 'throttled', 'The caller has more requests in the background than the limit.'],
  'async-outcome-unknown': [
    500,
    'exception',
    'The hub was interrupted while it processed a batch in the background; it was not repeated.',
  ],
  'async-answer-lost': [
    500,
    'exception',
    'A transaction in the background was carried out; its answer was lost when the hub was interrupted.',
  ],
  'async-result-too-large': [422, 'too-long', 'The answer to a request in the background is larger than the limit.'],
  'bundle-invalid': [400, 'invalid', 'The Bundle cannot be processed as it is.'],
  'patch-malformed': [400, 'invalid', 'The patch is no JSON Patch or FHIRPath Patch that can be read.'],
  'patch-too-long': [413, 'too-costly', 'The patch has more operations, or copies more, than the limit.'],
  'patch-conflict': [
    409,
    'conflict',
    'An operation of the patch does not apply: a test fails, or a path leads nowhere or to several elements.',
  ],
  'patch-reserved': [422, 'business-rule', 'The patch changes an element that the hub sets.'],
  // the caller
  'unknown-agency': [401, 'login', 'The caller is not an agency of the hub.'],
  forbidden: [403, 'forbidden', 'The caller may not do this to this record.'],
  'id-not-yours': [403, 'forbidden', 'An agency may choose an id only under its own prefix.'],
  'identity-reserved': [
    403,
    'forbidden',
    'The element says who a participant is: the agency of entry or the board changes it, others propose.',
  ],
  // the record
  'not-found': [404, 'not-found', 'No such record, or none that the caller may know of.'],
  deleted: [410, 'deleted', 'The record was deleted; its history stays.'],
  'version-required': [428, 'conflict', 'This type is changed only with If-Match: the version that you reconciled.'],
  'version-conflict': [412, 'conflict', 'The record has moved on since the version named by If-Match.'],
  'already-exists': [412, 'duplicate', 'If-None-Match: * was sent and the record exists.'],
  'part-of-record': [422, 'business-rule', 'A part of a record was sent, which would replace the whole.'],
  'multiple-matches': [412, 'multiple-matches', 'The condition of a conditional interaction matches several records.'],
  'reference-in-use': [409, 'conflict', 'Other records refer to the record, so it cannot be deleted.'],
  'number-in-use': [409, 'duplicate', 'The requester’s number is that of another referral.'],
  'duplicate-participant': [
    409,
    'duplicate',
    'You already know the participant: an identifier is the same, or the person is for certain.',
  ],
  'duplicate-service': [
    409,
    'duplicate',
    'The participant has the same service, or participation in the same program, for the same time.',
  ],
  // the content
  'profile-unknown': [
    422,
    'not-supported',
    'meta.profile or a parameter names a profile that the hub does not publish.',
  ],
  'profile-undecided': [422, 'invalid', 'None, or more than one, of the hub’s profiles for the type applies.'],
  'element-unknown': [422, 'structure', 'The element is not defined here.'],
  'element-type': [422, 'structure', 'The JSON value has the wrong shape for the element.'],
  'element-missing': [422, 'required', 'A required element is absent.'],
  'element-too-many': [422, 'structure', 'The element repeats more often than allowed.'],
  'element-empty': [422, 'invalid', 'Empty strings, arrays and objects are not allowed.'],
  'choice-multiple': [422, 'structure', 'Only one type of a choice element may be given.'],
  'value-format': [422, 'value', 'A primitive value does not have the format of its type.'],
  'value-fixed': [422, 'value', 'The value differs from the one the profile fixes.'],
  'value-pattern': [422, 'value', 'The value lacks what the profile’s pattern demands.'],
  'value-range': [422, 'value', 'The value is outside the allowed range or length.'],
  'value-conflict': [422, 'invalid', 'The value contradicts another one, of the same resource or of what it names.'],
  'code-invalid': [422, 'code-invalid', 'The code is not in the required value set.'],
  'code-unexpected': [422, 'code-invalid', 'The code is not in the extensible value set (a warning).'],
  'code-unchecked': [
    422,
    'not-supported',
    'The code could not be checked: its code system is not available (a warning).',
  ],
  'code-display': [422, 'invalid', 'The display is not one of the code’s own.'],
  'slice-unmatched': [422, 'structure', 'An item matches no slice of a closed slicing.'],
  'slice-cardinality': [422, 'structure', 'A slice occurs too seldom or too often.'],
  'extension-unknown': [422, 'extension', 'The extension is not defined or not allowed here.'],
  'search-explained': [200, 'informational', 'How the hub reads and answers a search (`_explain`, an information).'],
  'more-issues': [422, 'informational', 'There are more issues than are listed (an information).'],
  'reference-type': [422, 'structure', 'The reference points at a type that is not allowed here.'],
  'reference-format': [422, 'value', 'The reference cannot be read.'],
  'reference-not-found': [422, 'not-found', 'The reference points at no record that the caller may know of.'],
  'reference-foreign': [422, 'business-rule', 'The reference points at a record of another participant.'],
  'contained-invalid': [422, 'invalid', 'A contained resource breaks the rules for contained resources.'],
  invariant: [422, 'invariant', 'A rule of the profile or the base type is broken.'],
  'definition-invalid': [
    422,
    'business-rule',
    'The definition does not fit the one that it is built on, or a part of it cannot be used.',
  ],
  'questionnaire-mismatch': [422, 'invalid', 'The answers do not fit the questionnaire.'],
  'questionnaire-unknown': [422, 'not-found', 'The questionnaire that is answered is not available.'],
  // looking persons up
  'too-many-attempts': [429, 'throttled', 'The agency looked up more persons, or tried more numbers, than it may.'],
  'known-elsewhere': [
    200,
    'informational',
    'The person is a participant whom the caller may not know of (an answer of $match).',
  ],
  'look-up-consent': [
    422,
    'business-rule',
    'The consent to be looked up does not permit the caller to look the person up.',
  ],
  // the work between agencies
  'transition-illegal': [422, 'business-rule', 'The referral cannot go to this status now, or not by this caller.'],
  'referral-closed': [
    422,
    'informational',
    'The referral that the request made before is closed by now (an information).',
  ],
  'outcome-text': [200, 'informational', 'Free text comes with the outcome of a referral (a warning).'],
  'consent-denied': [
    200,
    'informational',
    'The participant denies the agency, so a consent for it opens nothing (a warning).',
  ],
  'do-not-contact': [
    422,
    'business-rule',
    'Agencies must not try to reach the participant, by any way or by this one.',
  ],
  'referral-rule': [422, 'business-rule', 'A rule of the referral lifecycle is broken.'],
  'participant-retired': [422, 'business-rule', 'The participant is retired and takes nothing new.'],
  'merge-conflict': [
    409,
    'conflict',
    'The two participants cannot be merged, or their merge cannot be undone, as their records are now.',
  ],
  'consent-missing': [422, 'business-rule', 'No active consent of the participant names the recipient.'],
  'element-immutable': [422, 'business-rule', 'The element cannot change after creation.'],
  'plan-active-exists': [422, 'business-rule', 'The participant already has an active success plan.'],
  'agency-not-yours': [422, 'business-rule', 'The record names another agency where it must name the caller.'],
  'role-required': [403, 'forbidden', 'Only agencies of one role write records of this kind.'],
  'agency-rule': [422, 'business-rule', 'The id or the role of an agency cannot be so.'],
  'catalogue-rule': [422, 'business-rule', 'The record disagrees with a catalogue, or is there already.'],
  'care-team-rule': [422, 'business-rule', 'The care team cannot be so, or not by this caller.'],
  'case-manager-changed': [409, 'conflict', 'Somebody else leads the case than the transfer names.'],
  'definition-taken': [409, 'duplicate', 'The canonical url is that of another definition.'],
  'definition-in-use': [409, 'conflict', 'Other definitions, or records, depend on the definition as it is.'],
  'subscription-rule': [422, 'business-rule', 'The subscription asks for something that the hub does not offer.'],
  'assessment-rule': [422, 'business-rule', 'The assessment or the answer to its proposals does not allow this.'],
  // the server
  'store-full': [507, 'no-store', 'There is no room left to write; reads go on.'],
  'index-incomplete': [
    503,
    'transient',
    'The index of a search parameter is being built; it cannot be searched by yet.',
  ],
  busy: [503, 'timeout', 'The record is written to by many at once; try again.'],
  internal: [500, 'exception', 'A fault of the hub; it is logged under the id given.'],
} as const satisfies Record<string, readonly [number, IssueCode, string]>

export type ErrorCode = keyof typeof ERRORS

/**
 * One problem (or remark).
 * `expression` is a FHIRPath into the body; `text` a sentence naming the thing, the value and what to do.
 */
export type Issue = {
  readonly severity: Severity
  readonly detail: ErrorCode
  readonly text: string
  readonly expression?: string
  /** Line and column in the text that was parsed, where there was one. */
  readonly position?: Position
  /** The profile whose rule is broken, where it is one of a profile. */
  readonly profile?: string
  /** The definition and its element that require it: `<canonical>#Patient.name.family`. Becomes `diagnostics`. */
  readonly source?: string
  /** Data about the issue, as JSON. Becomes `diagnostics`, too. */
  readonly data?: string
  /** FHIR's issue type, where the specification wants a narrower one than the table has. */
  readonly code?: IssueCode
}

/** The one error class; http/errors.ts turns it into the response. */
export class OutcomeError extends Error {
  readonly status: number
  readonly issues: readonly Issue[]
  readonly headers: Readonly<Record<string, string>>

  constructor(issues: readonly Issue[], options: { status?: number; headers?: Record<string, string> } = {}) {
    super(issues.map((issue) => issue.text).join(' '))
    this.name = 'OutcomeError'
    this.issues = errorsFirst(issues)
    this.status = options.status ?? statusOf(issues)
    this.headers = options.headers ?? {}
  }
}

/** One issue, as an error to throw. */
export function refuse(
  detail: ErrorCode,
  text: string,
  more: { expression?: string; position?: Position; headers?: Record<string, string> } = {},
): OutcomeError {
  const { headers, ...where } = more
  return new OutcomeError([{ severity: 'error', detail, text, ...where }], headers ? { headers } : {})
}

function statusOf(issues: readonly Issue[]): number {
  const first = issues.find((issue) => issue.severity === 'error' || issue.severity === 'fatal') ?? issues[0]
  return first ? ERRORS[first.detail][0] : 500
}

/** What refuses the request comes before what is only remarked; otherwise the order stays. */
function errorsFirst(issues: readonly Issue[]): readonly Issue[] {
  const errors = issues.filter(isError)
  return errors.length === 0 || errors.length === issues.length
    ? issues
    : [...errors, ...issues.filter((one) => !isError(one))]
}

export const isError = (issue: Issue): boolean => issue.severity === 'error' || issue.severity === 'fatal'

export const ERROR_SYSTEM = `${ROOT}/CodeSystem/hub-error`

/** Issues as an OperationOutcome; without issues it has one information. */
export function operationOutcome(issues: readonly Issue[]): Resource {
  const issue =
    issues.length > 0
      ? issues.map(issueJson)
      : [{ severity: 'information', code: 'informational', details: { text: 'No issues found.' } }]
  return { resourceType: 'OperationOutcome', issue: issue }
}

function issueJson(issue: Issue) {
  return {
    ...(issue.position ? { extension: positionExtensions(issue.position) } : {}),
    severity: issue.severity,
    code: issue.code ?? ERRORS[issue.detail][1],
    details: { coding: [{ system: ERROR_SYSTEM, code: issue.detail }], text: issue.text },
    ...((issue.source ?? issue.data) ? { diagnostics: issue.source ?? issue.data } : {}),
    ...(issue.expression ? { expression: [issue.expression] } : {}),
  }
}

/**
 * Line and column of an issue, as the extensions that the specification has for them.
 * https://hl7.org/fhir/R4/extension-operationoutcome-issue-line.html and -col
 */
export const positionExtensions = ({ line, column }: Position) => [
  { url: 'http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line', valueInteger: line },
  { url: 'http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-col', valueInteger: column },
]
