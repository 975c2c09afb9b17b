/**
 * From an HTTP request to a Call: parsed for the interactions and operations, except for the conditional headers, which
 * each interaction parses itself.
 * https://hl7.org/fhir/R4/http.html
 */
import type { Request } from 'express'
import type { Call, Prefer } from '../interactions/call.ts'
import type { Json, Resource } from '../fhir/types.ts'
import type { HttpLimits } from './limits.ts'
import type { Param } from './params.ts'
import type { Target } from '../interactions/routes.ts'
import { createLocator } from '../fhir/json.ts'
import { parseJsonInTurns } from '../fhir/json-in-turns.ts'
import { refuse } from '../fhir/outcome.ts'
import { nextTurn, TURN } from '../fhir/turns.ts'
import { queryOf } from './address.ts'
import { readBody, readText } from './body.ts'
import { binaryOf, bringsContent, wantsContent } from './binary.ts'
import { checkContentType, isJsonPatch, JSON_WRITTEN, negotiate, type Written } from './media.ts'
import { parseParams } from './params.ts'
import { locatorIn } from './positions.ts'
import type { XmlFormat } from '../definitions/xml/format.ts'

export type CallSettings = {
  /** The public base address; absent: the one that the request came to. */
  readonly publicUrl: string | undefined
  /** Where the FHIR addresses begin: `/fhir`. */
  readonly path: string
  readonly limits: HttpLimits
  readonly xml: XmlFormat
}

/** A request that has been read, and how its response is written: `asContent` where a Binary is answered as itself. */
export type Received = { readonly call: Call; readonly written: Written; readonly asContent: boolean }

/** The caller, the instant of the request (ms), and its id. */
type RequestContext = Pick<Call, 'caller' | 'now' | 'requestId'>

/** @throws OutcomeError for a body, address or header that cannot be read; ClientGone. */
export async function receive(
  request: Request,
  target: Target,
  { caller, now, requestId }: RequestContext,
  { publicUrl, path, limits, xml }: CallSettings,
): Promise<Received> {
  const { headers } = request
  refuseTwoHosts(request)
  const base = publicUrl ?? baseOf(headers.host, path)
  const query = parseParams(queryOf(request.url), limits.parameters)
  const {
    form = '',
    body,
    jsonPatch,
    locate,
    turn,
  } = target.body === 'none' ? NOTHING : await readSent(request, target, { limits, xml, body: target.body })
  const given = form === '' ? query : [...query, ...parseParams(form, limits.parameters, query.length)]
  const format = given.find(([name]) => name === '_format')?.[1]
  const asContent = wantsContent(target, headers, format)
  const written = asContent ? JSON_WRITTEN : negotiate(headers.accept, format)
  const call: Call = {
    caller,
    now,
    requestId,
    method: (request.method === 'HEAD' ? 'GET' : request.method) as Call['method'],
    type: target.type,
    id: target.id,
    version: target.version,
    compartment: target.compartment,
    params: given.some(ofTheAnswer) ? given.filter((param) => !ofTheAnswer(param)) : given,
    body,
    jsonPatch,
    locate,
    ...(turn === undefined ? {} : { turn }),
    ifMatch: headers['if-match'],
    ifNoneMatch: headers['if-none-match'],
    ifModifiedSince: headers['if-modified-since'],
    ifNoneExist: headers['if-none-exist'] as string | undefined,
    prefer: preferOf(headers['prefer'] as string | undefined),
    base,
  }
  return { call, written, asContent }
}

/** Parameters about the format of the response, which this layer handles. */
const ofTheAnswer = ([name]: Param): boolean => name === '_format' || name === '_pretty'

type Sent = Pick<Call, 'body' | 'jsonPatch' | 'locate' | 'turn'> & { readonly form?: string }

const NOTHING: Sent = {}

type Reading = Pick<CallSettings, 'limits' | 'xml'> & { readonly body: Exclude<Target['body'], 'none'> }

async function readSent(request: Request, target: Target, { limits, xml, body: kind }: Reading): Promise<Sent> {
  const { headers } = request
  if (bringsContent(target, headers))
    return { body: binaryOf(await readBody(request, limits.body), target.id, headers) }
  const text = await readText(request, limits.body)
  if (text === '' && (kind === 'resource' || kind === 'patch'))
    throw refuse('body-missing', `\`${target.name}\` needs a ${kind} in the body.`)
  if (text === '') return {}
  const format = checkContentType(headers['content-type'], kind)
  if (kind === 'form') return { form: text }
  if (kind === 'patch' && isJsonPatch(headers['content-type']))
    return { jsonPatch: (await parseJsonInTurns(text, { depth: limits.depth })).value }
  const body =
    format === 'xml'
      ? await xml.read(text, { depth: limits.depth })
      : (await parseJsonInTurns(text, { depth: limits.depth })).value
  if (!isResource(body))
    throw refuse('body-missing', 'The body is not a resource: it is no object with a `resourceType`.')
  return {
    body,
    locate: locatorIn(text, body, format === 'xml' ? xml.locate : createLocator),
    ...(text.length > TURN.characters ? { turn: nextTurn } : {}),
  }
}

const isResource = (value: Json): value is Resource & Json =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  typeof (value as Resource).resourceType === 'string'

/** Node takes the first; a proxy in front may have taken the second. https://www.rfc-editor.org/rfc/rfc9112#section-3.2 */
function refuseTwoHosts({ rawHeaders }: Request): void {
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1
  }
  if (hosts > 1) throw refuse('invalid-header', 'The request has more than one Host header; send one.')
}

function baseOf(host: string | undefined, path: string): string {
  if (host === undefined || !HOST.test(host)) {
    throw refuse(
      'invalid-header',
      `The Host header \`${host?.slice(0, 100) ?? ''}\` is not a host name with an optional port.`,
    )
  }
  return `http://${host}${path}`
}

const HOST = /^(?:[A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/

/** https://hl7.org/fhir/R4/http.html#ops. An unknown preference is ignored (RFC 7240 section 2). */
export function preferOf(header: string | undefined): Prefer {
  if (header === undefined) return STRICT
  const preferences = new Map<string, string>()
  for (const part of header.split(/[,;]/)) {
    const [name, value] = part.split('=', 2)
    const key = name!.trim().toLowerCase()
    // The first one counts (RFC 7240 section 2).
    if (!preferences.has(key)) preferences.set(key, (value ?? '').trim().replace(/^"(.*)"$/, '$1'))
  }
  const returned = RETURNS.find((one) => one === preferences.get('return'))
  return {
    return: returned,
    handling: preferences.get('handling') === 'lenient' ? 'lenient' : 'strict',
    ...(preferences.has('respond-async') ? { async: true } : {}),
  }
}

const STRICT: Prefer = { handling: 'strict' }
const RETURNS = ['minimal', 'representation', 'OperationOutcome'] as const
