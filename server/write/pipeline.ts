/**
 * The one way of a write: load what is there, refuse what cannot be, validate, ask the rules, see who may know, and
 * hand the store one commit. PUT, DELETE, conditional create, transactions and operations all come through here.
 */
import { POSTED_TYPES } from '../definitions/posted.ts'
import { isError, OutcomeError, refuse, type Issue } from '../fhir/outcome.ts'
import type { Caller } from '../fhir/types.ts'
import type { Viewer } from '../search/query.ts'
import { CommitConflict, StoreFull, type Guard, type Version, type Work, type Write } from '../store/store.ts'
import { audiencesOf, type Audiences } from './audiences.ts'
import {
  WriteConflict,
  type Change,
  type PreparedChange,
  type Rule,
  type PendingState,
  type RuleResult,
  type WriteContext,
} from './change.ts'
import { keyOf, load } from './load.ts'
import { entriesOf, remainingEntries } from './index-entries.ts'
import { derivedChanges } from './derived-changes.ts'
import type { WriteNeeds } from './needs.ts'
import { checkPreconditions, expectOf } from './preconditions.ts'
import { checkReferences } from './references.ts'
import { RULES } from './rules/index.ts'
import { withPathways } from './pathway.ts'
import { issuesAtEntry } from './bundle-location.ts'
import { pendingState } from './pending-state.ts'

export type Who = { readonly caller: Caller; readonly now: number }

/** Writers of one record that wait for each other this often are told to come back. */
const TRIES = 100

/**
 * Begins again, from the reading on, whenever somebody else committed in between. `attempt` must read afresh.
 * Errors: `busy` (503) after a hundred tries.
 */
export async function retryOnConflict<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof WriteConflict)) throw error
    }
  }
  throw refuse('busy', 'The records of this request are being written to by many at once; send it again.', {
    headers: { 'Retry-After': '1' },
  })
}

/**
 * What a job or a log reader commits together with its changes: the claim under which it works, jobs that follow, its
 * cursors. A lost claim or a cursor that another reader moved is thrown as CommitConflict and not tried again.
 */
export type Along = Pick<Work, 'claim' | 'jobs' | 'cursors'>

/** What became of a change: the version made (none: a deletion of nothing), and whether there was nothing before it. */
export type Written = { readonly version?: Version; readonly created: boolean }

/**
 * Commits the changes, all or none, and answers what became of each, in order.
 * Throws OutcomeError for what the caller must mend, Outrun when the state that was looked at is gone.
 */
export function write(
  needs: WriteNeeds,
  who: Who,
  changes: readonly Change[],
  along: Along = {},
): Promise<readonly Written[]> {
  const { posted } = needs
  const attempt = () => writeOnce(needs, who, changes, along)
  const posts = changes.some((one) => POSTED_TYPES.includes(keyOf(one).type))
  return posted ? posted.attempt(posts, attempt) : attempt()
}

async function writeOnce(
  given: WriteNeeds,
  who: Who,
  changes: readonly Change[],
  along: Along,
): Promise<readonly Written[]> {
  const { needs, loaded, scene, verdict } = await prepare(given, who, changes)
  const audiences = await audiencesOf(needs, who.caller, loaded)
  const work = await workOf(needs, scene, verdict, audiences)
  const { versions } = await commit(needs, { ...work, ...along, jobs: [...(work.jobs ?? []), ...(along.jobs ?? [])] })
  needs.effective?.posts?.takeEffect()
  const written = loaded.filter(changesAnything)
  const became = (one: PreparedChange): Written => ({
    version: versions[written.indexOf(one)],
    created: one.before === undefined,
  })
  return loaded.slice(0, changes.length).map(became)
}

/** What a change would be refused for, or told about, if it were applied now; nothing is written. */
export async function dryRun(needs: WriteNeeds, who: Who, change: Change): Promise<readonly Issue[]> {
  try {
    return (await prepare(needs, who, [change])).said
  } catch (error) {
    if (error instanceof OutcomeError) return error.issues
    throw error
  }
}

/** Everything before the commit. `said`: what is worth saying of what is not refused. */
async function prepare(given: WriteNeeds, who: Who, changes: readonly Change[]) {
  const viewer: Viewer = who.caller.role === 'hub' ? 'unrestricted' : { agency: who.caller.agency, at: who.now }
  const writer: WriteContext = { caller: who.caller, now: who.now, viewer: viewer }
  const wanted = await load(given, writer, [...changes, ...(await derivedChanges(given, writer, changes))])
  for (const one of wanted) await issuesAtEntry(one, () => checkPreconditions(given, who.caller, one))
  const loaded = await withPathways(given, writer, wanted)
  const needs = withEffectiveDefinitions(given, loaded)
  const scene = pendingState(needs, writer, loaded)
  const invalid = await validate(needs, loaded)
  // The rules can be asked of a resource of the right shape; whoever breaks an invariant is told what they say as well.
  refuseInvalid(invalid.some((one) => isError(one) && one.detail !== 'invariant') ? invalid : [])
  const verdict = await withEarlierIssues(invalid.filter(isError), () => checkRules(needs, scene))
  const said = [...invalid, ...verdict.issues]
  refuseInvalid(said)
  return { needs, loaded, scene, verdict, said }
}

