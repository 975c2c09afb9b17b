/** ValueSet/$expand: the codes of a value set. https://hl7.org/fhir/R4/valueset-operation-expand.html */
import { randomUUID } from 'node:crypto'
import type { Canonical } from '../../definitions/definitions.ts'
import { refuse } from '../../fhir/outcome.ts'
import { readParameters, type Declared, type Values } from '../../fhir/parameters.ts'
import type { Json, JsonObject, Resource } from '../../fhir/types.ts'
import { isAbstract, isInactive } from '../../terminology/concept.ts'
import { expand, type Expansion, type Item } from '../../terminology/expansion.ts'
import type { Operation } from '../operation.ts'
import { definitionFor, terminologyOf, type TerminologyNeeds } from './definition.ts'

const DECLARED: readonly Declared[] = [
  { name: 'url', min: 0, max: '1', type: 'uri' },
  { name: 'valueSet', min: 0, max: '1', type: 'ValueSet' },
  { name: 'valueSetVersion', min: 0, max: '1', type: 'string' },
  { name: 'filter', min: 0, max: '1', type: 'string' },
  { name: 'offset', min: 0, max: '1', type: 'unsignedInt' },
  { name: 'count', min: 0, max: '1', type: 'unsignedInt' },
  { name: 'includeDesignations', min: 0, max: '1', type: 'boolean' },
  { name: 'includeDefinition', min: 0, max: '1', type: 'boolean' },
  { name: 'activeOnly', min: 0, max: '1', type: 'boolean' },
  { name: 'excludeNested', min: 0, max: '1', type: 'boolean' },
]

/** More than this are answered in pages only. */
const LIMIT = 1000

export const expandValueSet = (needs: TerminologyNeeds): Operation => ({
  name: 'expand',
  definition: 'http://hl7.org/fhir/OperationDefinition/ValueSet-expand',
  levels: ['type', 'instance'],
  types: ['ValueSet'],
  affectsState: false,
  async run(call) {
    const values = readParameters(DECLARED, call)
    const { valueSet: given, url, valueSetVersion: version } = values
    const valueSet = await definitionFor(needs, call, { kind: 'ValueSet', given, url, version })
    const listed = expand(valueSet, terminologyOf(needs))
    if (listed.missing.length > 0) throw notListed(valueSet, listed.missing)
    return { status: 200, resource: expanded(valueSet, listed, values, new Date(call.now).toISOString()) }
  },
})

const notListed = (valueSet: Canonical, missing: readonly string[]) =>
  refuse(
    'code-unchecked',
    `The value set \`${valueSet.url}\` cannot be listed: ${missing.map((one) => `\`${one}\``).join(', ')} is not at hand here, or has no list of codes.`,
  )

function expanded(valueSet: Canonical, listed: Expansion, values: Values, timestamp: string): Resource {
  const items = listed.items.filter((item) => isAsked(item, values))
  const offset = (values.offset as number | undefined) ?? 0
  const count = values.count as number | undefined
  if (Math.min(count ?? Infinity, items.length - offset) > LIMIT) {
    throw refuse(
      'too-costly',
      `The value set \`${valueSet.url}\` has ${items.length} codes. Narrow it with \`filter\`, or ask for at most ${LIMIT} at once with \`count\` and \`offset\`.`,
    )
  }
  const page = items.slice(offset, count === undefined ? undefined : offset + count)
  const { compose, ...head } = valueSet
  return {
    ...head,
    ...(values.includeDefinition === true && compose !== undefined ? { compose } : {}),
    expansion: {
      ...(listed.unclosed ? { extension: [{ url: UNCLOSED, valueBoolean: true }] } : {}),
      identifier: `urn:uuid:${randomUUID()}`,
      timestamp,
      total: items.length,
      ...(values.offset !== undefined || count !== undefined ? { offset } : {}),
      ...filled('parameter', parametersOf(values)),
      ...filled(
        'contains',
        page.map((item) => contained(item, values.includeDesignations === true)),
      ),
    },
  } as Resource
}

const UNCLOSED = 'http://hl7.org/fhir/StructureDefinition/valueset-unclosed'

/** Every word of the filter begins or is within the code, the display or another name. */
function isAsked({ code, display = '', designation, concept }: Item, { filter, activeOnly }: Values): boolean {
  if (activeOnly === true && concept && isInactive(concept)) return false
  if (typeof filter !== 'string') return true
  const texts = [code, display, ...designation.map(({ value }) => value)].map((one) => String(one).toLowerCase())
  const words = filter.toLowerCase().split(/\s+/)
  return words.every((word) => texts.some((text) => text.includes(word)))
}

/** The parameters that shaped the expansion. https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.expansion.parameter */
function parametersOf(values: Values): readonly JsonObject[] {
  const told = ['filter', 'offset', 'count', 'includeDesignations', 'activeOnly']
  return told.flatMap((name): JsonObject[] => {
    const value = values[name]
    const kind = { string: 'valueString', number: 'valueInteger', boolean: 'valueBoolean' }[typeof value as 'string']
    return value === undefined ? [] : [{ name, [kind]: value }]
  })
}

function contained({ system, version, code, display, designation, concept }: Item, named: boolean): JsonObject {
  return {
    system,
    ...(version === undefined ? {} : { version }),
    ...(concept && isAbstract(concept) ? { abstract: true } : {}),
    ...(concept && isInactive(concept) ? { inactive: true } : {}),
    code,
    ...(display === undefined ? {} : { display }),
    ...(named ? filled('designation', designation as unknown as readonly Json[]) : {}),
  }
}

/** FHIR has no empty arrays. */
const filled = (name: string, list: readonly Json[]): JsonObject => (list.length > 0 ? { [name]: list } : {})
