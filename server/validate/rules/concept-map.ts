/**
 * What a ConceptMap maps are codes of the systems of its groups, and of its value sets.
 * https://hl7.org/fhir/R4/conceptmap-definitions.html#ConceptMap.group.element.code
 */
import { items } from '../../fhir/element.ts'
import type { ValidationEngine } from '../check-context.ts'
import type { Violation } from '../violation.ts'
import type { SpecificationRule } from './specification-rule.ts'

type Side = { readonly valueSet: unknown; readonly system: unknown; readonly version: unknown }

export const mappedCodes: SpecificationRule = (map, { engine }) =>
  items(map.group).flatMap((group, at) => {
    const source: Side = {
      valueSet: map.sourceCanonical ?? map.sourceUri,
      system: group.source,
      version: group.sourceVersion,
    }
    const target: Side = {
      valueSet: map.targetCanonical ?? map.targetUri,
      system: group.target,
      version: group.targetVersion,
    }
    return items(group.element).flatMap((element, place) => {
      const below = `/group/${at}/element/${place}`
      const targets = items(element.target).flatMap(({ code }, index) =>
        violationOf(code, target, `${below}/target/${index}`, engine),
      )
      return [...violationOf(element.code, source, below, engine), ...targets]
    })
  })

function violationOf(
  code: unknown,
  { valueSet, system, version }: Side,
  below: string,
  { terminology }: ValidationEngine,
): readonly Violation[] {
  if (typeof system !== 'string' || typeof code !== 'string') return []
  const told = (what: string): readonly Violation[] => [
    { detail: 'code-invalid', below: `${below}/code`, text: `{at} is \`${code}\`, which ${what}.` },
  ]
  if (terminology.checkSystem(system, code, typeof version === 'string' ? version : undefined) === 'out')
    return told(`is not a code of \`${system}\``)
  if (typeof valueSet !== 'string' || terminology.check(valueSet, system, code) !== 'out') return []
  return told(`of \`${system}\` is not in the value set \`${valueSet}\` of the map`)
}
