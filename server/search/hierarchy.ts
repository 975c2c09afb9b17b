/**
 * `:above` and `:below` of a reference to a record that is part of another of its type: `Encounter?location:below=Location/1`
 * finds those at the location, and at all that are part of it. (Of a canonical they are about the address: types/reference.ts.)
 * https://hl7.org/fhir/R4/search.html#recursive
 */
import type { ResourceCapability, SearchParameter } from '../definitions/definitions.ts'
import { refuse } from '../fhir/outcome.ts'
import { parseReference } from '../fhir/reference.ts'
import { FHIR_ID } from '../fhir/types.ts'
import { clip, reachedTypes, type Condition, type OfferedTypes } from './chain.ts'
import { alternatives, quoted, type Criterion } from './condition.ts'
import { unescape } from './escape.ts'
import { requireComplete } from './incomplete.ts'

/** The parameters by which a record says what it is part of. */
const PARENTS = ['partof', 'part-of']

/**
 * The condition of a criterion that names records of a hierarchy; undefined for any other.
 * @throws OutcomeError `invalid-parameter` or `index-incomplete` that says what would work
 */
export function hierarchyCondition(
  { searchParameters }: ResourceCapability,
  criterion: Criterion,
  offered: OfferedTypes | undefined,
): Condition | undefined {
  const { name, modifier } = criterion
  if (modifier !== 'above' && modifier !== 'below') return undefined
  const parameter = searchParameters.find(({ code }) => code === name)
  if (parameter?.type !== 'reference') return undefined
  const values = alternatives(criterion).map(unescape)
  if (!values.some(namesRecord)) return undefined
  if (!offered)
    throw refuse(
      'invalid-parameter',
      `\`${name}:${modifier}\` is decided by other records. Only a search takes it, not the condition of a write or of a subscription: name the records themselves (\`${name}=...\`).`,
    )
  const of = values.map((value): Condition => {
    const { capability, id } = memberOf(parameter, value, modifier, offered)
    const parent = parentOf(capability)!
    requireComplete(capability, [[parent, '']])
    return { op: 'hierarchy', param: name, type: capability.type, id, parent, direction: modifier }
  })
  return of.length === 1 && of[0] ? of[0] : { op: 'or', of }
}

const namesRecord = (value: string): boolean => FHIR_ID.test(value) || parseReference(value)?.kind === 'local'

const parentOf = ({ type, searchParameters }: ResourceCapability): string | undefined =>
  searchParameters.find((one) => PARENTS.includes(one.code) && one.type === 'reference' && one.target.includes(type))
    ?.code

function memberOf(parameter: SearchParameter, value: string, modifier: string, offered: OfferedTypes) {
  const having = reachedTypes(parameter, offered).filter((one) => parentOf(one) !== undefined)
  const target = parseReference(value)
  const named = target?.kind === 'local' && target.version === undefined ? target : undefined
  const [capability, another] = having.filter(({ type }) => named === undefined || named.type === type)
  if (capability && !another && (named || FHIR_ID.test(value))) return { capability, id: named?.id ?? value }
  const types = having.map(({ type }) => type)
  throw refuse(
    'invalid-parameter',
    `The value \`${clip(value)}\` of \`${parameter.code}:${modifier}\` names no record that is part of others of its type. ${
      types.length > 0 ? `Write \`Type/id\`, of ${quoted(types)}.` : `\`${parameter.code}\` refers to no such type.`
    }`,
  )
}
