/** CodeSystem/$lookup: what a code means. https://hl7.org/fhir/R4/codesystem-operation-lookup.html */
import type { Canonical } from '../../definitions/definitions.ts'
import { items } from '../../fhir/element.ts'
import { refuse } from '../../fhir/outcome.ts'
import { buildParameters, parts, readParameters, value, type Declared } from '../../fhir/parameters.ts'
import type { Json, JsonObject } from '../../fhir/types.ts'
import type { Concept, Designation } from '../../terminology/code-system.ts'
import { WrittenNumber } from '../../terminology/written-number.ts'
import type { Operation } from '../operation.ts'
import { codesIn, type TerminologyNeeds } from './definition.ts'
import { systemFor } from './system.ts'

const DECLARED: readonly Declared[] = [
  { name: 'code', min: 0, max: '1', type: 'code' },
  { name: 'system', min: 0, max: '1', type: 'uri' },
  { name: 'version', min: 0, max: '1', type: 'string' },
  { name: 'coding', min: 0, max: '1', type: 'Coding' },
  { name: 'property', min: 0, max: '*', type: 'code' },
]

export const lookup = (needs: TerminologyNeeds): Operation => ({
  name: 'lookup',
  definition: 'http://hl7.org/fhir/OperationDefinition/CodeSystem-lookup',
  levels: ['type'],
  types: ['CodeSystem'],
  affectsState: false,
  async run(call) {
    const values = readParameters(DECLARED, call)
    const [asked] = codesIn(values, { version: 'version' })
    if (asked?.system === undefined) throw refuse('invalid-parameter', 'Send the `system` of the code too.')
    const { url, codes, resource } = await systemFor(needs, call, { url: asked.system, version: asked.version })
    const concept = codes.concept(asked.code)
    if (!concept) throw refuse('not-found', `\`${asked.code}\` is no code of \`${url}\` that is known here.`)
    const wanted = values.property as readonly string[] | undefined
    return {
      status: 200,
      resource: buildParameters([
        value('name', 'string', codes.name ?? url),
        ...(codes.version === undefined ? [] : [value('version', 'string', codes.version)]),
        value('display', 'string', concept.display ?? concept.code),
        ...(concept.designation ?? []).map(designationPart),
        ...propertyParts(concept, resource, (name) => !wanted || wanted.includes(name)),
      ]),
    }
  },
})

const designationPart = ({ language, use, value: text }: Designation): JsonObject =>
  parts('designation', [
    ...(language === undefined ? [] : [value('language', 'code', language)]),
    ...(use === undefined ? [] : [value('use', 'Coding', use as Json)]),
    value('value', 'string', text),
  ])

function propertyParts(
  { property, parents, definition }: Concept,
  resource: Canonical | undefined,
  isWanted: (name: string) => boolean,
): readonly JsonObject[] {
  const typed = new Map(items(resource?.property).map(({ code, type }) => [String(code), String(type)]))
  const stated = [...property].flatMap(([name, values]) => values.map((one) => [name, one] as const))
  const above = property.has('parent') ? [] : [...new Set(parents)].map((parent) => ['parent', parent] as const)
  const said = definition === undefined ? [] : [['definition', definition] as const]
  return [...said, ...stated, ...above]
    .filter(([name]) => isWanted(name))
    .map(([name, one]) =>
      parts('property', [
        value('code', 'code', name),
        one instanceof WrittenNumber ? one.parameter('value') : value('value', typeOf(name, one, typed), one as Json),
      ]),
    )
}

function typeOf(name: string, one: unknown, typed: ReadonlyMap<string, string>): string {
  if (typeof one === 'boolean') return 'boolean'
  const declared = typed.get(name)
  if (name === 'parent' || declared === 'code' || declared === 'Coding') return 'code'
  return declared === 'dateTime' ? 'dateTime' : 'string'
}
