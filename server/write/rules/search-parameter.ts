/**
 * Search parameters that the board posts: each can be evaluated, has a code of its own for the types that the hub offers,
 * and is in use when a job has indexed the records of these types (write/index-state.ts).
 * https://hl7.org/fhir/R4/searchparameter-definitions.html
 */
import { isDeepStrictEqual } from 'node:util'
import type { CanonicalResource } from '../../definitions/canonical-resource.ts'
import type { SearchParameter } from '../../definitions/definitions.ts'
import { parametersIn } from '../../definitions/posted-parameters.ts'
import type { Resource } from '../../fhir/types.ts'
import type { PreparedChange } from '../change.ts'
import { REINDEX } from '../index-state.ts'
import type { PendingState } from '../pending-state.ts'
import { parameterFaults } from '../search-parameter-faults.ts'
import type { Rule, RuleResult } from './rule.ts'

export const searchParameterRules: readonly Rule[] = [
  { types: ['SearchParameter'], check: canBeUsed },
  { types: ['SearchParameter'], check: reindexesItsTypes },
]

function canBeUsed({ after, at }: PreparedChange, { definitions }: PendingState): RuleResult {
  if (!after || typeof after.url !== 'string' || !definitions.isPosted(after.url)) return {}
  return {
    issues: parameterFaults(after as Resource as CanonicalResource, definitions).map(
      ({ element, text, isWarning }) => ({
        severity: isWarning === true ? 'warning' : 'error',
        detail: 'definition-invalid',
        text,
        expression: `${at}.${element}`,
      }),
    ),
  }
}

/** Those of which the change adds a parameter, takes one away, or evaluates one in another way. */
function reindexesItsTypes({ before, after }: PreparedChange, { definitions, now }: PendingState): RuleResult {
  const [old, next] = [inEffect(before), inEffect(after)]
  const types = new Set([...old.keys(), ...next.keys()].filter((type) => definitions.capability(type)))
  const changed = [...types].filter((type) => !isDeepStrictEqual(old.get(type), next.get(type)))
  return { jobs: changed.map((key) => ({ kind: REINDEX, key, due: now })) }
}

const inEffect = (resource: Resource | undefined): ReadonlyMap<string, SearchParameter> =>
  resource?.status === 'active' ? parametersIn(resource as CanonicalResource) : new Map()
