/**
 * The classes of disagreement with the HL7 validator that are understood. docs/conformance.md tells each in full, and on
 * which side the specification is.
 */
import type { Issue } from '../../server/fhir/outcome.ts'
import type { Said } from './judge.ts'

export type Class = {
  readonly title: string
  /** An error of ours of this class, where the other has none. */
  readonly ours?: (issue: Issue) => boolean
  /** An error of the other's, where we have none. */
  readonly theirs?: (said: Said) => boolean
}

/** The other is set to let any extension pass (`anyExtensionsAllowed`), and tells one that it does not know as information. */
export const isUnknownExtension = ({ code, text }: Issue): boolean =>
  code === 'extension-unknown' && text.includes(' is not known here.')

const ofId =
  (...ids: readonly string[]) =>
  ({ id }: Said): boolean =>
    ids.includes(id ?? '')

export const CLASSES: readonly Class[] = [
  { title: 'an extension that is not known', ours: isUnknownExtension },
  { title: 'a reference to a type that the element does not allow', ours: ({ code }) => code === 'reference-type' },
  { title: 'a display that is none of the code', ours: ({ code }) => code === 'code-display' },
  {
    title: 'a MIME type that is none',
    ours: ({ code, text }) => code === 'code-invalid' && text.includes('/mimetypes'),
  },
  { title: 'an empty list or text', ours: ({ code }) => code === 'element-empty' },
  {
    title: 'something beside an attribute (`_url`)',
    ours: ({ code, expression }) => code === 'element-unknown' && /\.(url|id)$/.test(expression ?? ''),
  },
  {
    title: 'a language tag of another form than `en` or `en-US`',
    theirs: ({ message }) => message.includes('is not in valueset: http://hl7.org/fhir/ValueSet/languages'),
  },
  { title: 'a coding with a system and no code', theirs: ({ message }) => /Unknown code '[^']*#null'/.test(message) },
  {
    title: 'an extension in the place of a required code',
    theirs: ofId('Terminology_TX_Code_ValueSet_MISSING'),
  },
  { title: 'an OID of few numbers', theirs: ofId('Type_Specific_Checks_DT_OID_Valid') },
  { title: 'a time with parts of a second', theirs: ofId('Type_Specific_Checks_DT_Time_Valid') },
  {
    title: 'an extension in the place of an id',
    theirs: ({ id, message }) => id === 'Resource_RES_ID_Malformed_Chars' && message.includes("('null')"),
  },
]

/** The class of the first error, when each error of the side that refuses is of some class; else undefined. */
export function classOf(ours: readonly Issue[], theirs: readonly Said[]): string | undefined {
  const found = [
    ...ours.map((issue) => CLASSES.find((one) => one.ours?.(issue))),
    ...theirs.map((said) => CLASSES.find((one) => one.theirs?.(said))),
  ]
  return found.every((one) => one !== undefined) ? found[0]?.title : undefined
}
