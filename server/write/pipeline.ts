/**
 * The one way of a write: every write of a record goes through `prepare`, whose steps are in their order below, and
 * becomes one commit. PUT, DELETE, conditional create, transactions, operations and jobs all come through here.
 */
import { POSTED_TYPES } from '../definitions/posted.ts'
import { isError, OutcomeError, type Issue } from '../fhir/outcome.ts'
import { inTurns } from '../fhir/turns.ts'
import type { Caller } from '../fhir/types.ts'
import type { Version } from '../store/store.ts'
import { issuesAtEntry } from './bundle-location.ts'
import { changesAnything, isMoved, isOfHub, keyOf, type Change, type PreparedChange } from './change.ts'
import { commit, workOf, type Along } from './commit.ts'
import { issuesAsSent } from './complete.ts'
import { WriteConflict } from './conflict.ts'
import { contextOf, requestOf, type Author, type WriteContext } from './context.ts'
import { load } from './load.ts'
import type { WriteNeeds } from './needs.ts'
import { refusePart } from './parts-of-records.ts'
import { pendingState, type PendingState } from './pending-state.ts'
import { checkPreconditions } from './preconditions.ts'
import { HUB_CALLER } from './reserved-agencies.ts'
import type { RuleResult } from './rules/rule.ts'
import { withUnchanged } from './unchanged.ts'

/** What became of a change: the version made (none: a deletion of nothing), and whether there was nothing before it. */
export type WriteResult = {
  readonly version?: Version
  readonly created: boolean
  /** What the rules warn of, in the record that was sent. */
  readonly issues: readonly Issue[]
}

/**
 * Commits the changes, all or none, and answers what became of each, in order.
 * @throws OutcomeError for what the caller must correct; WriteConflict when the state that was read is gone (see
 * retryOnConflict); CommitConflict for a claim or a cursor of `along`
 */
export function write(
  needs: WriteNeeds,
  author: Author,
  changes: readonly Change[],
  along: Along = {},
): Promise<readonly WriteResult[]> {
  const { posted } = needs.policy
  const posts = changes.some((one) => POSTED_TYPES.includes(keyOf(one).type))
  const once = (trial: Pick<WriteContext, 'trial'>): Promise<readonly WriteResult[]> =>
    writeOnce(needs, { ...contextOf(needs, author), ...trial }, changes, { ...along, ...requestOf(author) })
  const attempt = (): Promise<readonly WriteResult[]> => (author.view ? once({}) : triedOnce(once))
  return posted ? posted.attempt(posts, attempt) : attempt()
}

/**
 * A write whose view is its own is tried first without the searches that only say why it is refused: guards of the commit
 * hold what they would find. A refusal is answered by an attempt that makes them, as if there had been no other
 * (docs/decisions/0071).
 */
async function triedOnce<T>(once: (trial: Pick<WriteContext, 'trial'>) => Promise<T>): Promise<T> {
  const trial = { unsearched: false }
  try {
    return await once({ trial })
  } catch (error) {
    const isRefused = error instanceof OutcomeError || error instanceof WriteConflict
    if (!isRefused || !trial.unsearched) throw error
    return once({})
  }
}

async function writeOnce(
  needs: WriteNeeds,
  context: WriteContext,
  changes: readonly Change[],
  along: Along,
): Promise<readonly WriteResult[]> {
  const { state, result } = await prepare(needs, context, changes)
  const written = state.changes.filter(changesAnything)
  await context.turn?.()
  const audiences = await needs.policy.audiences(context, written)
  await context.turn?.()
  const work = await workOf({ index: needs.index, state, result, audiences }, along)
  await context.turn?.()
  const versions = await commit(needs.store, work)
  state.effective?.posts?.takeEffect()
  return state.changes.slice(0, changes.length).map((one) => ({
    version: one.unchanged ? one.stored : versions[written.indexOf(one)],
    created: one.before === undefined,
    issues: result.issues.filter(({ expression }) => isWithin(expression, one.at)),
  }))
}

/** `Task.note[0]` is within `Task`, `Bundle.entry[10].resource` is not within `Bundle.entry[1].resource`. */
const isWithin = (expression = '', at: string): boolean => expression === at || expression.startsWith(`${at}.`)

export type PreparedWrite = {
  readonly state: PendingState
  readonly result: Required<RuleResult>
  /** Warnings: nothing in them refuses the write. */
  readonly issues: readonly Issue[]
}

