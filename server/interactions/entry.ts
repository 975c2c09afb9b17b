/**
 * The request of a Bundle entry as a call, routed by the same table as a request of its own.
 * https://hl7.org/fhir/R4/bundle.html#bdl-3
 */
import { isUtf8 } from 'node:buffer'
import { parseJson } from '../fhir/json.ts'
import { OutcomeError, refuse } from '../fhir/outcome.ts'
import type { JsonObject, Resource } from '../fhir/types.ts'
import type { Call, Handler } from './call.ts'
import type { Router } from './routes.ts'

export type EntryCall = Call & {
  /** Name of the interaction, as in valueset-restful-interaction. */
  readonly interaction: string
  readonly run: Handler
  readonly fullUrl?: string
  /** `Bundle.entry[2]` */
  readonly at: string
  /** HEAD: the answer has no resource. */
  readonly isHead: boolean
}

/** Does it change records? Of a transaction, such entries are one commit. */
export const isWriting = ({ interaction }: EntryCall): boolean =>
  ['create', 'update', 'patch', 'delete'].includes(interaction)

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const CONDITIONS = ['ifMatch', 'ifNoneMatch', 'ifModifiedSince', 'ifNoneExist'] as const

/**
 * Reads one entry. `outer` is the call that brought the Bundle.
 * Errors: `bundle-invalid`, and what the address gets as a request of its own, each at `Bundle.entry[i].request`.
 */
export function entryCall(route: Router, outer: Call, entry: JsonObject, index: number): EntryCall {
  const at = `Bundle.entry[${index}]`
  const request = (entry.request ?? {}) as JsonObject
  const method = METHODS.find((one) => one === request.method)
  if (!method)
    throw invalid(
      `\`request.method\` is \`${shown(request.method)}\`; it must be one of ${METHODS.join(', ')}.`,
      `${at}.request.method`,
    )
  if (typeof request.url !== 'string')
    throw invalid('`request.url` must be an address such as `Patient/abc`.', `${at}.request.url`)
  const [path, query] = split(request.url, outer.base)
  const { name, run, type, id, version, compartment } = located(
    () => route(method, path, outer.caller),
    `${at}.request.url`,
  )
  refuseMistyped(request, at)
  const carried = name === 'patch' ? patchOf(entry, `${at}.resource`) : { body: resourceOf(entry, `${at}.resource`) }
  return {
    caller: outer.caller,
    prefer: outer.prefer,
    base: outer.base,
    now: outer.now,
    ...(outer.requestId === undefined ? {} : { requestId: outer.requestId }),
    method: method === 'HEAD' ? 'GET' : method,
    isHead: method === 'HEAD',
    type,
    id,
    version,
    compartment,
    params: [...new URLSearchParams(query)],
    ...carried,
    ifMatch: text(request.ifMatch),
    ifNoneMatch: text(request.ifNoneMatch),
    ifModifiedSince: text(request.ifModifiedSince),
    ifNoneExist: text(request.ifNoneExist),
    fullUrl: text(entry.fullUrl),
    interaction: name,
    run,
    at,
  }
}

/** A condition that was not read would let a write through that it should stop. */
function refuseMistyped(request: JsonObject, at: string): void {
  const wrong = CONDITIONS.find((name) => request[name] !== undefined && typeof request[name] !== 'string')
  if (wrong)
    throw invalid(`\`request.${wrong}\` is \`${shown(request[wrong])}\`; it must be a text.`, `${at}.request.${wrong}`)
}

/** A patch: FHIRPath Patch as it is, JSON Patch in a Binary. https://hl7.org/fhir/R4/http.html#patch */
function patchOf(entry: JsonObject, expression: string): Pick<Call, 'body' | 'jsonPatch'> {
  const body = resourceOf(entry, expression)
  if (body?.resourceType !== 'Binary') return { body }
  const { contentType, data } = body
  const [type] = typeof contentType === 'string' ? contentType.toLowerCase().split(';') : []
  if (type?.trim() !== 'application/json-patch+json')
    throw refuse(
      'media-type',
      `The patch has the contentType \`${shown(contentType)}\`; it must be \`application/json-patch+json\`. A FHIRPath Patch is a \`Parameters\` resource.`,
      { expression: `${expression}.contentType` },
    )
  return { jsonPatch: located(() => parseJson(textOf(data)).value, `${expression}.data`) }
}

function textOf(data: unknown): string {
  const bytes = typeof data === 'string' && BASE64.test(data) ? Buffer.from(data, 'base64') : undefined
  if (bytes && isUtf8(bytes)) return bytes.toString('utf8')
  throw refuse('patch-malformed', 'The `data` of the Binary is no JSON Patch in UTF-8 and base64.')
}

/** https://hl7.org/fhir/R4/datatypes.html#base64Binary */
const BASE64 = /^[\s]*([0-9a-zA-Z+/=]{4}[\s]*)+$/

function split(url: string, base: string): readonly [string, string] {
  const relative = url.startsWith(`${base}/`) ? url.slice(base.length) : url.startsWith('/') ? url : `/${url}`
  const mark = relative.indexOf('?')
  return mark < 0 ? [relative, ''] : [relative.slice(0, mark), relative.slice(mark + 1)]
}

function resourceOf(entry: JsonObject, expression: string): Resource | undefined {
  const { resource } = entry
  if (resource === undefined) return undefined
  const isResource =
    resource !== null &&
    typeof resource === 'object' &&
    !Array.isArray(resource) &&
    typeof (resource as JsonObject).resourceType === 'string'
  if (isResource) return resource as Resource
  throw invalid('The resource of the entry is no object with a `resourceType`.', expression)
}

/** An error of the address, at the expression of the address. */
function located<T>(find: () => T, expression: string): T {
  try {
    return find()
  } catch (error) {
    if (!(error instanceof OutcomeError)) throw error
    throw new OutcomeError(
      error.issues.map(({ position: _, ...issue }) => ({ ...issue, expression })),
      { status: error.status },
    )
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
const shown = (value: unknown): string => (JSON.stringify(value) ?? 'absent').slice(0, 100)
const invalid = (sentence: string, expression: string) => refuse('bundle-invalid', sentence, { expression })
