/**
 * The content of a Binary as itself: sent and answered in its own media type instead of base64 in a resource.
 * https://hl7.org/fhir/R4/binary.html#rest
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { Reply } from '../interactions/call.ts'
import type { Target } from '../interactions/routes.ts'
import { parseJson } from '../fhir/json.ts'
import { refuse } from '../fhir/outcome.ts'
import type { JsonObject, Resource } from '../fhir/types.ts'
import { isFhirType, namesFhir } from './media.ts'

/** Is the body the content itself? "if the content type is not a FHIR one, the Binary has that content" */
export const bringsContent = ({ name, type }: Target, headers: IncomingHttpHeaders): boolean =>
  type === 'Binary' &&
  (name === 'create' || name === 'update') &&
  headers['content-type'] !== undefined &&
  !isFhirType(headers['content-type'])

/** A Binary is answered as itself unless the request names FHIR by Accept or `_format`. */
export const wantsContent = (
  { name, type }: Target,
  { accept }: IncomingHttpHeaders,
  format: string | undefined,
): boolean => type === 'Binary' && (name === 'read' || name === 'vread') && !namesFhir(accept, format)

/**
 * The resource of a body that is its content; X-Security-Context names the resource whose readers may read it.
 * @throws OutcomeError `media-type` for a Content-Type that is none
 */
export function binaryOf(content: Buffer, id: string | undefined, headers: IncomingHttpHeaders): Resource {
  const contentType = headers['content-type']!.trim().replace(/\s+/g, ' ')
  if (!MEDIA_TYPE.test(contentType))
    throw refuse(
      'media-type',
      `Content-Type \`${contentType.slice(0, 100)}\` is not a media type. Write \`image/png\`.`,
    )
  const context = headers['x-security-context']
  return {
    resourceType: 'Binary',
    ...(id === undefined ? {} : { id }),
    contentType,
    ...(typeof context === 'string' ? { securityContext: { reference: context } } : {}),
    ...(content.length > 0 ? { data: content.toString('base64') } : {}),
  }
}

export type Content = { readonly bytes: Buffer; readonly headers: Readonly<Record<string, string>> }

/** The content of a Binary, to be saved and never shown or run; undefined for any other reply. */
export function contentOf({ status, text, resource }: Reply): Content | undefined {
  if (status !== 200) return undefined
  const binary = (text === undefined ? resource : parseJson(text).value) as JsonObject | undefined
  if (binary?.['resourceType'] !== 'Binary') return undefined
  const { contentType, data, securityContext } = binary
  const context = (securityContext as JsonObject | undefined)?.['reference']
  const type =
    typeof contentType === 'string' && MEDIA_TYPE.test(contentType) ? contentType : 'application/octet-stream'
  return {
    bytes: Buffer.from(typeof data === 'string' ? data : '', 'base64'),
    headers: {
      'Content-Type': type,
      'Content-Disposition': 'attachment',
      ...(typeof context === 'string' && /^[!-~]{1,200}$/.test(context) ? { 'X-Security-Context': context } : {}),
    },
  }
}

/** https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1, with nothing that could not stand in a header. */
const MEDIA_TYPE =
  /^[A-Za-z0-9][\w.+!#$&^-]{0,100}\/[A-Za-z0-9][\w.+!#$&^-]{0,100}(?: ?; ?[\w.-]{1,50}=(?:"[ !#-~]{0,100}"|[!-~]{1,100})){0,5}$/
