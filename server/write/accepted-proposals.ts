/** An accepted proposal changes the participant in the same commit: the agency of entry, or the board, completes its Task. */
import { isProposal, withProposed } from '../domain/agency-task/proposal.ts'
import { idOf } from '../fhir/element.ts'
import type { Change, PreparedChange } from './change.ts'
import type { WriteContext } from './context.ts'

type Put = Change & { readonly kind: 'put' }

/** The participants with the values of the proposals that these changes accept, each once. */
export async function acceptedProposals(
  { caller, view }: WriteContext,
  changes: readonly PreparedChange[],
): Promise<readonly Put[]> {
  const accepted = changes.flatMap(({ change, before }) => {
    const accepts = change.kind === 'put' && change.resource.status === 'completed' && before?.status === 'requested'
    if (!accepts || !isProposal(before)) return []
    // Whoever may not accept it gets the issue of the rule for that alone.
    const mayAccept = caller.role === 'board' || idOf(before.owner, 'Organization') === caller.agency
    return mayAccept ? [{ task: before, at: change.at }] : []
  })
  const byParticipant = new Map<string, Put>()
  for (const { task, at } of accepted) {
    const id = idOf(task.for, 'Patient') ?? ''
    const patient = byParticipant.get(id)?.resource ?? (await view.resource({ type: 'Patient', id }))
    if (!patient?.id) continue
    const resource = { ...withProposed(patient, task), id: patient.id }
    byParticipant.set(id, { kind: 'put', create: false, resource, derived: true, at })
  }
  return [...byParticipant.values()]
}
