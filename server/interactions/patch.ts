/**
 * FHIR patch: the patch is applied to the record as the caller may see it, and the result is written as an update is.
 * https://hl7.org/fhir/R4/http.html#patch
 */
import { refuse } from '../fhir/outcome.ts'
import { nextTurn, TURN } from '../fhir/turns.ts'
import type { Key, Resource } from '../fhir/types.ts'
import { applyPatch, fhirPathPatchOf, jsonPatchOf, type Patch } from '../patch/patch.ts'
import { isDeleted, parseInTurns, resourceOf } from '../records/resource.ts'
import { insight, type View } from '../records/view.ts'
import type { Version } from '../store/store.ts'
import type { Change } from '../write/change.ts'
import { labelsTakenOff } from '../write/complete.ts'
import { retryOnConflict } from '../write/conflict.ts'
import { write } from '../write/pipeline.ts'
import { checkPreconditions } from '../write/preconditions.ts'
import type { Call, Handler } from './call.ts'
import { conditionOf, matchOf, type Condition } from './conditional.ts'
import { disclosedIn, never, updated, type CreateNeeds } from './create.ts'
import { preconditionsOf } from './if-match.ts'
import { deleted } from './read.ts'
import { keyOf, notFound, requireInteraction } from './target.ts'

export const patch =
  (needs: CreateNeeds): Handler =>
  async (call) => {
    requireInteraction(needs.definitions, call, 'patch')
    const document = patchIn(call, needs.patchLimit)
    const { type = '' } = call
    const condition = call.id === undefined ? conditionOf(needs, call) : undefined
    return retryOnConflict(async () => {
      const view = insight(needs.store, call.caller, call.now)
      const match = condition && (await matchOf(view, condition))
      if (condition && !match?.version) throw noMatch(condition)
      const current = match?.version ?? (await currentOf(view, keyOf(call)))
      const turn = current.text.length > TURN.characters ? { turn: nextTurn } : {}
      await turn.turn?.()
      const change = await patchChange(needs, call, { current, document, at: type })
      const author = { ...call, ...turn, view }
      const [written] = await write(needs, author, [change], match ? { guards: match.guards } : {})
      const version = written?.version ?? never()
      return disclosedIn(needs, call, version, updated(version, written?.issues))
    })
  }

/** The patch that a call carries. @throws OutcomeError `patch-malformed`, `patch-too-long`, `body-missing` */
export function patchIn({ body, jsonPatch }: Pick<Call, 'body' | 'jsonPatch'>, limit: number): Patch {
  if (jsonPatch !== undefined) return jsonPatchOf(jsonPatch, limit)
  if (body?.resourceType === 'Parameters') return fhirPathPatchOf(body, limit)
  throw refuse(
    'patch-malformed',
    `A FHIRPath Patch is a \`Parameters\` resource${body ? `, and not a \`${body.resourceType}\`` : ''}. Send a JSON Patch as \`application/json-patch+json\`.`,
  )
}

/** The record that is patched. @throws OutcomeError `not-found`, `deleted` */
export async function currentOf(view: View, key: Key): Promise<Version> {
  const version = await view.read(key)
  if (!version) throw notFound(key)
  if (isDeleted(version)) throw deleted(version)
  return version
}

export type PatchRequest = {
  /** As the caller may see it: an item that is hidden is neither changed nor counted by an index. */
  readonly current: Version
  readonly document: Patch
  /** Where the record is in the request, for issues. */
  readonly at: string
}

/**
 * The update that a patch is. What the record must be is decided first: a patch of an old version is refused for its
 * version (412), not for what it does to the new one.
 */
export async function patchChange(
  needs: CreateNeeds,
  call: Call,
  { current, document, at }: PatchRequest,
): Promise<Change & { readonly kind: 'put' }> {
  await parseInTurns(current)
  const before = resourceOf(current)
  const { definitions, policy } = needs
  const put = { kind: 'put' as const, create: false, ...preconditionsOf(call), at }
  const key = { type: current.type, id: current.id }
  checkPreconditions(needs, call.caller, { change: { ...put, resource: before }, key, at, stored: current, before })
  const setElements = policy.setElements[current.type] ?? []
  const after = await applyPatch(document, { text: current.text, setElements }, definitions.structures)
  refuseLabelsTakenOff(call, before, after)
  return { ...put, resource: { ...after, id: current.id } }
}

/** An update keeps such labels in silence; a patch that says to take one off cannot be what its sender meant. */
function refuseLabelsTakenOff({ caller }: Call, before: Resource, after: Resource): void {
  const [label] = labelsTakenOff(before, after, caller)
  if (!label) return
  throw refuse(
    'patch-reserved',
    `The patch takes the label \`${String(label.code)}\` off, which restricts who may know of the record. A label is taken off by \`$meta-delete\`.`,
  )
}

export const noMatch = ({ query, text }: Condition) =>
  refuse('not-found', `\`${String(query.type)}?${text}\` matches no record that you may know of.`)
