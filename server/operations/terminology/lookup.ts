/** CodeSystem/$lookup: display, designations and properties of a code. https://hl7.org/fhir/R4/codesystem-operation-lookup.html */
import type { CanonicalResource } from '../../definitions/canonical-resource.ts'
import { items } from '../../fhir/element.ts'
import { refuse } from '../../fhir/outcome.ts'
import { buildParameters, parts, readParameters, value, type Declared } from '../../fhir/parameters.ts'
import type { Json, JsonObject } from '../../fhir/types.ts'
import type { Concept, Designation } from '../../terminology/code-system.ts'
import { WrittenNumber } from '../../terminology/written-number.ts'
import type { Operation } from '../operation.ts'
import { requestedCodes } from './find-definition.ts'
import type { TerminologyNeeds } from './needs.ts'
import { findCodeSystem } from './find-code-system.ts'

const PARAMETERS: readonly Declared[] = [
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
    const values = readParameters(PARAMETERS, call)
    const [requested] = requestedCodes(values, { version: 'version' })
    if (requested?.system === undefined) throw refuse('invalid-parameter', 'Send the `system` of the code too.')
    const { url, codes, resource } = await findCodeSystem(needs, call, {
      url: requested.system,
      version: requested.version,
    })
    const concept = codes.concept(requested.code)
    if (!concept) throw refuse('not-found', `\`${requested.code}\` is not a code of \`${url}\` that is defined here.`)
    const properties = values.property as readonly string[] | undefined
    return {
      status: 200,
      resource: buildParameters([
        value('name', 'string', codes.name ?? url),
        ...(codes.version === undefined ? [] : [value('version', 'string', codes.version)]),
        value('display', 'string', concept.display ?? concept.code),
        ...(concept.designation ?? []).map(designationPart),
        ...propertyParts(concept, resource, (name) => !properties || properties.includes(name)),
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
  resource: CanonicalResource | undefined,
  isRequested: (name: string) => boolean,
): readonly JsonObject[] {
  const typed = new Map(items(resource?.property).map(({ code, type }) => [String(code), String(type)]))
  const stated = [...property].flatMap(([name, values]) => values.map((one) => [name, one] as const))
  const above = property.has('parent') ? [] : [...new Set(parents)].map((parent) => ['parent', parent] as const)
  const definitions = definition === undefined ? [] : [['definition', definition] as const]
  return [...definitions, ...stated, ...above]
    .filter(([name]) => isRequested(name))
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
