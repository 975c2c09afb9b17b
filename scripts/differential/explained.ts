/**
 * The classes of disagreement with the HL7 validator that are explained. docs/conformance.md describes each, and which side
 * the specification is on.
 */
import type { Issue } from '../../server/fhir/outcome.ts'
import type { OtherIssue } from './other-validator.ts'

export type Class = {
  readonly title: string
  /** Is this error of ours in the class, where the other has none? */
  readonly ours?: (issue: Issue) => boolean
  /** Is this error of the other's in the class, where we have none? */
  readonly theirs?: (issue: OtherIssue) => boolean
}

/** The other validator accepts any extension (`anyExtensionsAllowed`), and reports an unknown one as information. */
export const isUnknownExtension = ({ detail, text }: Issue): boolean =>
  detail === 'extension-unknown' && text.includes(' is not defined here.')

const ofId =
  (...ids: readonly string[]) =>
  ({ id }: OtherIssue): boolean =>
    ids.includes(id ?? '')

const VITAL_SIGNS =
  /\/StructureDefinition\/(vitalsigns|vitalspanel|bodyweight|bodyheight|bodytemp|bmi|bp|headcircum|heartrate|oxygensat|resprate)$/

export const CLASSES: readonly Class[] = [
  { title: 'an unknown extension', ours: isUnknownExtension },
  { title: 'a reference to a type that the element does not allow', ours: ({ detail }) => detail === 'reference-type' },
  { title: 'a display that does not belong to the code', ours: ({ detail: code }) => code === 'code-display' },
  {
    title: 'a condition (enableWhen) or an option that the other does not check',
    ours: ({ expression }) => /\.enableWhen\[\d+\]\.|\.answerOption\[\d+\]\.\w+\.ofType/.test(expression ?? ''),
  },
  {
    title: 'an invalid MIME type',
    ours: ({ detail: code, text }) => code === 'code-invalid' && text.includes('/mimetypes'),
  },
  { title: 'an empty list or text', ours: ({ detail: code }) => code === 'element-empty' },
  {
    title: 'spaces where a format is required',
    ours: ({ detail: code, text }) =>
      (code === 'value-format' && /is ` +`\./.test(text)) ||
      (code === 'profile-unknown' && /claims the profile ` +`/.test(text)),
  },
  {
    title: 'a sibling of an attribute (`_url`)',
    ours: ({ detail: code, expression }) => code === 'element-unknown' && /\.(url|id)$/.test(expression ?? ''),
  },
  {
    title: 'a coding without a code where a code is required',
    ours: ({ detail: code, text }) => code === 'code-invalid' && text.includes(' has no code. '),
  },
  {
    title: 'a vital sign that must conform to its profile',
    ours: ({ profile }) => VITAL_SIGNS.test(profile ?? ''),
  },
  {
    title: 'a parameter with both a value and a resource',
    ours: ({ text }) => text.includes('breaks the rule `inv-1`: A parameter must have one'),
  },
  {
    title: 'a Coding without a system where a code of some system is required',
    ours: ({ detail: code, text }) =>
      code === 'code-invalid' && /is `\|[^`]+`, which is not in the required/.test(text),
  },
  {
    title: 'an unavailable system, of a code that a required value set may have or next to a code that it has',
    theirs: ({ id, message }) =>
      /CodeSystem is unknown and can't|ignored\/not-present|CodeSystem could not be found/.test(message) ||
      (id === 'Terminology_TX_NoValid_1_CC' && /\(codes = [^),]+, /.test(message)),
  },
  {
    title: 'a language tag of another form than `en` or `en-US`',
    theirs: ({ message }) =>
      /(not in valueset|for ValueSet): http:\/\/hl7.org\/fhir\/ValueSet\/languages/.test(message),
  },
  { title: 'a coding with a system and no code', theirs: ({ message }) => /#null'/.test(message) },
  {
    title: 'a code of a system that is available only as examples',
    theirs: ({ message }) => message.includes("Unknown code 'http://terminology.hl7.org/CodeSystem/service-category#"),
  },
  {
    title: 'a code that an extensible binding only advises against',
    theirs: ({ message }) => message.includes('is not valid for system: https://www.usps.com/'),
  },
  {
    title: 'an extension in place of a required code',
    theirs: ofId('Terminology_TX_Code_ValueSet_MISSING'),
  },
  {
    title: 'an extension in place of an id',
    theirs: ({ id, message }) => id === 'Resource_RES_ID_Malformed_Chars' && message.includes("('null')"),
  },
  { title: 'an Identifier.system that is not a URL', theirs: ofId('Type_Specific_Checks_DT_Identifier_System') },
  { title: 'a mutant that makes the other validator fail', theirs: ofId('failed') },
  { title: 'an OID of few numbers', theirs: ofId('Type_Specific_Checks_DT_OID_Valid') },
  { title: 'a time with parts of a second', theirs: ofId('Type_Specific_Checks_DT_Time_Valid') },
  { title: 'a Range with different names of one unit', theirs: ({ id }) => id?.endsWith('#rng-2') === true },
  { title: 'a rule of a value that an extension replaces', theirs: ({ id }) => id?.endsWith('#hub-pt-9') === true },
  { title: 'a relative system', theirs: ofId('Terminology_TX_System_Relative') },
  { title: 'a value set as a system', theirs: ofId('Terminology_TX_System_ValueSet2') },
  {
    title: 'a stated type of a reference that is not a resource type',
    theirs: (issue) => ofId('Reference_REF_BadTargetType')(issue) || issue.message.includes('/resource-types#'),
  },
  { title: 'a relative reference that is not `Type/id`', theirs: ofId('Reference_REF_Format2') },
  {
    title: 'relative references in an entry without fullUrl, of a transaction',
    theirs: ofId('Bundle_BUNDLE_Entry_NoFullUrl', 'Bundle_BUNDLE_FullUrl_Missing'),
  },
  { title: 'two versions in a history', theirs: ofId('Bundle_BUNDLE_MultipleMatches') },
  { title: 'an entry whose resource has no elements', theirs: ({ id }) => id?.endsWith('#bdl-5') === true },
]

/** The class of the first error, if each error of the side that refuses has a class; else undefined. */
export function classOf(ours: readonly Issue[], theirs: readonly OtherIssue[]): string | undefined {
  const found = [
    ...ours.map((issue) => CLASSES.find((one) => one.ours?.(issue))),
    ...theirs.map((issue) => CLASSES.find((one) => one.theirs?.(issue))),
  ]
  return found.every((one) => one !== undefined) ? found[0]?.title : undefined
}
