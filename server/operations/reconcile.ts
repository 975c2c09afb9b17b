/**
 * $reconcile: what changed since the version that a system holds, so that it can take over the change before it
 * writes ("no one updates a participant until they have already reconciled the latest version").
 * In: `base`, the version held. Out: the current resource, its version, and an RFC 6902 patch from base to current.
 */
import jsonPatch from 'fast-json-patch'
import { refuse } from '../fhir/outcome.ts'
import { buildParameters, parts, resource, value } from '../fhir/parameters.ts'
import { ROOT } from '../fhir/canonical.ts'
import { keyText, type Json, type JsonObject, type Key } from '../fhir/types.ts'
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
    const changes = jsonPatch.compare(contentOf(held), contentOf(current))
    const body = buildParameters([
      resource('current', resourceOf(current)),
      value('version', 'integer', current.version),
      value('base', 'integer', held.version),
      ...changes.map((change) => changePart(change as unknown as JsonObject)),
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

/** Marks a string that is the text of a number: no resource contains U+0000. https://hl7.org/fhir/R4/datatypes.html#string */
const NUMBER = '\u0000'
const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
const MARKED_NUMBER = /"\\u0000([^"]*)"/g

/**
 * What a system reconciles: everything but what the hub itself writes into meta. Numbers become marked strings of their
 * text, so that `1.50` and `1.5` differ and a patch has the digits that were written.
 */
function contentOf(version: Version): JsonObject {
  const text = version.text.replace(STRING_OR_NUMBER, (token) =>
    token.startsWith('"') ? token : JSON.stringify(NUMBER + token),
  )
  const { meta = {}, ...others } = JSON.parse(text) as JsonObject & { readonly meta?: JsonObject }
  const { versionId: _v, lastUpdated: _l, source: _s, ...rest } = meta
  return { ...others, meta: rest }
}

const textOf = (content: Json): string => JSON.stringify(content).replace(MARKED_NUMBER, '$1')

const changePart = ({ op, path, value: given }: JsonObject): JsonObject =>
  parts('change', [
    value('op', 'code', String(op)),
    value('path', 'string', String(path)),
    ...(given === undefined ? [] : [value('value', 'string', textOf(given as Json))]),
  ])
