/**
 * The codes of a ConceptMap belong to the systems of its groups and to its value sets.
 * https://hl7.org/fhir/R4/conceptmap-definitions.html#ConceptMap.group.element.code
 */
import { items } from '../../fhir/element.ts'
import type { ValidationEngine } from '../check-context.ts'
import type { Violation } from '../violation.ts'
import type { SpecificationRule } from './specification-rule.ts'

type MapSide = { readonly valueSet: unknown; readonly system: unknown; readonly version: unknown }

export const mappedCodes: SpecificationRule = (map, { engine }) =>
  items(map.group).flatMap((group, groupIndex) => {
    const source: MapSide = {
      valueSet: map.sourceCanonical ?? map.sourceUri,
      system: group.source,
      version: group.sourceVersion,
    }
    const target: MapSide = {
      valueSet: map.targetCanonical ?? map.targetUri,
      system: group.target,
      version: group.targetVersion,
    }
    return items(group.element).flatMap((element, elementIndex) => {
      const below = `/group/${groupIndex}/element/${elementIndex}`
      const targets = items(element.target).flatMap(({ code }, index) =>
        codeViolations(code, target, `${below}/target/${index}`, engine),
      )
      return [...codeViolations(element.code, source, below, engine), ...targets]
    })
  })

function codeViolations(
  code: unknown,
  { valueSet, system, version }: MapSide,
  below: string,
  { terminology }: ValidationEngine,
): readonly Violation[] {
  if (typeof system !== 'string' || typeof code !== 'string') return []
  const invalidCode = (what: string): readonly Violation[] => [
    { detail: 'code-invalid', below: `${below}/code`, text: `{at} is \`${code}\`, which ${what}.` },
  ]
  if (terminology.checkSystem(system, code, typeof version === 'string' ? version : undefined) === 'out')
    return invalidCode(`is not a code of \`${system}\``)
  if (typeof valueSet !== 'string' || terminology.check(valueSet, system, code) !== 'out') return []
  return invalidCode(`of \`${system}\` is not in the value set \`${valueSet}\` of the map`)
}
