/**
 * FHIR update, which also creates under an id of the caller's choice, and conditional update.
 * https://hl7.org/fhir/R4/http.html#update, #upsert, #cond-update
 */
import { refuse } from '../fhir/outcome.ts'
import type { Resource } from '../fhir/types.ts'
import { insight, type View } from '../records/view.ts'
import type { Guard } from '../store/store.ts'
import type { Change } from '../write/change.ts'
import type { Call, Handler } from './call.ts'
import { conditionOf, matchOf, nothingMatches, type Condition } from './conditional.ts'
import { bodyOf, created, disclosedIn, never, updated, type CreateNeeds } from './create.ts'
import { preconditionsOf } from './if-match.ts'
import { keyOf, requireInteraction } from './target.ts'
import { withLocalReferences } from './local-references.ts'
import { retryOnConflict } from '../write/conflict.ts'
import { write } from '../write/pipeline.ts'

export const update =
  (needs: CreateNeeds): Handler =>
  async (call) => {
    requireInteraction(needs.definitions, call, 'update')
    const body = withLocalReferences(bodyOf(call), call.base)
    await call.turn?.()
    const { caller, now, requestId, turn } = call
    const at = body.resourceType
    const condition = call.id === undefined ? conditionOf(needs, call) : undefined
    if (!condition) requireSameId(body, keyOf(call).id, { what: 'body', expression: `${at}.id` })
    return retryOnConflict(async () => {
      const view = insight(needs.store, call.caller, call.now)
      const target = condition
        ? await conditionalTarget(needs, call, { view, condition, body, at })
        : { id: keyOf(call).id, guards: [] }
      const change = putChange(call, body, target, at)
      const [written] = await write(needs, { caller, now, requestId, turn, view }, [change], {
        guards: target.guards,
      })
      const version = written?.version ?? never()
      // A record that is brought back after its deletion is created as well.
      const reply = written?.created ? created : updated
      return disclosedIn(needs, call, version, reply(version, written?.issues))
    })
  }

/** The record that an update makes or changes, and what must still hold when it is committed. */
export type UpdateTarget = {
  readonly id: string
  /** It is new, under an id of the hub. */
  readonly create?: boolean
  /** It is new, under the id of the body. */
  readonly isAbsent?: boolean
  readonly guards: readonly Guard[]
}

export type ConditionalUpdate = {
  readonly view: View
  readonly condition: Condition
  readonly body: Resource
  readonly at: string
}

/**
 * The record that meets the condition, or a new one where none does: under the id of the body, if it has one. There may
 * be a record of that id which does not meet the condition: it is not the one that was meant.
 * @throws OutcomeError `id-mismatch` where the body has another id than the match; `multiple-matches`; `version-conflict`
 */
export async function conditionalTarget(
  needs: Pick<CreateNeeds, 'newId'>,
  call: Call,
  { view, condition, body, at }: ConditionalUpdate,
): Promise<UpdateTarget> {
  const { version, guards } = await matchOf(view, condition)
  if (version && body.id !== undefined) requireSameId(body, version.id, { what: 'match', expression: `${at}.id` })
  if (version) return { id: version.id, guards }
  if (call.ifMatch !== undefined) throw nothingMatches(condition)
  return body.id === undefined ? { id: needs.newId(), create: true, guards } : { id: body.id, isAbsent: true, guards }
}

/** The update of a record. What was sent need not have its id. */
export const putChange = (
  call: Call,
  body: Resource,
  { id, create = false, isAbsent }: UpdateTarget,
  at: string,
): Change & { readonly kind: 'put' } => ({
  kind: 'put',
  create,
  resource: { ...body, id },
  ...(body.id === id ? {} : { sent: body }),
  ...preconditionsOf(call),
  ...(isAbsent ? { ifNoneMatch: '*' as const } : {}),
  at,
})

/** Whose id the body must have. */
type IdOwner = { readonly what: 'body' | 'match' | 'resource'; readonly expression: string }

export function requireSameId({ id: sent }: Resource, id: string, { what, expression }: IdOwner): void {
  if (sent === id) return
  const found = sent === undefined ? 'no id' : `the id \`${String(sent)}\``
  const text =
    what === 'match'
      ? `The condition matches the record \`${id}\`, and the body has ${found}. Leave the id out, or send that of the match.`
      : what === 'body'
        ? `The body has ${found}; the address says \`${id}\`.`
        : `The resource has ${found}; the request says \`${id}\`.`
  throw refuse('id-mismatch', text, { expression })
}
