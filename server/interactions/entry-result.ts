/** What the entries of a Bundle answer. https://hl7.org/fhir/R4/bundle.html#bdl-4 */
import type { EntryReply } from '../fhir/bundle.ts'
import { outcomeInEntry, placedOutcome } from '../fhir/located.ts'
import { operationOutcome, OutcomeError } from '../fhir/outcome.ts'
import { nextTurn, TURN } from '../fhir/turns.ts'
import type { Resource } from '../fhir/types.ts'
import type { Call, Reply } from './call.ts'
import type { EntryCall } from './entry.ts'
import { PREFERENCE_APPLIES } from './routes.ts'

/** What an entry answers, and the records that it discloses. */
export type EntryResult = EntryReply & Pick<Reply, 'disclosed'>

/** One after the other, in order; after some of them other requests have their turn. */
export async function inTurn<T, R>(list: readonly T[], each: (one: T, index: number) => R | Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (const [index, one] of list.entries()) {
    results.push(await each(one, index))
    if (index % TURN.items === TURN.items - 1) await nextTurn()
  }
  return results
}

/** One entry of a batch: its failure is its own, with expressions into the Bundle that was sent. */
export async function runEntry(outer: Call, index: number, read: () => EntryCall): Promise<EntryResult> {
  let type: string | undefined
  const located = (outcome: Resource): Resource =>
    placedOutcome(outcomeInEntry(outcome, `Bundle.entry[${index}]`, type), outer.locate)
  try {
    const call = read()
    type = call.body?.resourceType
    const reply = entryResult(call, await call.run(call))
    if ((reply.text?.length ?? 0) > TURN.characters) await nextTurn()
    const warned = reply.outcome ? { ...reply, outcome: located(reply.outcome) } : reply
    return reply.resource?.resourceType === 'OperationOutcome'
      ? { ...warned, resource: located(reply.resource) }
      : warned
  } catch (error) {
    if (!(error instanceof OutcomeError)) throw error
    return { status: error.status, outcome: located(operationOutcome(error.issues)) }
  }
}

/** The reply to a request as that of an entry. https://hl7.org/fhir/R4/http.html#ops */
export function entryResult(call: EntryCall, reply: Reply): EntryResult {
  const { status, text, resource, location, version, lastModified, disclosed, issues = [] } = reply
  const preferred = PREFERENCE_APPLIES.has(call.interaction) ? call.prefer.return : undefined
  const isWanted = issues.length > 0 || preferred === 'OperationOutcome'
  const outcome = isWanted ? { outcome: operationOutcome(issues) } : {}
  const common = { status, location, version, lastModified, disclosed, ...outcome }
  if (call.isHead || preferred === 'minimal' || preferred === 'OperationOutcome') return common
  // What a deletion has to say is about its response: the entry has no resource.
  if (call.interaction === 'delete' && resource) return { ...common, outcome: resource }
  return { ...common, text, resource }
}
