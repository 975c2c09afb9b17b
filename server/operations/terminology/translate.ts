/** ConceptMap/$translate: the codes of another system that correspond to a code. https://hl7.org/fhir/R4/conceptmap-operation-translate.html */
import type { CanonicalResource } from '../../definitions/canonical-resource.ts'
import { items, textOf } from '../../fhir/element.ts'
import { buildParameters, parts, readParameters, value, type Declared } from '../../fhir/parameters.ts'
import type { JsonObject } from '../../fhir/types.ts'
import type { Operation } from '../operation.ts'
import { requestedCodes, findDefinition, type RequestedCode } from './find-definition.ts'
import type { TerminologyNeeds } from './needs.ts'

const PARAMETERS: readonly Declared[] = [
  { name: 'url', min: 0, max: '1', type: 'uri' },
  { name: 'conceptMap', min: 0, max: '1', type: 'ConceptMap' },
  { name: 'conceptMapVersion', min: 0, max: '1', type: 'string' },
  { name: 'code', min: 0, max: '1', type: 'code' },
  { name: 'system', min: 0, max: '1', type: 'uri' },
  { name: 'version', min: 0, max: '1', type: 'string' },
  { name: 'coding', min: 0, max: '1', type: 'Coding' },
  { name: 'codeableConcept', min: 0, max: '1', type: 'CodeableConcept' },
  { name: 'targetsystem', min: 0, max: '1', type: 'uri' },
  { name: 'reverse', min: 0, max: '1', type: 'boolean' },
]

export const translate = (needs: TerminologyNeeds): Operation => ({
  name: 'translate',
  definition: 'http://hl7.org/fhir/OperationDefinition/ConceptMap-translate',
  levels: ['type', 'instance'],
  types: ['ConceptMap'],
  affectsState: false,
  async run(call) {
    const values = readParameters(PARAMETERS, call)
    const { conceptMap: given, url, conceptMapVersion: version } = values
    const map = await findDefinition(needs, call, { type: 'ConceptMap', resource: given, url, version })
    const codes = requestedCodes(values, { version: 'version' })
    const target = values.targetsystem as string | undefined
    const matches = codes
      .flatMap((code) => (values.reverse === true ? backward(map, code) : forward(map, code)))
      .filter(({ system }) => target === undefined || system === target)
    const found = matches.some(({ equivalence }) => !NO_TRANSLATION.has(equivalence))
    return {
      status: 200,
      resource: buildParameters([
        value('result', 'boolean', found),
        ...(found ? [] : [value('message', 'string', `\`${map.url}\` has no translation for the code.`)]),
        ...matches.map((match) => matchParameter(match, map)),
      ]),
    }
  },
})

/** Equivalences without a translation. https://hl7.org/fhir/R4/valueset-concept-map-equivalence.html */
const NO_TRANSLATION = new Set(['unmatched', 'disjoint'])

type Translation = {
  readonly equivalence: string
  readonly system?: string
  readonly version?: string
  readonly code?: string
  readonly display?: string
}

function forward(map: CanonicalResource, { system, code }: RequestedCode): readonly Translation[] {
  const groups = items(map.group).filter(
    ({ source }) => system === undefined || source === undefined || source === system,
  )
  return groups.flatMap((group) => {
    const element = items(group.element).filter((one) => one.code === code)
    if (element.length === 0) return unmapped(group, code)
    return element
      .flatMap((one) => items(one.target))
      .map((one) => translationOf(one, group.target, group.targetVersion))
  })
}

/** https://hl7.org/fhir/R4/conceptmap-definitions.html#ConceptMap.group.unmapped */
function unmapped({ target, targetVersion, unmapped }: JsonObject, code: string): readonly Translation[] {
  const rule = unmapped as JsonObject | undefined
  if (rule?.mode === 'provided') return [translationOf({ code, equivalence: 'equal' }, target, targetVersion)]
  if (rule?.mode === 'fixed') return [translationOf({ ...rule, equivalence: 'inexact' }, target, targetVersion)]
  return []
}

/** Equivalences in the reverse direction. */
const REVERSED: Readonly<Record<string, string>> = {
  wider: 'narrower',
  narrower: 'wider',
  subsumes: 'specializes',
  specializes: 'subsumes',
}

function backward(map: CanonicalResource, { system, code }: RequestedCode): readonly Translation[] {
  const groups = items(map.group).filter(
    ({ target }) => system === undefined || target === undefined || target === system,
  )
  return groups.flatMap((group) =>
    items(group.element).flatMap((element) =>
      items(element.target)
        .filter((one) => one.code === code)
        .map(({ equivalence }) => {
          const reversed = REVERSED[String(equivalence)] ?? equivalence
          return translationOf({ ...element, equivalence: reversed }, group.source, group.sourceVersion)
        }),
    ),
  )
}

const translationOf = (target: JsonObject, system: unknown, version: unknown): Translation => ({
  equivalence: textOf(target.equivalence) ?? 'relatedto',
  ...optional('system', system),
  ...optional('version', version),
  ...optional('code', target.code),
  ...optional('display', target.display),
})

const optional = (name: string, given: unknown) => (typeof given === 'string' ? { [name]: given } : {})

function matchParameter({ equivalence, ...concept }: Translation, map: CanonicalResource): JsonObject {
  return parts('match', [
    value('equivalence', 'code', equivalence),
    ...(concept.code === undefined ? [] : [value('concept', 'Coding', concept)]),
    ...(map.url === undefined ? [] : [value('source', 'uri', map.url)]),
  ])
}
