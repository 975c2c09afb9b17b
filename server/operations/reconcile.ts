/**
 * $reconcile: what changed since the version that a system holds, so that it can take over the change before it
 * writes ("no one updates a participant until they have already reconciled the latest version").
 * In: `base`, the version held. Out: the current resource, its version, and an RFC 6902 patch from base to current.
 */
import jsonPatch from 'fast-json-patch'
import { refuse } from '../fhir/outcome.ts'
import { buildParameters, parts, resource, value } from '../fhir/parameters.ts'
import { ROOT } from '../fhir/canonical.ts'
import { keyText, type Json, type JsonObject, type Resource } from '../fhir/types.ts'
import { keyOf, notFound, viewerOf } from '../interactions/target.ts'
import { deleted } from '../interactions/read.ts'
import type { Store } from '../store/store.ts'
import type { Operation } from './operation.ts'

export const reconcile = ({ store }: { store: Store }): Operation => ({
  name: 'reconcile',
  definition: `${ROOT}/OperationDefinition/reconcile`,
  levels: ['instance'],
  types: ['Patient', 'CarePlan'],
  affectsState: false,
  async run(call) {
    const key = keyOf(call)
    const base = call.params.find(([name]) => name === 'base')?.[1] ?? ''
    if (!/^[1-9]\d{0,8}$/.test(base))
      throw refuse(
        'invalid-parameter',
        `\`base\` is \`${base}\`; send the number of the version that you hold, e.g. base=1.`,
      )
    const current = await store.read(key, viewerOf(call))
    if (!current) throw notFound(key)
    if (current.text === '') throw deleted(current)
    const held = await store.vread(key, Number(base), viewerOf(call))
    if (!held || held.text === '')
      throw refuse(
        'not-found',
        `There is no version \`${base}\` of \`${keyText(key)}\` to compare with; it is at version \`${current.version}\`.`,
      )
    const now = JSON.parse(current.text) as Resource
    const changes = jsonPatch.compare(content(JSON.parse(held.text) as Resource), content(now))
    const body = buildParameters([
      resource('current', now),
      value('version', 'integer', current.version),
      value('base', 'integer', held.version),
      ...changes.map((change) => changePart(change as unknown as JsonObject)),
    ])
    return { status: 200, resource: body, version: current.version, lastModified: current.at }
  },
})

/** What a system reconciles: everything but what the hub itself writes into meta. */
function content(resource: Resource): Resource {
  const { versionId: _v, lastUpdated: _l, source: _s, ...meta } = resource.meta ?? {}
  return { ...resource, meta }
}

const changePart = ({ op, path, value: given }: JsonObject): JsonObject =>
  parts('change', [
    value('op', 'code', String(op)),
    value('path', 'string', String(path)),
    ...(given === undefined ? [] : [value('value', 'string', JSON.stringify(given as Json))]),
  ])
