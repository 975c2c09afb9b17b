/** Is a request that comes again under the same number the same request? */
import type { Resource } from '../../fhir/types.ts'
import { sameJson } from '../../fhir/element.ts'
import type { Referral } from './draft.ts'

/** The parameters of $refer, each with the element that it becomes. What the hub itself chooses is not compared. */
const COMPARED: readonly (readonly [parameter: string, read: (referral: Referral) => unknown])[] = [
  ['the participant', ({ request }) => request.subject],
  ['service', ({ request }) => codesIn(request)],
  ['performer', ({ request }) => request.performer],
  ['priority', ({ request }) => request.priority],
  ['text', ({ request }) => request.patientInstruction],
  ['reason', ({ request }) => request.reasonReference],
  ['basedOn', ({ request }) => request.basedOn],
  ['partOf', ({ task }) => task.partOf],
]

/**
 * The parameters in which a request differs from the one that made a referral; none when it is the same request.
 * `first` is the referral as it was created: what became of it since does not make the request another one.
 */
export const differences = (first: Referral, again: Referral): readonly string[] =>
  COMPARED.filter(([, read]) => !sameJson(read(first), read(again))).map(([parameter]) => parameter)

const codesIn = ({ code }: Resource): unknown =>
  ((code as { coding?: readonly { system?: string; code?: string }[] } | undefined)?.coding ?? []).map(
    (one) => `${one.system ?? ''}|${one.code ?? ''}`,
  )
