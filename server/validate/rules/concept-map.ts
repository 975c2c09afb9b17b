/** What a ConceptMap maps is in its value sets. https://hl7.org/fhir/R4/conceptmap-definitions.html#ConceptMap.source_x_ */
import { items } from '../../fhir/element.ts'
import type { Fault } from '../run.ts'
import type { Rule } from './index.ts'

export const mappedCodes: Rule = (map, { engine }) => {
  const source = map.sourceCanonical ?? map.sourceUri
  const target = map.targetCanonical ?? map.targetUri
  const fault = (valueSet: unknown, system: unknown, code: unknown, below: string): readonly Fault[] => {
    if (typeof valueSet !== 'string' || typeof system !== 'string' || typeof code !== 'string') return []
    if (engine.terminology.check(valueSet, system, code) !== 'out') return []
    const text = `{at} is \`${code}\` of \`${system}\`, which is not in the value set \`${valueSet}\` of the map.`
    return [{ code: 'code-invalid', below: `${below}/code`, text }]
  }
  return items(map.group).flatMap((group, at) =>
    items(group.element).flatMap((element, place) => {
      const below = `/group/${at}/element/${place}`
      const targets = items(element.target).flatMap(({ code }, index) =>
        fault(target, group.target, code, `${below}/target/${index}`),
      )
      return [...fault(source, group.source, element.code, below), ...targets]
    }),
  )
}