/** One write looks at one state of the definitions from here on: at the one that it makes, where it posts some. */
function withEffectiveDefinitions(needs: WriteNeeds, loaded: readonly PreparedChange[]): WriteNeeds {
  const made = needs.posted?.effective(loaded)
  return made ? { ...needs, effective: made, definitions: made.definitions, validator: made.validator } : needs
}

/** Does the work; what it refuses is told after what is wrong already. */
async function withEarlierIssues<T>(wrong: readonly Issue[], work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof OutcomeError) || wrong.length === 0) throw error
    throw new OutcomeError([...wrong, ...error.issues], { status: error.status, headers: error.headers })
  }
}

async function validate(needs: WriteNeeds, loaded: readonly PreparedChange[]): Promise<readonly Issue[]> {
  const checked = loaded.map(({ after, toValidate = after, at }) =>
    toValidate
      ? needs.validator.check(toValidate, { at }).catch((fault: unknown) => unusableDefinition(fault, at))
      : [],
  )
  return (await Promise.all(checked)).flat()
}

/** A record may claim a profile that comes with it and cannot be used. */
function unusableDefinition(fault: unknown, expression: string): readonly Issue[] {
  if (!(fault instanceof Error) || fault.name !== 'DefinitionFault') throw fault
  return [{ severity: 'error', detail: 'definition-invalid', text: fault.message, expression }]
}

/** Two rules, or two records, may have the same to say: it is said once. */
function refuseInvalid(issues: readonly Issue[]): void {
  if (!issues.some(isError)) return
  throw new OutcomeError([...new Map(issues.map((issue) => [JSON.stringify(issue), issue])).values()])
}

async function checkRules(needs: WriteNeeds, scene: PendingState): Promise<Required<RuleResult>> {
  if (needs.rules === 'open') return { issues: [], guards: [], jobs: [] }
  const verdicts = await Promise.all(
    scene.changes.flatMap((one) => rulesFor(one.key.type).map((rule) => checkRule(rule, one, scene, needs))),
  )
  const issues = [...(await checkReferences(needs, scene)), ...verdicts.flatMap((one) => one.issues ?? [])]
  return {
    issues,
    guards: verdicts.flatMap((one) => one.guards ?? []),
    jobs: verdicts.flatMap((one) => one.jobs ?? []),
  }
}

/** A rule speaks of `Task.status`; in a Bundle that stands at `Bundle.entry[2].resource.status`. */
async function checkRule(rule: Rule, one: PreparedChange, scene: PendingState, needs: WriteNeeds): Promise<RuleResult> {
  const verdict = await issuesAtEntry(one, () => rule.check(one, scene, needs))
  const located = (text: string | undefined) =>
    text?.split('.')[0] === one.key.type ? text.replace(one.key.type, one.at) : text
  return {
    ...verdict,
    issues: (verdict.issues ?? []).map((issue) => ({ ...issue, expression: located(issue.expression) })),
  }
}

const rulesFor = (type: string): readonly Rule[] =>
  RULES.filter((rule) => rule.types.includes(type) || rule.types.includes('*'))

/** To delete what is not there, as far as the caller may know, is done already, and must not touch what is there. */
const changesAnything = (one: PreparedChange): boolean => (one.after ?? one.before) !== undefined

async function workOf(
  needs: WriteNeeds,
  scene: PendingState,
  verdict: Required<RuleResult>,
  audiences: Audiences,
): Promise<Work> {
  const { changes, caller } = scene
  const writes = await Promise.all(
    changes.flatMap((one, index) =>
      changesAnything(one) ? [writeOf(needs, caller.agency, one, audiences.of[index] ?? [])] : [],
    ),
  )
  const unless: Guard[] = changes.flatMap(({ change }) =>
    change.kind === 'put' && change.unless ? [{ none: change.unless }] : [],
  )
  return {
    writes: [...writes, ...audiences.writes, ...(needs.effective?.posts ? [needs.effective.posts.write] : [])],
    guards: [...unless, ...verdict.guards, ...audiences.guards],
    jobs: verdict.jobs,
  }
}

async function writeOf(
  needs: WriteNeeds,
  author: string,
  one: PreparedChange,
  audience: Audiences['of'][number],
): Promise<Write> {
  const expect = expectOf(one)
  if (!one.after) {
    return {
      kind: 'remove',
      key: one.key,
      entries: await remainingEntries(needs, one),
      audience,
      author,
      expect,
    }
  }
  const method = one.change.kind === 'put' && one.change.create ? 'POST' : 'PUT'
  return {
    kind: 'put',
    method,
    resource: one.after,
    entries: await entriesOf(needs, one, one.after),
    audience,
    author,
    expect,
  }
}

async function commit(needs: WriteNeeds, work: Work) {
  try {
    return await needs.store.commit(work)
  } catch (error) {
    if (error instanceof CommitConflict) {
      throw error.kind === 'claim' || error.kind === 'cursor' ? error : new WriteConflict(error.message)
    }
    if (error instanceof StoreFull) {
      throw refuse(
        'store-full',
        'The store has no room left, so nothing was written; reads go on. Ask the operator to make room, then send the request again.',
      )
    }
    throw error
  }
}
