/** $referral-conservation: how many referrals were sent, and that each is closed, ended, or watched. For the board alone. */
import { buildParameters, parts, readParameters, value } from '../fhir/parameters.ts'
import type { JsonObject } from '../fhir/types.ts'
import { countReferrals, type ConservationNeeds, type CountedReferrals } from '../jobs/count-referrals.ts'
import { operationDefinition } from './define.ts'
import type { Operation } from './operation.ts'

/** Of the referrals that nothing watches, at most so many are named. */
const MOST = 100

export const referralConservation = (needs: ConservationNeeds): Operation => {
  const { takes, ...named } = operationDefinition(needs.definitions, 'referral-conservation')
  return {
    ...named,
    levels: ['system'],
    types: [],
    affectsState: false,
    boardOnly: true,
    async run(call) {
      readParameters(takes, call)
      const counted = await countReferrals(needs, call.now)
      return { status: 200, resource: buildParameters(parametersOf(counted)) }
    },
  }
}

function parametersOf({ sent, states, outcomes, unaccounted }: CountedReferrals): readonly JsonObject[] {
  const count = (name: string, of: number | undefined): JsonObject => value(name, 'unsignedInt', of ?? 0)
  return [
    count('sent', sent),
    count('closed', states.get('closed')),
    ...[...outcomes].sort().map(([code, of]) => parts('outcome', [value('code', 'code', code), count('count', of)])),
    count('ended', states.get('ended')),
    count('armed', states.get('armed')),
    count('warned', states.get('warned')),
    count('unaccounted', states.get('unaccounted')),
    ...unaccounted.slice(0, MOST).map((id) => value('referral', 'Reference', { reference: `Task/${id}` })),
  ]
}
