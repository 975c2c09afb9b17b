/**
 * The reads and searches of a transaction. They are answered after its commit, so that they see what it wrote; but they are
 * tried before it, because "servers SHALL either accept all actions (i.e. process each entry resulting in a 2xx or 3xx
 * response code), [...] or reject all resources". https://hl7.org/fhir/R4/http.html#transaction
 */
import { POSTED_TYPES } from '../definitions/posted.ts'
import { OutcomeError, refuse } from '../fhir/outcome.ts'
import { keyText } from '../fhir/types.ts'
import { keyOf, type Change } from '../write/change.ts'
import type { Reply } from './call.ts'
import type { EntryCall } from './entry.ts'

/**
 * Refuses the transaction for a read that cannot succeed. One of what the changes make is left for after the commit. An
 * operation by GET is a read: none that changes anything has a GET.
 * @returns the answers, which hold where nothing is changed
 * @throws OutcomeError that of the read, at its entry
 */
export async function tryReads(
  reads: readonly EntryCall[],
  changes: readonly Change[],
): Promise<ReadonlyMap<EntryCall, Reply>> {
  const replies = new Map<EntryCall, Reply>()
  const written = new Map(changes.map((change) => [keyText(keyOf(change)), change.kind]))
  for (const read of reads) {
    const { type = '', id = '' } = read.compartment ?? read
    const change = id === '' ? undefined : written.get(keyText({ type, id }))
    const isOperation = read.interaction.startsWith('$')
    if (change === 'put' || (isOperation && mayDependOn(changes, read))) continue
    if (change === 'remove' && (isOperation || read.interaction === 'read'))
      throw atEntry(
        read,
        refuse('deleted', `\`${keyText({ type, id })}\` is deleted by the transaction that reads it.`),
      )
    replies.set(read, await tryRead(read))
  }
  return replies
}

/** An operation on a type may look for what the changes make; one on definitions, for the definitions that those use. */
function mayDependOn(changes: readonly Change[], { type = '', id }: EntryCall): boolean {
  const types = changes.map((change) => keyOf(change).type)
  const isDefinition = (one: string): boolean => POSTED_TYPES.includes(one)
  return (id === undefined && types.includes(type)) || (isDefinition(type) && types.some(isDefinition))
}

async function tryRead(read: EntryCall): Promise<Reply> {
  try {
    return await read.run(read)
  } catch (error) {
    throw error instanceof OutcomeError ? atEntry(read, error) : error
  }
}

function atEntry({ at }: EntryCall, { issues, status, headers }: OutcomeError): OutcomeError {
  const expression = `${at}.request.url`
  return new OutcomeError(
    issues.map((issue) => ({ ...issue, expression })),
    { status, headers },
  )
}
