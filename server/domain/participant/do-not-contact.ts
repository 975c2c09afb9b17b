/**
 * Participants whom agencies must not try to reach, by any way or by some: `ext-do-not-contact` of the participant, and the
 * instruction `contacting-subject-prohibited` of one referral (ServiceRequest.orderDetail).
 */
import { codeSystem, profileUrl } from '../../fhir/canonical.ts'
import { codesOf, extensionOf, idOf, items, textOf } from '../../fhir/element.ts'
import type { Resource } from '../../fhir/types.ts'

export const DO_NOT_CONTACT = profileUrl('ext-do-not-contact')

/** `ways`: codes of CodeSystem/contact-way; empty for all but in person. */
export type ContactBan = {
  readonly ways: readonly string[]
  /** When it ends (ms), and its last day as it is written. */
  readonly until?: number
  readonly lastDay?: string
  /** The id of the agency through which the participant is reached. */
  readonly through?: string
}

type ReadDate = (text: string) => { readonly start: number; readonly end: number }

/** What holds at an instant (ms) for a participant, and for a referral of the participant where one is given. */
export function contactBanOf(
  patient: Resource | undefined,
  at: number,
  range: ReadDate,
  request?: Resource,
): ContactBan | undefined {
  const own = patient && banIn(patient, at, range)
  const isProhibited = codesOf(request?.orderDetail, codeSystem('referral-instruction')).includes(PROHIBITED)
  if (!isProhibited || own?.ways.length === 0) return own
  return { ways: [], ...(own?.through === undefined ? {} : { through: own.through }) }
}

const PROHIBITED = 'contacting-subject-prohibited'

function banIn(patient: Resource, at: number, range: ReadDate): ContactBan | undefined {
  const found = extensionOf(patient, DO_NOT_CONTACT)
  if (!found) return undefined
  const parts = (name: string) => items(found.extension).filter(({ url }) => url === name)
  const [since, lastDay] = ['since', 'until'].map((name) => textOf(parts(name)[0]?.valueDate))
  const until = lastDay === undefined ? undefined : range(lastDay).end
  if (since !== undefined && at < range(since).start) return undefined
  if (until !== undefined && at >= until) return undefined
  const through = idOf(parts('through')[0]?.valueReference, 'Organization')
  return {
    ways: parts('way').flatMap(({ valueCode }) => textOf(valueCode) ?? []),
    ...(until === undefined ? {} : { until, lastDay: lastDay! }),
    ...(through === undefined ? {} : { through }),
  }
}

const IN_PERSON = 'in-person'

/** Does it forbid every attempt to reach the participant? */
export const forbidsAll = (ban: ContactBan | undefined): boolean => ban !== undefined && ban.ways.length === 0

/** Does it forbid this way? One that is not known counts as any. */
export const forbids = ({ ways }: ContactBan, way: string | undefined): boolean =>
  ways.length === 0 ? way !== IN_PERSON : way !== undefined && ways.includes(way)

/** `The participant must not be contacted by phone, letter until 2027-05-01; Organization/es reaches the participant.` */
export function sentenceOf({ ways, lastDay, through }: ContactBan): string {
  const by = ways.length === 0 ? '' : ` by ${ways.map((way) => `\`${way}\``).join(', ')}`
  const end = lastDay === undefined ? '' : ` until ${lastDay}`
  const instead = through === undefined ? '' : `; \`Organization/${through}\` reaches the participant`
  return `The participant must not be contacted${by}${end}${instead}.`
}
