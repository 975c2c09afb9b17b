/** The policy of a hub between agencies: the published types, and the rules of capability/rules. */
import { seesAll } from '../../domain/visibility/confidential.ts'
import type { Definitions } from '../../definitions/definitions.ts'
import type { Store } from '../../store/store.ts'
import { audiencesOf } from '../audiences.ts'
import { issuesAtEntry } from '../bundle-location.ts'
import { isOfHub, type PreparedChange } from '../change.ts'
import { complete, type HubValues } from '../complete.ts'
import { checkDeletions, checkKept } from '../deletions.ts'
import { consentReviews } from '../consent-reviews.ts'
import { denialEffects } from '../denial-effects.ts'
import { derivedChanges } from '../derived-changes.ts'
import { withOutcomeLabels } from '../outcome-labels.ts'
import { movesPathway, withPathways } from '../pathway.ts'
import { changesOwnElements } from '../own-elements.ts'
import { pendingState, type PendingState } from '../pending-state.ts'
import { checkDeleter, checkWriter } from '../preconditions.ts'
import type { RecordIndex } from '../record-index.ts'
import { HUB_CALLER } from '../reserved-agencies.ts'
import { checkReferences } from '../references.ts'
import type { RuleTables } from '../rule-tables.ts'
import { checkRetired } from '../retired-participants.ts'
import { rulesOf } from '../rules/index.ts'
import type { Rule, RuleResult } from '../rules/rule.ts'
import { refuseSsnCriteria } from '../ssn-criteria.ts'
import { inTurns } from '../../fhir/turns.ts'
import type { Policy } from './policy.ts'

export type HubPolicyNeeds = {
  readonly store: Store
  readonly definitions: Definitions
  readonly index: RecordIndex
  readonly tables: RuleTables
  readonly values: HubValues
  newId(): string
}

export function hubPolicy({ store, definitions, index, tables, values, newId }: HubPolicyNeeds): Policy {
  const rulesFor = rulesByType(rulesOf(tables))
  return {
    posted: tables.posted,
    seesAll,
    checkCriteria: refuseSsnCriteria,
    setElements: { Task: ['lastModified'] },
    checkDeleter: (caller, change) => checkDeleter(tables.writing, caller, change),
    checkWriter: (caller, change) =>
      changesOwnElements(tables.writing, caller, change) ? undefined : checkWriter(definitions, caller, change),
    derive: async (context, changes) => {
      const followed = await derivedChanges(tables.lifecycle, context, changes)
      const denied = await denialEffects(tables, context, changes)
      const reviews = await consentReviews({ ...tables, newId }, context, changes, followed)
      return [...followed, ...denied, ...reviews]
    },
    complete: (resource, completion) => complete(resource, completion, values),
    follow: async (context, changes) => {
      const stateOf = (all: readonly PreparedChange[]) => pendingState({ index, definitions }, context, all)
      const hasTask = changes.some(({ key }) => key.type === 'Task')
      const labelled = hasTask ? await withOutcomeLabels(stateOf(changes)) : changes
      return labelled.some(movesPathway) ? withPathways(tables.visibility, stateOf(labelled)) : labelled
    },
    check: (state) => checkRules(rulesFor, tables, state),
    audiences: (context, changes) => audiencesOf({ ...tables, store }, context, changes),
  }
}

async function checkRules(rulesFor: RulesFor, tables: RuleTables, state: PendingState): Promise<Required<RuleResult>> {
  // First: it reads at once what the rules look at.
  const references = await checkReferences(tables, state)
  const checked = await inTurns(state.changes, (one) => (isMerge(one) ? [] : checkChange(rulesFor, one, state)))
  const results = checked.flat()
  const retired = await checkRetired(tables, state)
  const kept = await checkKept(tables, state)
  const deletions = await checkDeletions(state)
  return {
    issues: [...references.issues, ...retired, ...results.flatMap((one) => one.issues ?? [])],
    guards: [...references.guards, ...deletions, ...kept, ...results.flatMap((one) => one.guards ?? [])],
    jobs: results.flatMap((one) => one.jobs ?? []),
    writes: results.flatMap((one) => one.writes ?? []),
  }
}

/** What the hub rewrites in a merge is no act of an agency. */
const isMerge = ({ change }: PreparedChange): boolean => change.kind === 'put' && change.merge !== undefined

type RulesFor = (type: string) => readonly Rule[]

/** The rules of each type, chosen once. */
function rulesByType(rules: readonly Rule[]): RulesFor {
  const byType = new Map<string, readonly Rule[]>()
  return (type) => {
    const own = byType.get(type) ?? rules.filter(({ types }) => types.includes(type) || types.includes('*'))
    byType.set(type, own)
    return own
  }
}

type Awaitable<T> = T | Promise<T>

/**
 * What the rules of its type say of a change. All of them run, whichever refuses: one may count what a caller tries. Most
 * decide at once: a promise for each would take longer than they do.
 */
function checkChange(rulesFor: RulesFor, one: PreparedChange, state: PendingState): Awaitable<readonly RuleResult[]> {
  const asWriter = isOfHub(one) ? { ...state, caller: HUB_CALLER, view: state.unrestricted } : state
  const results = rulesFor(one.key.type).map((rule) => checkRule(rule, one, asWriter))
  return results.some((result) => result instanceof Promise) ? Promise.all(results) : (results as RuleResult[])
}

function checkRule(rule: Rule, one: PreparedChange, state: PendingState): Awaitable<RuleResult> {
  try {
    const result = issuesAtEntry(one, () => rule.check(one, state))
    return result instanceof Promise ? result.then((found) => located(one, found)) : located(one, result)
  } catch (error) {
    return Promise.reject(error as Error)
  }
}

/** A rule names `Task.status`; in a Bundle that is `Bundle.entry[2].resource.status`. */
function located(one: PreparedChange, result: RuleResult): RuleResult {
  const { issues } = result
  if (issues === undefined || issues.length === 0) return one.unchanged ? {} : result
  const inRequest = (expression: string | undefined) =>
    expression?.split('.')[0] === one.key.type ? expression.replace(one.key.type, one.at) : expression
  const sent = { issues: issues.map((issue) => ({ ...issue, expression: inRequest(issue.expression) })) }
  return one.unchanged ? sent : { ...result, ...sent }
}
