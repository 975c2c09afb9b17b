/** ValueSet/$expand: the codes of a value set. https://hl7.org/fhir/R4/valueset-operation-expand.html */
import { randomUUID } from 'node:crypto'
import type { CanonicalResource } from '../../definitions/canonical-resource.ts'
import { refuse } from '../../fhir/outcome.ts'
import { readParameters, type Declared, type Values } from '../../fhir/parameters.ts'
import type { Json, JsonObject, Resource } from '../../fhir/types.ts'
import { isAbstract, isInactive } from '../../terminology/concept.ts'
import { expand, type Expansion, type ExpandedCode } from '../../terminology/expansion.ts'
import type { Operation } from '../operation.ts'
import { findDefinition, terminologyOf } from './find-definition.ts'
import type { TerminologyNeeds } from './needs.ts'
import { withStoredTerminology } from './stored-terminology.ts'

const PARAMETERS: readonly Declared[] = [
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

/** For the TerminologyCapabilities. */
export const EXPANSION_PARAMETERS: readonly string[] = PARAMETERS.map(({ name }) => name)

/** Longer expansions are answered in pages only. */
const MAX_CODES = 1000

export const expandValueSet = (needs: TerminologyNeeds): Operation => ({
  name: 'expand',
  definition: 'http://hl7.org/fhir/OperationDefinition/ValueSet-expand',
  levels: ['type', 'instance'],
  types: ['ValueSet'],
  affectsState: false,
  async run(call) {
    const values = readParameters(PARAMETERS, call)
    const { valueSet: given, url, valueSetVersion: version } = values
    const valueSet = await findDefinition(needs, call, { type: 'ValueSet', resource: given, url, version })
    const terminology = await withStoredTerminology(needs, call, terminologyOf(needs), { valueSet })
    const expansion = expand(valueSet, terminology)
    if (expansion.missing.length > 0) throw cannotExpand(valueSet, expansion.missing)
    return { status: 200, resource: expanded(valueSet, expansion, values, new Date(call.now).toISOString()) }
  },
})

const cannotExpand = (valueSet: CanonicalResource, missing: readonly string[]) =>
  refuse(
    'code-unchecked',
    `The value set \`${valueSet.url}\` cannot be listed: ${missing.map((one) => `\`${one}\``).join(', ')} is not available here, or has no list of codes.`,
  )

function expanded(valueSet: CanonicalResource, expansion: Expansion, values: Values, timestamp: string): Resource {
  const items = expansion.items.filter((item) => isIncluded(item, values))
  const offset = (values.offset as number | undefined) ?? 0
  const count = values.count as number | undefined
  if (Math.min(count ?? Infinity, items.length - offset) > MAX_CODES) {
    throw refuse(
      'too-costly',
      `The value set \`${valueSet.url}\` has ${items.length} codes. Narrow it with \`filter\`, or ask for at most ${MAX_CODES} at once with \`count\` and \`offset\`.`,
    )
  }
  const page = items.slice(offset, count === undefined ? undefined : offset + count)
  const { compose, ...head } = valueSet
  return {
    ...head,
    ...(values.includeDefinition === true && compose !== undefined ? { compose } : {}),
    expansion: {
      ...(expansion.unclosed ? { extension: [{ url: UNCLOSED, valueBoolean: true }] } : {}),
      identifier: `urn:uuid:${randomUUID()}`,
      timestamp,
      total: items.length,
      ...(values.offset !== undefined || count !== undefined ? { offset } : {}),
      ...filled('parameter', parametersOf(values)),
      ...filled(
        'contains',
        page.map((item) => containsEntry(item, values.includeDesignations === true)),
      ),
    },
  } as Resource
}

const UNCLOSED = 'http://hl7.org/fhir/StructureDefinition/valueset-unclosed'

/** Is a code active, where `activeOnly` requires it, and does its code, display or a designation contain every term of `filter`? */
function isIncluded(
  { code, display = '', designation, concept }: ExpandedCode,
  { filter, activeOnly }: Values,
): boolean {
  if (activeOnly === true && concept && isInactive(concept)) return false
  if (typeof filter !== 'string') return true
  const texts = [code, display, ...designation.map(({ value }) => value)].map((one) => String(one).toLowerCase())
  const words = filter.toLowerCase().split(/\s+/)
  return words.every((word) => texts.some((text) => text.includes(word)))
}

/** The parameters of the request that shape the expansion. https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.expansion.parameter */
function parametersOf(values: Values): readonly JsonObject[] {
  const names = ['filter', 'offset', 'count', 'includeDesignations', 'activeOnly']
  return names.flatMap((name): JsonObject[] => {
    const value = values[name]
    const kind = { string: 'valueString', number: 'valueInteger', boolean: 'valueBoolean' }[typeof value as 'string']
    return value === undefined ? [] : [{ name, [kind]: value }]
  })
}

function containsEntry(
  { system, version, code, display, designation, concept }: ExpandedCode,
  withDesignations: boolean,
): JsonObject {
  return {
    system,
    ...(version === undefined ? {} : { version }),
    ...(concept && isAbstract(concept) ? { abstract: true } : {}),
    ...(concept && isInactive(concept) ? { inactive: true } : {}),
    code,
    ...(display === undefined ? {} : { display }),
    ...(withDesignations ? filled('designation', designation as unknown as readonly Json[]) : {}),
  }
}

/** FHIR has no empty arrays. */
const filled = (name: string, list: readonly Json[]): JsonObject => (list.length > 0 ? { [name]: list } : {})
