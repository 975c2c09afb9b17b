/**
 * Batch and transaction. A batch is its entries one by one; a transaction is one commit.
 * https://hl7.org/fhir/R4/http.html#transaction
 */
import { buildResponses } from '../fhir/bundle.ts'
import { OutcomeError, refuse, type Issue } from '../fhir/outcome.ts'
import { nextTurn, TURN } from '../fhir/turns.ts'
import { keyText, type JsonObject, type Key, type Resource } from '../fhir/types.ts'
import { insight } from '../records/view.ts'
import { keyOf, type Change } from '../write/change.ts'
import { retryOnConflict } from '../write/conflict.ts'
import { write, type WriteResult } from '../write/pipeline.ts'
import type { Call, Handler, Reply } from './call.ts'
import { created, disclosedIn, updated } from './create.ts'
import { entryCall, type EntryCall } from './entry.ts'
import { entryResult, inTurn, runEntry, type EntryResult } from './entry-result.ts'
import { deletedIssues, type RemoveNeeds } from './remove.ts'
import type { Router } from './routes.ts'
import { tryReads } from './transaction-reads.ts'
import { planWrites, refuseDoubleAddresses, type PlannedEntry } from './transaction-plan.ts'

export type TransactionNeeds = RemoveNeeds & {
  /** The address space, for the entries. */
  readonly route: Router
}

export const transaction =
  (needs: TransactionNeeds): Handler =>
  async (call) => {
    const bundle = bundleOf(call)
    const entries = entriesOf(bundle, needs.limit)
    const read = (entry: JsonObject, index: number): EntryCall => entryCall(needs.route, call, entry, index)
    if (bundle.type === 'batch')
      return answer(
        'batch-response',
        await inTurn(entries, (entry, index) => {
          call.background?.step(index, entries.length)
          return runEntry(call, index, () => read(entry, index))
        }),
      )
    return answer('transaction-response', await allOrNone(needs, call, entries.map(read)))
  }

const answer = (kind: 'batch-response' | 'transaction-response', results: readonly EntryResult[]): Reply => ({
  status: 200,
  text: buildResponses(kind, results),
  disclosed: distinct(results.flatMap(({ disclosed }) => disclosed ?? [])),
})

const distinct = (keys: readonly Key[]): readonly Key[] => [...new Map(keys.map((key) => [keyText(key), key])).values()]

/** @throws OutcomeError for what is no batch or transaction */
export function bundleOf(call: Call): Resource {
  const { body } = call
  if (!body) throw refuse('body-missing', 'Send a Bundle of type `batch` or `transaction` as the body.')
  if (body.resourceType !== 'Bundle')
    throw refuse('type-mismatch', `The body is a \`${String(body.resourceType)}\`; this address takes a \`Bundle\`.`)
  if (body.type === 'batch' || body.type === 'transaction') return body
  throw refuse(
    'bundle-invalid',
    `\`Bundle.type\` is \`${String(body.type)}\`; it must be \`batch\` or \`transaction\`.`,
    { expression: 'Bundle.type' },
  )
}

export function entriesOf(bundle: Resource, limit: number): readonly JsonObject[] {
  const entries = bundle.entry ?? []
  if (
    !Array.isArray(entries) ||
    entries.some((entry) => entry === null || typeof entry !== 'object' || Array.isArray(entry))
  ) {
    throw refuse('bundle-invalid', '`Bundle.entry` must be an array of objects.', { expression: 'Bundle.entry' })
  }
  if (entries.length <= limit) return entries as readonly JsonObject[]
  throw refuse(
    'too-many-entries',
    `The Bundle has ${entries.length} entries; at most ${limit} are taken. Send it in parts.`,
    { expression: 'Bundle.entry' },
  )
}

/** Writes in one commit, in the order DELETE, POST, PUT; reads after it; answers in the order of the request. */
async function allOrNone(
  needs: TransactionNeeds,
  outer: Call,
  calls: readonly EntryCall[],
): Promise<readonly EntryResult[]> {
  refuseDoubleAddresses(calls)
  const isWrite = (one: EntryCall): boolean => one.method !== 'GET' && !one.interaction.startsWith('search-')
  const writes = calls.filter(isWrite)
  const reads = calls.filter((one) => !isWrite(one))
  let replies: ReadonlyMap<EntryCall, Reply> = new Map()
  const done = await retryOnConflict(async () => {
    const view = insight(needs.store, outer.caller, outer.now)
    const { entries, guards } = await planWrites({ needs, outer, view }, writes)
    const changes = entries.flatMap((one) => one.changes)
    const tried = await tryReads(reads, changes)
    if (changes.length === 0) replies = tried
    const along = { guards, ...(await outer.background?.along()) }
    const turn = changes.length > TURN.items ? nextTurn : outer.turn
    const { caller, now, requestId } = outer
    const author = { caller, now, requestId, view, ...(turn ? { turn } : {}) }
    const written = await atPatches(writes, () => write(needs, author, changes, along))
    const byChange = new Map(changes.map((change, index) => [change, written[index]]))
    return new Map(entries.map((one) => [one.call, entryResult(one.call, replyTo(needs, one, byChange))]))
  })
  return inTurn(calls, (one, index) => {
    const reply = replies.get(one)
    return done.get(one) ?? runEntry(outer, index, () => (reply ? { ...one, run: () => Promise.resolve(reply) } : one))
  })
}

/**
 * What is wrong with a patched record is nowhere in the body that was sent: the issue names the patch, and its text the
 * element.
 */
async function atPatches<T>(calls: readonly EntryCall[], work: () => Promise<T>): Promise<T> {
  const patches = calls.filter(({ interaction }) => interaction === 'patch')
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof OutcomeError) || patches.length === 0) throw error
    const issues = error.issues.map((issue): Issue => {
      const patch = patches.find(({ at }) => issue.expression?.startsWith(`${at}.resource.`))
      if (!patch || issue.detail.startsWith('patch-')) return issue
      const element = issue.expression!.replace(`${patch.at}.resource`, patch.type ?? '')
      return { ...issue, expression: `${patch.at}.resource`, text: `After the patch, \`${element}\`: ${issue.text}` }
    })
    throw new OutcomeError(issues, { status: error.status, headers: error.headers })
  }
}

function replyTo(
  needs: TransactionNeeds,
  { call, changes, existing, isSeveral }: PlannedEntry,
  writes: ReadonlyMap<Change, WriteResult | undefined>,
): Reply {
  if (existing) return disclosedIn(needs, call, existing, updated(existing))
  const [change] = changes
  const written = change && writes.get(change)
  const version = written?.version
  if (isSeveral && change) return { status: 200, issues: deletedIssues(changes.map(keyOf)) }
  if (!version || change?.kind === 'remove') {
    return { status: 204, version: version?.version, lastModified: version?.at }
  }
  const reply = written?.created ? created : updated
  return disclosedIn(needs, call, version, reply(version, written?.issues))
}
