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
import { conditionOf, matchOf, type Condition } from './conditional.ts'
import { bodyOf, created, disclosedIn, locationOf, never, type CreateNeeds } from './create.ts'
import { preconditionsOf } from './if-match.ts'
import { keyOf, requireInteraction } from './target.ts'
import { withLocalReferences } from './local-references.ts'
import { replyOf } from './read.ts'
import { retryOnConflict } from '../write/conflict.ts'
import { write } from '../write/pipeline.ts'

export const update =
  (needs: CreateNeeds): Handler =>
  async (call) => {
    requireInteraction(needs.definitions, call, 'update')
    const body = withLocalReferences(bodyOf(call), call.base)
    const at = body.resourceType
    const condition = call.id === undefined ? conditionOf(needs, call) : undefined
    if (!condition) requireSameId(body, keyOf(call).id, { what: 'body', expression: `${at}.id` })
    return retryOnConflict(async () => {
      const view = insight(needs.store, call.caller, call.now)
      const { change, guards } = condition
        ? await conditionalChange(needs, call, { view, condition, body, at })
        : { change: putChange(call, body, keyOf(call).id, at), guards: [] }
      const [written] = await write(needs, { ...call, view }, [change], { guards })
      const version = written?.version ?? never()
      // A record that is brought back after its deletion is created as well.
      const reply = written?.created ? created(version) : { ...replyOf(version), location: locationOf(version) }
      return disclosedIn(needs, call, version, { ...reply, issues: written?.issues ?? [] })
    })
  }

type Put = Change & { readonly kind: 'put' }

const putChange = (call: Call, body: Resource, id: string, at: string): Put => ({
  kind: 'put',
  create: false,
  resource: { ...body, id },
  ...preconditionsOf(call),
  at,
})

export type ConditionalUpdate = {
  readonly view: View
  readonly condition: Condition
  readonly body: Resource
  readonly at: string
}

/**
 * The update of the record that matches, or the creation of one where none does: under the id of the body, if it has one.
 * @throws OutcomeError `id-mismatch` where the body has another id than the match; `multiple-matches`
 */
export async function conditionalChange(
  needs: Pick<CreateNeeds, 'newId'>,
  call: Call,
  { view, condition, body, at }: ConditionalUpdate,
): Promise<{ readonly change: Put; readonly guards: readonly Guard[] }> {
  const { version, guards } = await matchOf(view, condition)
  if (version) {
    if (body.id !== undefined) requireSameId(body, version.id, { what: 'match', expression: `${at}.id` })
    return { change: { ...putChange(call, body, version.id, at), sent: body }, guards }
  }
  if (body.id === undefined) {
    const change = { ...putChange(call, body, needs.newId(), at), create: true, sent: body }
    return { change: { ...change, ifMatch: change.ifMatch }, guards }
  }
  // There may be a record of this id that does not meet the condition: it is not the one that was meant.
  const change = { ...putChange(call, body, body.id, at), ifNoneMatch: '*' as const }
  return { change, guards }
}

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
