/** FHIR read. https://hl7.org/fhir/R4/http.html#read */
import { keyText } from '../fhir/types.ts'
import { refuse } from '../fhir/outcome.ts'
import { isDeleted } from '../records/resource.ts'
import { disclosing } from '../records/view.ts'
import type { Store, Version } from '../store/store.ts'
import type { Definitions } from '../definitions/definitions.ts'
import { matchesTags, parseEtags } from '../fhir/etag.ts'
import type { Call, Handler, Reply } from './call.ts'
import { readPart, shownPartInTurns } from './subset.ts'
import { keyOf, notFound, requireInteraction } from './target.ts'

export const read =
  ({ store, definitions }: { store: Store; definitions: Definitions }): Handler =>
  async (call) => {
    requireInteraction(definitions, call, 'read')
    const key = keyOf(call)
    const part = readPart(definitions, call)
    const view = disclosing(store, call.caller, call.now)
    const version = await view.read(key)
    if (!version) throw notFound(key)
    if (isDeleted(version)) throw deleted(version)
    return { ...conditionalRead(call, await shownPartInTurns(version, part, definitions)), disclosed: view.disclosed() }
  }

/** 304 when the caller has this version already. https://hl7.org/fhir/R4/http.html#cread */
export function conditionalRead(call: Call, version: Version): Reply {
  const reply = replyOf(version)
  const { text: _text, ...notModified } = { ...reply, status: 304 }
  if (call.ifNoneMatch !== undefined)
    return matchesTags(parseEtags(call.ifNoneMatch, 'If-None-Match'), version.version) ? notModified : reply
  const since = call.ifModifiedSince === undefined ? NaN : Date.parse(call.ifModifiedSince)
  return Math.floor(version.at / 1000) * 1000 <= since ? notModified : reply
}

export const replyOf = (version: Version, status = 200): Reply => ({
  status,
  text: version.text,
  version: version.version,
  lastModified: version.at,
})

export const deleted = (version: Version) =>
  refuse(
    'deleted',
    `\`${keyText(version)}\` was deleted at version \`${version.version}\`; see ${keyText(version)}/_history.`,
    {
      headers: { ETag: `W/"${version.version}"` },
    },
  )
