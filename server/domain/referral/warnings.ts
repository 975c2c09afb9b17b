/** What whoever shows a proposal to the participant should look at first, as sentences. */
import type { Resource } from '../../fhir/types.ts'
import { textOf } from '../../fhir/element.ts'
import { capacityOf, programsOf, type ServiceArea } from './area.ts'
import type { Earlier } from './earlier.ts'

const CAPACITY: Readonly<Record<string, string>> = {
  'no-capacity': 'takes nobody at present',
  waitlist: 'has no place at present, but a waiting list',
  'additional-assessment-required': 'takes people after an assessment of its own',
}

type Providing = { readonly programs: readonly Resource[]; readonly serviceArea: ServiceArea }

/** That nobody would receive the referral, or that the receiver has no room. `serving`: the program that would receive it. */
export function receiverWarnings(
  { programs, serviceArea }: Providing,
  program: string,
  serving: Resource | undefined,
): readonly string[] {
  if (!serving) return [nobody(programsOf(programs, program).length, program, serviceArea)]
  const state = CAPACITY[capacityOf(serving) ?? '']
  return state === undefined ? [] : [`${textOf(serving.name) ?? program} ${state}.`]
}

const WAY_ON = 'Name the `performer`, or send it as an open referral.'

function nobody(providers: number, program: string, { area }: ServiceArea): string {
  if (providers === 0) return `No agency provides the program \`${program}\`. It can only be sent as an open referral.`
  if (area !== undefined)
    return `No agency provides the program \`${program}\` in the local area \`${area}\`. ${WAY_ON}`
  return `The address of the participant names no county of the state, so it is open which agency provides the program \`${program}\`. ${WAY_ON}`
}

/** That the participant declined the service before, or did not come. */
export const earlierWarnings = ({ declined, noShow }: Earlier): readonly string[] => [
  ...declined.slice(0, 1).map((task) => `The participant declined this service before, see \`${task}\`.`),
  ...noShow.slice(0, 1).map((task) => `An earlier referral to this service ended as a no-show, see \`${task}\`.`),
]
