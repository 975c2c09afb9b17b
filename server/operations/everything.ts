/**
 * Patient/$everything: all records of a participant that the caller may know of, in pages as of one sequence, with the
 * agencies, programs, places and staff that they refer to. Restricted records are left out where their class is closed.
 * https://hl7.org/fhir/R4/patient-operation-everything.html
 */
import { isWithin } from '../domain/participant/care-dates.ts'
import type { ReadDate } from '../domain/visibility/circle.ts'
import { refuse } from '../fhir/outcome.ts'
import { readParameters, type Values } from '../fhir/parameters.ts'
import type { Resource } from '../fhir/types.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { keyOf } from '../interactions/target.ts'
import { operationDefinition } from './define.ts'
import type { Operation } from './operation.ts'
import { countOf, participantPage, type PageNeeds } from './participant-page.ts'
import type { ParticipantRecords } from './participant-records.ts'
import { shownPartOf } from './shown-part.ts'

export type EverythingNeeds = PageNeeds & {
  readonly definitions: Definitions
  readonly range: ReadDate
  readonly participantRecords: ParticipantRecords
}

export const everything = (needs: EverythingNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'everything')
  const { types, referred, about } = needs.participantRecords
  return {
    ...definition,
    levels: ['instance'],
    types: ['Patient'],
    affectsState: false,
    async run(call) {
      const given = readParameters(takes, call)
      const { start, end, _since, _type, _cursor } = given
      const requestedTypes = typesIn(_type, [...types, ...referred])
      const isShown = (type: string): boolean => requestedTypes.length === 0 || requestedTypes.includes(type)
      const period = {
        start: start === undefined ? -Infinity : instant(needs, 'start', start).start,
        end: end === undefined ? Infinity : instant(needs, 'end', end).end,
      }
      return participantPage(needs, call, {
        operation: 'everything',
        types: types.filter(isShown),
        where: about(keyOf(call).id, types.filter(isShown)),
        shows: (resource: Resource) => isWithin(resource, period, needs.range),
        ...(_since === undefined ? {} : { since: instant(needs, '_since', _since).start }),
        count: countOf(given._count),
        part: shownPartOf(needs.definitions, [...types, ...referred].filter(isShown), given),
        ...(typeof _cursor === 'string' ? { cursor: _cursor } : {}),
        params: paramsOf(given),
        first: false,
        includes: (type) => referred.includes(type) && isShown(type),
      })
    },
  }
}

/** In an address several types may also be written with commas. */
function typesIn(given: unknown, offered: readonly string[]): readonly string[] {
  const types = (Array.isArray(given) ? given : []).flatMap((one) => String(one).split(','))
  const unknown = types.find((type) => !offered.includes(type))
  if (unknown === undefined) return types
  throw refuse(
    'invalid-parameter',
    `\`_type\` names \`${unknown.slice(0, 60)}\`, of which a participant has no records here; it takes ${offered.join(', ')}.`,
  )
}

function instant({ range }: EverythingNeeds, name: string, given: unknown): { start: number; end: number } {
  const found = range(String(given))
  if (Number.isFinite(found.start)) return found
  throw refuse(
    'invalid-parameter',
    `\`${name}\` is \`${String(given).slice(0, 60)}\`; send a date such as \`2026-11-24\`, or for \`_since\` an instant such as \`2026-11-24T05:00:00Z\`.`,
  )
}

const paramsOf = (given: Values): readonly (readonly [string, string])[] =>
  Object.entries(given).flatMap(([name, value]) =>
    name === '_cursor' || value === undefined ? [] : [[name, Array.isArray(value) ? value.join(',') : String(value)]],
  )