/** Everything before the audience and the commit. @throws OutcomeError for what refuses the write */
export async function prepare(
  needs: WriteNeeds,
  context: WriteContext,
  changes: readonly Change[],
): Promise<PreparedWrite> {
  const { policy, index } = needs
  const requested = await load(context, changes)
  for (const one of requested)
    issuesAtEntry(one, () => {
      checkPreconditions(needs, context.caller, one)
      refusePart(one)
    })
  // What follows is the hub's own doing, whatever the caller may know of.
  const following = await policy.derive(context, requested)
  const derived = following.length > 0 ? await load({ ...context, view: context.unrestricted }, following) : []
  await context.turn?.()
  const completed = await inTurns([...requested, ...derived], (one) => completeChange(needs, context, one))
  const followed = await policy.follow(context, completed)
  await context.turn?.()
  const prepared = await withUnchanged({ definitions: needs.definitions, policy }, context, followed)
  const inEffect = definitionsInEffect(needs, prepared.filter(changesAnything))
  await context.turn?.()
  const state = pendingState({ index, ...inEffect }, context, prepared)
  const invalid = await validate(inEffect, prepared)
  // Rules need a resource of the right shape; one that only breaks an invariant gets the issues of the rules as well.
  refuseInvalid(invalid.some((one) => isError(one) && one.detail !== 'invariant') ? invalid : [])
  await context.turn?.()
  const result = await withEarlierIssues(invalid.filter(isError), () => policy.check(state))
  const issues = [...invalid, ...result.issues]
  refuseInvalid(issues)
  return { state, result, issues }
}

function completeChange({ policy }: WriteNeeds, context: WriteContext, one: PreparedChange): PreparedChange {
  const { change, at, last, stored: before } = one
  const { now } = context
  const caller = isOfHub(one) ? HUB_CALLER : context.caller
  if (change.kind === 'remove') return one
  if (change.merge) return completeMerge(one, change, caller)
  const { stored, toValidate, ssn } = policy.complete(change.resource, {
    at,
    last,
    caller,
    owner: before?.owner,
    now,
    ...(change.relabels ? { relabels: true } : {}),
  })
  return { ...one, after: stored, toValidate: withIdOf(change.sent, toValidate), ...(ssn ? { ssn } : {}) }
}

/** A merge writes what was stored, which keeps what the hub once filled in. */
function completeMerge(
  one: PreparedChange,
  { merge, derived, resource, ssn }: Put,
  { agency }: Caller,
): PreparedChange {
  const source = merge === 'moved' && derived !== 'hub' ? {} : { source: `Organization/${agency}` }
  const after = { ...resource, meta: { ...resource.meta, ...source } }
  return { ...one, after, ...(ssn === undefined ? {} : { ssn }) }
}

type Put = Change & { readonly kind: 'put' }

/** The id of a new record is the hub's; one that was sent must be well-formed nevertheless. */
function withIdOf(sent: PreparedChange['toValidate'], resource: NonNullable<PreparedChange['after']>) {
  if (!sent) return resource
  const { id: _, ...rest } = resource
  return sent.id === undefined ? rest : { ...rest, id: sent.id }
}

type InEffect = Pick<WriteNeeds, 'definitions' | 'validator'> & Pick<PendingState, 'effective'>

/** Pins the definitions for this write: the current ones, or those that result from it when it posts definitions. */
function definitionsInEffect({ policy, definitions, validator }: WriteNeeds, changes: readonly PreparedChange[]) {
  const effective = policy.posted?.effective(changes)
  const inEffect: InEffect = effective
    ? { effective, definitions: effective.definitions, validator: effective.validator }
    : { definitions, validator }
  return inEffect
}

/** Does the work; its errors come after the ones that were found already. */
async function withEarlierIssues<T>(errors: readonly Issue[], work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof OutcomeError) || errors.length === 0) throw error
    throw new OutcomeError([...errors, ...error.issues], { status: error.status, headers: error.headers })
  }
}

async function validate({ validator }: InEffect, changes: readonly PreparedChange[]): Promise<readonly Issue[]> {
  return (await Promise.all(changes.map((one) => validateChange(validator, one)))).flat()
}

async function validateChange(
  validator: WriteNeeds['validator'],
  { change, after, toValidate = after, at }: PreparedChange,
): Promise<readonly Issue[]> {
  // What a merge moves was valid when it was written; the definitions of today may not hold it up.
  if (change.kind === 'remove' || !toValidate || isMoved(change)) return []
  try {
    const issues = await validator.check(toValidate, { at })
    return issuesAsSent(issues, { sent: change.sent ?? change.resource, validated: toValidate, at })
  } catch (fault) {
    // A record may claim a profile that comes with it and cannot be used.
    if (!(fault instanceof Error) || fault.name !== 'DefinitionFault') throw fault
    return [{ severity: 'error', detail: 'definition-invalid', text: fault.message, expression: at }]
  }
}

/** Two rules, or two records, may find the same fault: it is one issue. */
function refuseInvalid(issues: readonly Issue[]): void {
  if (!issues.some(isError)) return
  throw new OutcomeError([...new Map(issues.map((issue) => [JSON.stringify(issue), issue])).values()])
}
