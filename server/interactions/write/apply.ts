/**
 * The one way of a write: load what is there, refuse what cannot be, validate, ask the rules, see who may know, and
 * hand the store one commit. PUT, DELETE, conditional create, transactions and operations all come through here.
 */
import { POSTED_TYPES } from '../../definitions/posted.ts'
import { isError, OutcomeError, refuse, type Issue } from '../../fhir/outcome.ts'
import type { Caller } from '../../fhir/types.ts'
import type { Sight } from '../../search/query.ts'
import { CommitConflict, StoreFull, type Guard, type Version, type Work, type Write } from '../../store/store.ts'
import { audiencesOf, type Audiences } from './audiences.ts'
import { Outrun, type Change, type Changed, type Rule, type Scene, type Verdict, type Writer } from './change.ts'
import { keyOf, load } from './load.ts'
import { entriesOf, remainingEntries } from './entries.ts'
import { followingChanges } from './following.ts'
import type { WriteNeeds } from './needs.ts'
import { checkPreconditions, expectOf } from './preconditions.ts'
import { checkReferences } from './references.ts'
import { RULES } from './rules/index.ts'
import { withPathways } from './pathway.ts'
import { saidOf } from './said.ts'
import { sceneOf } from './scene.ts'

export type Who = { readonly caller: Caller; readonly now: number }

/** Writers of one record that wait for each other this often are told to come back. */
const TRIES = 100

/**
 * Begins again, from the reading on, whenever somebody else committed in between. `attempt` must read afresh.
 * Errors: `busy` (503) after a hundred tries.
 */
export async function settled<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof Outrun)) throw error
    }
  }
  throw refuse('busy', 'The records of this request are being written to by many at once; send it again.', {
    headers: { 'Retry-After': '1' },
  })
}

/** What became of a change: the version made (none: a deletion of nothing), and whether there was nothing before it. */
export type Written = { readonly version?: Version; readonly created: boolean }

/**
 * Commits the changes, all or none, and answers what became of each, in order.
 * Throws OutcomeError for what the caller must mend, Outrun when the state that was looked at is gone.
 */
export function apply(needs: WriteNeeds, who: Who, changes: readonly Change[]): Promise<readonly Written[]> {
  const { publication } = needs
  const posts = changes.some((one) => POSTED_TYPES.includes(keyOf(one).type))
  return publication && posts ? publication.inTurn(() => applied(needs, who, changes)) : applied(needs, who, changes)
}

async function applied(given: WriteNeeds, who: Who, changes: readonly Change[]): Promise<readonly Written[]> {
  const { needs, loaded, scene, verdict } = await prepared(given, who, changes)
  const audiences = await audiencesOf(needs, who.caller, loaded)
  const { versions } = await commit(needs, await workOf(needs, scene, verdict, audiences))
  needs.standing?.posts?.takeEffect()
  const written = loaded.filter(changesAnything)
  const became = (one: Changed): Written => ({
    version: versions[written.indexOf(one)],
    created: one.before === undefined,
  })
  return loaded.slice(0, changes.length).map(became)
}

/** What a change would be refused for, or told about, if it were applied now; nothing is written. */
export async function tried(needs: WriteNeeds, who: Who, change: Change): Promise<readonly Issue[]> {
  try {
    return (await prepared(needs, who, [change])).said
  } catch (error) {
    if (error instanceof OutcomeError) return error.issues
    throw error
  }
}

