/**
 * Patient/$intake-package: what the agency that receives a participant needs, as far as it may know of it, so that it is
 * expecting the participant and asks nothing twice. Which records belong is capability/rules/intake-package.json.
 */
import { belongs, latestOf, typesOf, type IntakePackage } from '../domain/participant/intake-package.ts'
import type { ReadDate } from '../domain/visibility/circle.ts'
import type { VisibilityRule } from '../domain/visibility/rule.ts'
import { readParameters } from '../fhir/parameters.ts'
import { keyText } from '../fhir/types.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { keyOf } from '../interactions/target.ts'
import { resourceOf } from '../records/resource.ts'
import type { View } from '../records/view.ts'
import type { Version } from '../store/store.ts'
import { aboutParticipant } from '../search/query.ts'
import { operationDefinition } from './define.ts'
import type { Operation } from './operation.ts'
import { countOf, participantPage, type PageNeeds } from './participant-page.ts'
import { shownPartOf } from './shown-part.ts'

export type IntakeNeeds = PageNeeds & {
  readonly definitions: Definitions
  readonly range: ReadDate
  readonly intakePackage: IntakePackage
  readonly visibility: VisibilityRule
}

export const intakePackage = (needs: IntakeNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'intake-package')
  const { every, latest } = typesOf(needs.intakePackage)
  return {
    ...definition,
    levels: ['instance'],
    types: ['Patient'],
    affectsState: false,
    async run(call) {
      const given = readParameters(takes, call)
      const { _count, _cursor } = given
      const part = shownPartOf(needs.definitions, ['Patient', ...every, ...latest, ...needs.visibility.everyone], given)
      const shows = (resource: Parameters<typeof belongs>[1]): boolean =>
        belongs(needs.intakePackage, resource, call.now, needs.range)
      return participantPage(needs, call, {
        operation: 'intake-package',
        types: every,
        where: aboutParticipant(keyOf(call).id),
        shows,
        count: countOf(_count),
        ...(typeof _cursor === 'string' ? { cursor: _cursor } : {}),
        part,
        params: [...(_count === undefined ? [] : [['_count', String(_count)] as const]), ...part.params],
        first: true,
        extra: (view, asOf) => latestVersions(needs, view, { participant: keyOf(call).id, types: latest, asOf, shows }),
        includes: (type) => needs.visibility.everyone.includes(type),
      })
    },
  }
}

type Latest = {
  readonly participant: string
  readonly types: readonly string[]
  readonly asOf: number
  shows(resource: Parameters<typeof belongs>[1]): boolean
}

/** Of each type of which only the latest belongs, that one. */
async function latestVersions(
  { intakePackage: rule, range }: IntakeNeeds,
  view: View,
  { participant, types, asOf, shows }: Latest,
): Promise<readonly Version[]> {
  const where = aboutParticipant(participant)
  const versions = new Map<string, Version>()
  for await (const one of view.all({ type: types, where, asOf }))
    if (shows(resourceOf(one))) versions.set(keyText(one), one)
  const chosen = latestOf(rule, [...versions.values()].map(resourceOf), range)
  return chosen.map(({ resourceType: type, id }) => versions.get(keyText({ type, id }))!)
}
