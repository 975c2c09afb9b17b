/**
 * $meta, $meta-add and $meta-delete as R4 defines them: the profiles, tags and security labels of one record, or of all
 * records of a type or of the hub that the caller may know of; added to a record, and taken off. Taking a label of
 * restriction off opens the record at once. https://hl7.org/fhir/R4/resource-operation-meta.html
 */
import { carry } from '../fhir/decimals.ts'
import { parseEtags } from '../fhir/etag.ts'
import { items } from '../fhir/element.ts'
import { metaWith, metaWithout } from '../fhir/meta.ts'
import { refuse } from '../fhir/outcome.ts'
import { buildParameters, readParameters, value } from '../fhir/parameters.ts'
import { withoutIdleConfidentiality } from '../domain/visibility/labels.ts'
import type { Coding, Json, JsonObject } from '../fhir/types.ts'
import type { Call, Reply } from '../interactions/call.ts'
import { deleted } from '../interactions/read.ts'
import { capabilityOf, keyOf, notFound } from '../interactions/target.ts'
import { isDeleted, resourceOf } from '../records/resource.ts'
import { disclosing, insight } from '../records/view.ts'
import { ALL } from '../search/query.ts'
import type { Version } from '../store/store.ts'
import { retryOnConflict } from '../write/conflict.ts'
import type { WriteNeeds } from '../write/needs.ts'
import { write } from '../write/pipeline.ts'
import { operationDefinition } from './define.ts'
import type { Operation } from './operation.ts'

/** More records than this are not read for one answer. */
const MOST = 10_000

export const meta = (needs: WriteNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'meta')
  return {
    ...definition,
    levels: ['system', 'type', 'instance'],
    types: [],
    affectsState: false,
    async run(call) {
      readParameters(takes, call)
      if (call.id === undefined) return answer(await metaOfAll(needs, call))
      capabilityOf(needs.definitions, call)
      const view = disclosing(needs.store, call.caller, call.now)
      const version = await view.read(keyOf(call))
      if (!version) throw notFound(keyOf(call))
      if (isDeleted(version)) throw deleted(version)
      return { ...answer(metaOf(version), version), disclosed: view.disclosed() }
    },
  }
}

export const metaAdd = (needs: WriteNeeds): Operation => changing(needs, 'meta-add', metaWith)
export const metaDelete = (needs: WriteNeeds): Operation => changing(needs, 'meta-delete', takenOff)

function takenOff(base: JsonObject, given: JsonObject): JsonObject {
  const left = metaWithout(base, given)
  const labels = (meta: JsonObject) => items(meta.security) as readonly Coding[]
  const security = withoutIdleConfidentiality(labels(base), labels(left))
  const { security: _, ...others } = left
  return { ...others, ...(security.length > 0 ? { security: security as readonly Json[] as Json } : {}) }
}

type MetaChange = (base: JsonObject, given: JsonObject) => JsonObject

function changing(needs: WriteNeeds, name: string, change: MetaChange): Operation {
  const { takes, ...definition } = operationDefinition(needs.definitions, name)
  const updatable = needs.definitions.capabilities.flatMap(({ type, interactions }) =>
    interactions.includes('update') ? [type] : [],
  )
  return {
    ...definition,
    levels: ['instance'],
    types: updatable,
    affectsState: true,
    async run(call) {
      const given = givenMeta(readParameters(takes, call).meta)
      return retryOnConflict(() => changed(needs, call, (base) => change(base, given)))
    },
  }
}

/** Everything else of the record stays; the change is one of the version that was read, or that If-Match names. */
async function changed(needs: WriteNeeds, call: Call, change: (base: JsonObject) => JsonObject): Promise<Reply> {
  const { store } = needs
  const { caller, now, ifMatch } = call
  const view = insight(store, caller, now)
  const current = await view.read(keyOf(call))
  if (!current) throw notFound(keyOf(call))
  if (isDeleted(current)) throw deleted(current)
  const before = resourceOf(current)
  const { meta: _, ...others } = before
  const next = change(metaOf(current))
  const resource = carry(before, {
    ...others,
    ...(Object.keys(next).length > 0 ? { meta: next } : {}),
  } as typeof before)
  const [written] = await write(needs, { ...call, view }, [
    {
      kind: 'put',
      create: false,
      resource,
      ifMatch: ifMatch === undefined ? [current.version] : parseEtags(ifMatch, 'If-Match'),
      relabels: true,
      at: resource.resourceType,
    },
  ])
  const after = written?.version ?? current
  const answers = disclosing(store, caller, now)
  // The caller may have closed the record to itself.
  const shown = await answers.read(after)
  return { ...answer(shown ? metaOf(after) : {}, after), disclosed: answers.disclosed() }
}

/** Of every record that the caller may know of: what they have, each once. */
async function metaOfAll(needs: WriteNeeds, call: Call): Promise<JsonObject> {
  const type = call.type === undefined ? '*' : capabilityOf(needs.definitions, call).type
  const view = disclosing(needs.store, call.caller, call.now)
  let found: JsonObject = {}
  let count = 0
  for await (const version of view.all({ type, where: ALL })) {
    count += 1
    if (count > MOST)
      throw refuse(
        'too-costly',
        `There are more than ${MOST} records that you may know of; ask for the \`$meta\` of a type, or of one record.`,
      )
    found = metaWith(found, metaOf(version))
  }
  const { profile, security, tag } = found
  return Object.fromEntries(
    Object.entries({ profile, security, tag }).filter(([, one]) => one !== undefined),
  ) as JsonObject
}

const metaOf = (version: Version): JsonObject => (resourceOf(version).meta ?? {}) as unknown as JsonObject

function givenMeta(given: Json | undefined): JsonObject {
  const [one = {}] = items(given)
  const { profile, security, tag, ...others } = one
  const isList = [profile, security, tag].every((list) => list === undefined || Array.isArray(list))
  if (isList && Object.keys(others).length === 0 && Object.keys(one).length > 0) return one
  throw refuse(
    'invalid-parameter',
    '`meta` has `profile`, `security` or `tag`, as arrays, and nothing else: the rest is the hub’s.',
    {
      expression: 'Parameters.parameter',
    },
  )
}

/** JSON has no empty element: of records without profiles, tags and labels there is no parameter. */
function answer(given: JsonObject, version?: Version): Reply {
  return {
    status: 200,
    resource: buildParameters(Object.keys(given).length > 0 ? [value('return', 'Meta', given)] : []),
    ...(version ? { version: version.version, lastModified: version.at } : {}),
  }
}
