/**
 * Functional lists: `AllergyIntolerance?patient=42&_list=$current-allergies`. The hub keeps no List of them: what is current is what
 * the statuses of the records say. https://hl7.org/fhir/R4/lifecycle.html#current
 */
import { refuse } from '../fhir/outcome.ts'
import type { Condition, OfferedTypes } from './chain.ts'
import { clip } from './chain.ts'
import { condition, quoted, suggestion, type Criterion } from './condition.ts'
import { requireComplete } from './incomplete.ts'
import type { Filter } from './query.ts'
import type { SearchValueContext } from './type.ts'

/** The parameters, all of which records of a type meet that are on a list. */
const CURRENT: readonly Criterion[] = [
  { name: 'clinical-status', value: 'active,recurrence,relapse' },
  { name: 'verification-status', modifier: 'not', value: 'refuted,entered-in-error' },
]
const ACTIVE: readonly Criterion[] = [{ name: 'status', value: 'active' }]

const LISTS: Readonly<Record<string, Readonly<Record<string, readonly Criterion[]>>>> = {
  '$current-problems': { Condition: CURRENT },
  '$current-medications': { MedicationStatement: ACTIVE, MedicationRequest: ACTIVE },
  '$current-allergies': { AllergyIntolerance: CURRENT },
  '$current-drug-allergies': { AllergyIntolerance: [...CURRENT, { name: 'category', value: 'medication' }] },
}

/** @throws OutcomeError `invalid-parameter` for a list that the hub does not make, or one of other types; `index-incomplete` */
export function functionalList(
  name: string,
  types: readonly string[],
  { capability }: OfferedTypes,
  context: SearchValueContext,
): Condition {
  const names = Object.keys(LISTS)
  if (!Object.hasOwn(LISTS, name))
    throw refuse(
      'invalid-parameter',
      `The value \`${clip(name)}\` of \`_list\` names a functional list that the hub does not make.${suggestion(name, names)} It makes ${quoted(names)}.`,
    )
  const criteriaByType = LISTS[name]!
  const of = types.flatMap((type): readonly Filter[] => {
    const [criteria, offer] = [criteriaByType[type], capability(type)]
    if (!criteria || !offer) return []
    requireComplete(
      offer,
      criteria.map((one) => [one.name, one.value]),
    )
    const met = criteria.map((one) => condition(offer, one, context))
    return [{ op: 'and', of: types.length === 1 ? met : [{ op: 'type', types: [type] }, ...met] }]
  })
  if (of.length > 0) return { op: 'or', of }
  throw refuse(
    'invalid-parameter',
    `The functional list \`${name}\` has records of ${quoted(Object.keys(criteriaByType))}, and none of \`${types.join('`, `')}\`.`,
  )
}