/** Everything before the commit. `said`: what is worth saying of what is not refused. */
async function prepared(given: WriteNeeds, who: Who, changes: readonly Change[]) {
  const sight: Sight = who.caller.role === 'hub' ? 'everything' : { agency: who.caller.agency, at: who.now }
  const writer: Writer = { caller: who.caller, now: who.now, sight }
  const wanted = await load(given, writer, [...changes, ...(await followingChanges(given, writer, changes))])
  for (const one of wanted) await saidOf(one, () => checkPreconditions(given, who.caller, one))
  const loaded = await withPathways(given, writer, wanted)
  const needs = standing(given, loaded)
  const scene = sceneOf(needs, writer, loaded)
  const invalid = await validate(needs, loaded)
  // The rules can be asked of a resource of the right shape; whoever breaks an invariant is told what they say as well.
  refuseInvalid(invalid.some((one) => isError(one) && one.code !== 'invariant') ? invalid : [])
  const verdict = await besides(invalid.filter(isError), () => ask(needs, scene))
  const said = [...invalid, ...verdict.issues]
  refuseInvalid(said)
  return { needs, loaded, scene, verdict, said }
}

/** One write looks at one state of the definitions from here on: at the one that it makes, where it posts some. */
function standing(needs: WriteNeeds, loaded: readonly Changed[]): WriteNeeds {
  const made = needs.publication?.standing(loaded)
  return made ? { ...needs, standing: made, definitions: made.definitions, validator: made.validator } : needs
}

/** Does the work; what it refuses is told after what is wrong already. */
async function besides<T>(wrong: readonly Issue[], work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof OutcomeError) || wrong.length === 0) throw error
    throw new OutcomeError([...wrong, ...error.issues], { status: error.status, headers: error.headers })
  }
}

async function validate(needs: WriteNeeds, loaded: readonly Changed[]): Promise<readonly Issue[]> {
  const checked = loaded.map(({ after, judged = after, at }) =>
    judged ? needs.validator.check(judged, { at }).catch((fault: unknown) => unusable(fault, at)) : [],
  )
  return (await Promise.all(checked)).flat()
}

/** A record may claim a profile that comes with it and cannot be used. */
function unusable(fault: unknown, expression: string): readonly Issue[] {
  if (!(fault instanceof Error) || fault.name !== 'DefinitionFault') throw fault
  return [{ severity: 'error', code: 'definition-invalid', text: fault.message, expression }]
}

/** Two rules, or two records, may have the same to say: it is said once. */
function refuseInvalid(issues: readonly Issue[]): void {
  if (!issues.some(isError)) return
  throw new OutcomeError([...new Map(issues.map((issue) => [JSON.stringify(issue), issue])).values()])
}

async function ask(needs: WriteNeeds, scene: Scene): Promise<Required<Verdict>> {
  if (needs.rules === 'open') return { issues: [], guards: [], jobs: [] }
  const verdicts = await Promise.all(
    scene.changes.flatMap((one) => rulesFor(one.key.type).map((rule) => asked(rule, one, scene, needs))),
  )
  const issues = [...(await checkReferences(needs, scene)), ...verdicts.flatMap((one) => one.issues ?? [])]
  return {
    issues,
    guards: verdicts.flatMap((one) => one.guards ?? []),
    jobs: verdicts.flatMap((one) => one.jobs ?? []),
  }
}

/** A rule speaks of `Task.status`; in a Bundle that stands at `Bundle.entry[2].resource.status`. */
async function asked(rule: Rule, one: Changed, scene: Scene, needs: WriteNeeds): Promise<Verdict> {
  const verdict = await saidOf(one, () => rule.check(one, scene, needs))
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
const changesAnything = (one: Changed): boolean => (one.after ?? one.before) !== undefined

async function workOf(
  needs: WriteNeeds,
  scene: Scene,
  verdict: Required<Verdict>,
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
    writes: [...writes, ...audiences.writes, ...(needs.standing?.posts ? [needs.standing.posts.write] : [])],
    guards: [...unless, ...verdict.guards, ...audiences.guards],
    jobs: verdict.jobs,
  }
}

async function writeOf(
  needs: WriteNeeds,
  author: string,
  one: Changed,
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
    if (error instanceof CommitConflict) throw new Outrun(error.message)
    if (error instanceof StoreFull) {
      throw refuse(
        'store-full',
        'The store has no room left, so nothing was written; reads go on. Ask the operator to make room, then send the request again.',
      )
    }
    throw error
  }
}
