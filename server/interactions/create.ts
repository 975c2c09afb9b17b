/** FHIR create, and conditional create. https://hl7.org/fhir/R4/http.html#create, #ccreate */
import { refuse, type Issue } from '../fhir/outcome.ts'
import { keyText, type Resource } from '../fhir/types.ts'
import type { Query } from '../search/query.ts'
import type { Version } from '../store/store.ts'
import type { Call, Handler, Reply } from './call.ts'
import { multipleMatches } from './conditional.ts'
import { requireInteraction } from './target.ts'
import { withLocalReferences } from './local-references.ts'
import { criteria, type SearchNeeds } from './criteria.ts'
import { disclosing, insight, type View } from '../records/view.ts'
import { retryOnConflict } from '../write/conflict.ts'
import { write } from '../write/pipeline.ts'
import type { WriteNeeds } from '../write/needs.ts'

export type CreateNeeds = WriteNeeds &
  SearchNeeds & {
    newId(): string
    /** Operations of a patch. */
    readonly patchLimit: number
  }

export const create =
  (needs: CreateNeeds): Handler =>
  async (call) => {
    requireInteraction(needs.definitions, call, 'create')
    const body = withLocalReferences(bodyOf(call), call.base)
    await call.turn?.()
    const unless = call.ifNoneExist === undefined ? undefined : criteria(needs, call, call.type ?? '', call.ifNoneExist)
    return retryOnConflict(async () => {
      const view = insight(needs.store, call.caller, call.now)
      const existing = unless && (await singleMatch(view, unless, call.ifNoneExist ?? ''))
      if (existing) return disclosedIn(needs, call, existing, updated(existing))
      const resource = { ...body, id: needs.newId() }
      // Without a condition nothing was read: the write has a view of its own.
      const { caller, now, requestId, turn } = call
      const author = { caller, now, requestId, turn, ...(unless ? { view } : {}) }
      const [written] = await write(needs, author, [
        { kind: 'put', create: true, resource, sent: body, unless, at: body.resourceType },
      ])
      const version = written?.version ?? never()
      return disclosedIn(needs, call, version, created(version, written?.issues))
    })
  }

/** The one record that matches a condition, none, or an error (412) when there are several. */
export async function singleMatch(view: View, query: Query, text: string): Promise<Version | undefined> {
  const { versions } = await view.find({ ...query, limit: 2 })
  if (versions.length < 2) return versions[0]
  throw multipleMatches(String(query.type), text)
}

/** A put always makes a version. */
export function never(): never {
  throw new Error('A write made no version.')
}

/** The resource of the body, of the type of the address. */
export function bodyOf(call: Call): Resource {
  if (!call.body) throw refuse('body-missing', `Send a \`${call.type ?? 'resource'}\` as the body.`)
  if (call.body.resourceType === call.type) return call.body
  throw refuse(
    'type-mismatch',
    `The body is a \`${String(call.body.resourceType)}\`; the address takes a \`${call.type ?? ''}\`.`,
    {
      expression: `${String(call.body.resourceType)}.resourceType`,
    },
  )
}

/** The reply with the record that it discloses: one that the request wrote, or found in place of a new one. */
export function disclosedIn(
  { store }: Pick<WriteNeeds, 'store'>,
  { caller, now }: Call,
  version: Version,
  reply: Reply,
): Reply {
  const view = disclosing(store, caller, now)
  view.disclose(version)
  const shown = view.shown(version)
  return { ...reply, text: shown === version ? reply.text : shown.text, disclosed: view.disclosed() }
}

export const locationOf = (version: Version): string => `${keyText(version)}/_history/${version.version}`

export const created = (version: Version, issues?: readonly Issue[]): Reply => madeReply(version, 201, issues)

export const updated = (version: Version, issues?: readonly Issue[]): Reply => madeReply(version, 200, issues)

/** With the address of the version, from which clients take the id and the version of the record. */
const madeReply = (version: Version, status: number, issues: readonly Issue[] = []): Reply => ({
  status,
  text: version.text,
  version: version.version,
  lastModified: version.at,
  location: locationOf(version),
  issues,
})
