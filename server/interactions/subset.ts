/** `_elements` and `_summary` of a read, a search and a history. https://hl7.org/fhir/R4/search.html#summary */
import type { Definitions } from '../definitions/definitions.ts'
import { elementNames, subsetOf, type Subset } from '../definitions/subset.ts'
import { serialize } from '../fhir/json.ts'
import { nearest } from '../fhir/nearest.ts'
import { refuse } from '../fhir/outcome.ts'
import { isDeleted, parseInTurns, resourceOf } from '../records/resource.ts'
import type { Version } from '../store/store.ts'
import type { Call } from './call.ts'

/** What the parameters say: a part, the count alone (of a search), or nothing. */
const SUMMARIES: Readonly<Record<string, Subset | 'count' | undefined>> = {
  true: { kind: 'summary' },
  text: { kind: 'text' },
  data: { kind: 'data' },
  count: 'count',
  false: undefined,
}

/**
 * The part of the resources of these types that the parameters ask for; undefined for the whole. `_summary=count` is for the
 * search to read.
 * @throws OutcomeError `invalid-parameter` naming the element or the value
 */
export function readSubset(
  definitions: Definitions,
  types: readonly string[],
  params: Call['params'],
): Subset | undefined {
  const elements = params.flatMap(([name, value]) => (name === '_elements' ? [value] : []))
  const [summary, ...more] = params.flatMap(([name, value]) => (name === '_summary' ? [value] : []))
  if (more.length > 0) throw refuse('invalid-parameter', 'The parameter `_summary` was sent more than once.')
  const part = summary === undefined ? undefined : summaryOf(summary)
  if (elements.length === 0) return part === 'count' ? undefined : part
  if (part !== undefined)
    throw refuse(
      'invalid-parameter',
      '`_elements` and `_summary` each choose a part of the resources; send one of them.',
    )
  return { kind: 'elements', names: namesOf(definitions, types, elements.join(',').split(',')) }
}

function summaryOf(value: string): Subset | 'count' | undefined {
  if (Object.hasOwn(SUMMARIES, value)) return SUMMARIES[value]
  const names = Object.keys(SUMMARIES).map((one) => `\`${one}\``)
  throw refuse('invalid-parameter', `The value \`${value}\` of \`_summary\` is not one of ${names.join(', ')}.`)
}

/** By type: `identifier` is an element of the types that are searched, `Organization.name` one of the type that it names. */
function namesOf(definitions: Definitions, types: readonly string[], elements: readonly string[]) {
  const names = new Map<string, Set<string>>(types.map((type) => [type, new Set<string>()]))
  for (const one of elements.map((text) => text.trim())) {
    // Some clients name it as well: a JSON property, in every part.
    if (one === 'resourceType') continue
    const [first = '', second] = one.split('.', 2)
    const targets = second === undefined ? types : [first]
    const name = second ?? first
    const having = targets.filter((type) => elementNames(type, definitions).includes(name))
    if (having.length === 0 || one.split('.').length > 2) throw unknownElement(definitions, types, one)
    for (const type of having) names.set(type, (names.get(type) ?? new Set()).add(name))
  }
  return names
}

function unknownElement(definitions: Definitions, types: readonly string[], element: string) {
  const [type = ''] = types
  const guess = nearest(element, elementNames(type, definitions))
  return refuse(
    'invalid-parameter',
    `\`_elements\` names \`${element.slice(0, 60)}\`, which is no element of \`${types.length === 1 ? type : 'the types'}\`.${
      guess ? ` Did you mean \`${guess}\`?` : ''
    } It takes the names of elements at the top of a resource, such as \`identifier\` or \`Organization.name\`.`,
  )
}

/** A version with the part of its resource; the same object for the whole, and for a deletion. */
export function shownPart<T extends Version>(version: T, subset: Subset | undefined, definitions: Definitions): T {
  if (subset === undefined || isDeleted(version)) return version
  // An included record of another type is whole where the elements do not name its type.
  if (subset.kind === 'elements' && !subset.names.has(version.type)) return version
  return { ...version, text: serialize(subsetOf(resourceOf(version), subset, definitions)) }
}

/** The same of a version whose text may be long: it is parsed in turns of the event loop. */
export async function shownPartInTurns<T extends Version>(
  version: T,
  subset: Subset | undefined,
  definitions: Definitions,
): Promise<T> {
  if (subset !== undefined) await parseInTurns(version)
  return shownPart(version, subset, definitions)
}

/** The parameters that a read and a vread take; others are refused, or with `handling=lenient` ignored. */
const READ_PARAMETERS = new Set(['_elements', '_summary', '_format', '_pretty'])

/** @throws OutcomeError `unknown-parameter`, `invalid-parameter` */
export function readPart(definitions: Definitions, { type = '', params, prefer }: Call): Subset | undefined {
  if (params.length === 0) return undefined
  const other = params.find(([name]) => !READ_PARAMETERS.has(name))
  if (other && prefer.handling === 'strict')
    throw refuse(
      'unknown-parameter',
      `A read has no parameter \`${other[0]}\`. It takes \`_elements\` and \`_summary\`.`,
    )
  if (params.some(isCount)) throw countOfOne()
  return readSubset(definitions, [type], params)
}

export const isCount = ([name, value]: Call['params'][number]): boolean => name === '_summary' && value === 'count'

export const countOfOne = () =>
  refuse(
    'invalid-parameter',
    '`_summary=count` counts the matches of a search; reads, histories and operations take `true`, `text`, `data` or `false`.',
  )
