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
import { createLocator, parseJson } from '../fhir/json.ts'
import { refuse } from '../fhir/outcome.ts'
import { queryOf } from './address.ts'
import { readText } from './body.ts'
import { checkContentType, isJsonPatch, negotiate, type Format, type Written } from './media.ts'
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

/** A request that has been read, and how its response is written. */
export type Received = { readonly call: Call; readonly written: Written }

/** The caller, and the instant of the request (ms). */
type RequestContext = Pick<Call, 'caller' | 'now'>

/** @throws OutcomeError for a body, address or header that cannot be read; ClientGone. */
export async function receive(
  request: Request,
  target: Target,
  context: RequestContext,
  { publicUrl, path, limits, xml }: CallSettings,
): Promise<Received> {
  const { headers } = request
  refuseTwoHosts(request)
  const base = publicUrl ?? baseOf(headers.host, path)
  const query = parseParams(queryOf(request.url), limits.parameters)
  const text = target.body === 'none' ? '' : await readText(request, limits.body)
  const format = text === '' || target.body === 'none' ? 'json' : checkContentType(headers['content-type'], target.body)
  const given =
    target.body === 'form' && text !== '' ? [...query, ...parseParams(text, limits.parameters, query.length)] : query
  const written = negotiate(headers.accept, given.find(([name]) => name === '_format')?.[1])
  const isPatch = target.body === 'patch' && text !== ''
  const jsonPatch =
    isPatch && isJsonPatch(headers['content-type']) ? parseJson(text, { depth: limits.depth }).value : undefined
  const hasResource = target.body !== 'form' && jsonPatch === undefined
  const body = hasResource ? await resourceOf(text, format, target, { xml, limits }) : undefined
  const call: Call = {
    ...context,
    method: (request.method === 'HEAD' ? 'GET' : request.method) as Call['method'],
    type: target.type,
    id: target.id,
    version: target.version,
    params: given.some(ofTheAnswer) ? given.filter((param) => !ofTheAnswer(param)) : given,
    body,
    ...(jsonPatch === undefined ? {} : { jsonPatch }),
    locate: body && locatorIn(text, body, format === 'xml' ? xml.locate : createLocator),
    ifMatch: headers['if-match'],
    ifNoneMatch: headers['if-none-match'],
    ifModifiedSince: headers['if-modified-since'],
    ifNoneExist: headers['if-none-exist'] as string | undefined,
    prefer: preferOf(headers['prefer'] as string | undefined),
    base,
  }
  return { call, written }
}

/** Parameters about the format of the response, which this layer handles. */
const ofTheAnswer = ([name]: Param): boolean => name === '_format' || name === '_pretty'

async function resourceOf(
  text: string,
  format: Format,
  target: Target,
  { xml, limits }: Pick<CallSettings, 'xml' | 'limits'>,
): Promise<Resource | undefined> {
  if (text === '' && target.body !== 'resource' && target.body !== 'patch') return undefined
  if (text === '') throw refuse('body-missing', `\`${target.name}\` needs a ${target.body} in the body.`)
  const value = format === 'xml' ? await xml.read(text) : parseJson(text, { depth: limits.depth }).value
  if (isResource(value)) return value
  throw refuse('body-missing', 'The body is not a resource: it is no object with a `resourceType`.')
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
  return { return: returned, handling: preferences.get('handling') === 'lenient' ? 'lenient' : 'strict' }
}

const STRICT: Prefer = { handling: 'strict' }
const RETURNS = ['minimal', 'representation', 'OperationOutcome'] as const
