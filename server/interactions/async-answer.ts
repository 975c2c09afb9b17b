/**
 * Carries out a request that was accepted to be answered later, and makes its result: a Bundle `batch-response`, with
 * one entry for the answer unless the request was a batch itself. https://hl7.org/fhir/R5/async-bundle.html
 */
import { buildResponses, type EntryReply } from '../fhir/bundle.ts'
import { parseJsonInTurns } from '../fhir/json-in-turns.ts'
import { operationOutcome, OutcomeError, refuse } from '../fhir/outcome.ts'
import { nextTurn } from '../fhir/turns.ts'
import type { Caller, Key, Resource } from '../fhir/types.ts'
import type { Cursors } from '../search/page.ts'
import { stoppable } from '../store/stoppable.ts'
import type { Store } from '../store/store.ts'
import type { AsyncPayload, Unanswered } from '../write/async-requests.ts'
import { keptHandlers, sealedFor, type KeptRequest } from './async-accept.ts'
import type { Background, Reply } from './call.ts'

/** The result as it is kept. */
export type AsyncResult = { readonly text: string; readonly disclosed: readonly Key[] }

export type AnswerNeeds = {
  readonly cursors: Cursors
  readonly clock: { now(): number }
  /** May the agency still call? */
  isActive(agency: string): Promise<boolean>
  readonly store: Store
  /** Those of the address space, over a store. */
  handlersOver(store: Store): Parameters<typeof keptHandlers>[0]
  /** Most characters of a result. */
  readonly resultLimit: number
  /** Receives every error that is not an OutcomeError. */
  readonly log: { error(event: string, fields: { readonly request: string; readonly fault: unknown }): void }
}

/** What the job of a request needs (jobs/async-request.ts). */
export const asyncAnswers = (needs: AnswerNeeds) => ({
  answer: (id: string, payload: AsyncPayload, background: Background) => answerLater(needs, id, payload, background),
  unanswered: (id: string, why: Unanswered) => unanswered(needs, id, why),
})

/**
 * The result of the request, encrypted.
 * @throws the reason of `background.signal`, and what `along` throws; for a transaction every fault, which may have come
 * after its commit
 */
async function answerLater(
  needs: AnswerNeeds,
  id: string,
  { agency, kind, request = '' }: AsyncPayload,
  background: Background,
): Promise<string> {
  try {
    const kept = (await needs.cursors.openLarge(request, sealedFor(id))) as KeptRequest
    const reply = await replyTo(needs, kept, agency, background)
    return await sealed(needs, id, limited(needs, kept, reply))
  } catch (error) {
    if (error instanceof OutcomeError) return sealed(needs, id, refusal(error))
    // Whatever it was, it came after the request was to end.
    background.signal.throwIfAborted()
    needs.log.error('fault', { request: id, fault: error })
    if (kind === 'transaction') throw error
    return unanswered(needs, id, kind === 'writes' ? 'unknown' : 'failed')
  }
}

async function replyTo(needs: AnswerNeeds, kept: KeptRequest, agency: string, background: Background): Promise<Reply> {
  const { signal } = background
  const run = keptHandlers(needs.handlersOver(stoppable(needs.store, signal))).get(kept.name)
  if (!run) throw refuse('unknown-address', 'The hub does not answer this request any more: it was started anew since.')
  const caller: Caller = { agency, role: kept.role }
  if (caller.role === 'agency' && !(await needs.isActive(agency)))
    throw refuse('unknown-agency', `\`${agency}\` is no agency of this hub any more.`)
  const body = kept.body === undefined ? {} : { body: (await parseJsonInTurns(kept.body)).value as Resource }
  const turn = async (): Promise<void> => {
    await nextTurn()
    signal.throwIfAborted()
  }
  return run({ ...kept.call, ...body, turn, caller, now: needs.clock.now(), background })
}

/** The answer to a batch is a batch-response already; every other one is its entry. */
function resultOf({ name }: KeptRequest, reply: Reply): AsyncResult {
  const { status, text, resource, location, version, lastModified, disclosed = [] } = reply
  if (name === 'transaction' && text?.startsWith(BATCH_RESPONSE)) return { text, disclosed }
  const entry: EntryReply = { status, text, resource, location, version, lastModified }
  return { text: buildResponses('batch-response', [entry]), disclosed }
}

const BATCH_RESPONSE = '{"resourceType":"Bundle","type":"batch-response"'

function limited({ resultLimit }: AnswerNeeds, kept: KeptRequest, reply: Reply): AsyncResult {
  const result = resultOf(kept, reply)
  if (result.text.length <= resultLimit) return result
  const what = kept.name === 'transaction' ? 'The Bundle was processed; read what it made' : 'Ask for it in pages'
  const text = `The answer has ${result.text.length} characters; at most ${resultLimit} are kept. ${what}.`
  return refusal(refuse('async-result-too-large', text))
}

const refusal = ({ status, issues }: OutcomeError): AsyncResult => ({
  text: buildResponses('batch-response', [{ status, outcome: operationOutcome(issues) }]),
  disclosed: [],
})

const sealed = ({ cursors }: Pick<AnswerNeeds, 'cursors'>, id: string, result: AsyncResult): Promise<string> =>
  cursors.sealLarge(result, sealedFor(id))

/** The result of a request that is not run again. */
const unanswered = (needs: Pick<AnswerNeeds, 'cursors'>, id: string, why: Unanswered): Promise<string> =>
  sealed(needs, id, refusal(UNANSWERED[why](id)))

const UNANSWERED: Readonly<Record<Unanswered, (id: string) => OutcomeError>> = {
  unknown: () =>
    refuse(
      'async-outcome-unknown',
      'The hub was interrupted while it processed the batch. It was not repeated: read which of its entries took effect, and send the others again.',
    ),
  committed: () =>
    refuse(
      'async-answer-lost',
      'The transaction was carried out, once and whole; the hub was interrupted before its answer was kept. Read what it wrote, and do not send it again.',
    ),
  failed: (id) =>
    refuse(
      'internal',
      `The hub failed, and nothing was written. The error is logged under \`${id}\`: give the operator this id.`,
    ),
}
