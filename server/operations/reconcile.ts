/**
 * $reconcile: what changed since the version that a system holds, so that it can take over the change before it
 * writes ("no one updates a participant until they have already reconciled the latest version").
 * In: `base`, the version held. Out: the current resource, its version, and an RFC 6902 patch from base to current.
 */
import { refuse } from '../fhir/outcome.ts'
import { buildParameters, parts, resource, value } from '../fhir/parameters.ts'
import { ROOT } from '../fhir/canonical.ts'
import { compareJson } from '../fhir/json-patch.ts'
import { carry } from '../fhir/decimals.ts'
import { keyText, type JsonObject, type Key } from '../fhir/types.ts'
import { keyOf, notFound } from '../interactions/target.ts'
import { deleted } from '../interactions/read.ts'
import { isDeleted, resourceOf } from '../records/resource.ts'
import { disclosing } from '../records/view.ts'
import type { Store, Version } from '../store/store.ts'
import type { Operation } from './operation.ts'

export const reconcile = ({ store }: { readonly store: Store }): Operation => ({
  name: 'reconcile',
  definition: `${ROOT}/OperationDefinition/reconcile`,
  levels: ['instance'],
  types: ['Patient', 'CarePlan', 'CareTeam'],
  affectsState: false,
  async run(call) {
    const key = keyOf(call)
    const base = call.params.find(([name]) => name === 'base')?.[1] ?? ''
    if (!/^[1-9]\d{0,8}$/.test(base))
      throw refuse(
        'invalid-parameter',
        `\`base\` is \`${base}\`; send the number of the version that you hold, e.g. base=1.`,
      )
    const view = disclosing(store, call.caller, call.now)
    const current = await view.read(key)
    if (!current) throw notFound(key)
    if (isDeleted(current)) throw deleted(current)
    const held = await view.vread(key, Number(base))
    if (!held || isDeleted(held)) throw noBase(key, base, current)
    const changes = compareJson(contentOf(held), contentOf(current))
    const body = buildParameters([
      resource('current', resourceOf(current)),
      value('version', 'integer', current.version),
      value('base', 'integer', held.version),
      ...changes.map(changePart),
    ])
    return {
      status: 200,
      resource: body,
      version: current.version,
      lastModified: current.at,
      disclosed: view.disclosed(),
    }
  },
})

const noBase = (key: Key, base: string, current: Version) =>
  refuse(
    'not-found',
    `There is no version \`${base}\` of \`${keyText(key)}\` to compare with; it is at version \`${current.version}\`.`,
  )

/** What a system reconciles: everything but what the hub itself writes into meta. */
function contentOf(version: Version): JsonObject {
  const resource = resourceOf(version)
  const { versionId: _v, lastUpdated: _l, source: _s, ...meta } = resource.meta ?? {}
  return carry(resource, { ...resource, meta }) as unknown as JsonObject
}

type Change = ReturnType<typeof compareJson>[number]

const changePart = ({ op, path, value: text }: Change): JsonObject =>
  parts('change', [
    value('op', 'code', op),
    value('path', 'string', path),
    ...(text === undefined ? [] : [value('value', 'string', text)]),
  ])
