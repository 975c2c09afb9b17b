/**
 * The HTTP application: what happens to every request, in order, on one screen.
 * https://hl7.org/fhir/R4/http.html
 */
import type { IncomingHttpHeaders, RequestListener } from 'node:http'
import express, { type Request, type RequestHandler, type Response } from 'express'
import type { Caller } from '../fhir/types.ts'
import type { XmlFormat } from '../definitions/xml/format.ts'
import type { Call, Reply } from '../interactions/call.ts'
import { OutcomeError, refuse } from '../fhir/outcome.ts'
import { normalTarget, pathOf } from './address.ts'
import { contentOf } from './binary.ts'
import { receive, type CallSettings } from './call.ts'
import { createCompress } from './compress.ts'
import { createConcurrency } from './concurrency.ts'
import { crossOrigin } from './cors.ts'
import { errors } from './errors.ts'
import { placedError, placedReply } from './positions.ts'
import type { HttpLimits } from './limits.ts'
import { METRICS_METHODS, METRICS_PATH, type ReadMetrics } from './metrics.ts'
import { messageClasses, type MessageClasses } from './message-classes.ts'
import { layoutOf } from './layout.ts'
import { sendContent, sendReply, sendText } from './reply.ts'
import { withOptions } from '../interactions/options.ts'
import { createRouter, type Handlers, type Target } from '../interactions/routes.ts'
import { trace, traceOf, type AccessLine } from './trace.ts'

export type AppNeeds = Handlers & {
  /** Identifies the caller; throws `unknown-agency`. */
  readonly identify: (headers: IncomingHttpHeaders) => Promise<Caller>
  /** The time (ms). */
  readonly now: () => number
  readonly log: (line: AccessLine) => void
  /** Receives every error that is not an OutcomeError. */
  readonly fault: (error: unknown, requestId: string) => void
  /** The public base address, where a proxy stands in front; absent: the address that the request came to. */
  readonly publicUrl?: string
  /** Where the FHIR addresses begin. */
  readonly path?: string
  readonly limits: HttpLimits
  readonly xml: XmlFormat
  /** Origins whose pages may call the hub from a browser. */
  readonly origins?: readonly string[]
  /** Bytes from which on responses are compressed; 0 or absent: never. */
  readonly compressFrom?: number
  /** For the board; absent: there are none. */
  readonly metrics?: ReadMetrics
}

export const BASE_PATH = '/fhir'

/** Answers requests; a server for it makes them of its classes. */
export type App = RequestListener & MessageClasses

/** Builds the application; it listens nowhere yet. */
export function createApp(needs: AppNeeds): App {
  const path = needs.path ?? BASE_PATH
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.enable('case sensitive routing')
  const cors = crossOrigin(needs.origins ?? [])
  if (cors) app.use(cors)
  app.locals['compress'] = createCompress(needs.compressFrom ?? 0)
  const { publicUrl, limits, xml } = needs
  app.use(answer(needs, { publicUrl, path, limits, xml }))
  app.use(errors(needs.fault, path, xml))
  const begin = trace(needs.log)
  const listener: RequestListener = (request, response) => {
    request.url = normalTarget(request.url ?? '/')
    begin(request, response)
    app(request, response)
  }
  return Object.assign(listener, messageClasses(app))
}

/** The caller of interactions that need no identity (capabilities). */
const ANYBODY: Caller = { agency: '', role: 'agency' }

/** Who may call an address. */
type Access = Pick<Target, 'anonymous' | 'boardOnly'>

function anybodyIfRefused(error: unknown): Caller {
  if (error instanceof OutcomeError) return ANYBODY
  throw error
}

function answer(needs: AppNeeds, settings: CallSettings): RequestHandler {
  const route = withOptions(createRouter(needs), needs.offers)
  const countRequest = createConcurrency(settings.limits.concurrency)
  /** An address of the board is unknown to a caller who is not identified, too. */
  const callerOf = (target: Access, headers: IncomingHttpHeaders): Promise<Caller> | Caller => {
    if (target.anonymous) return ANYBODY
    const caller = needs.identify(headers)
    return target.boardOnly ? caller.catch(anybodyIfRefused) : caller
  }
  /** Below no FHIR address there are the metrics, for the board; for every other caller there is nothing. */
  const answerElsewhere = async (request: Request, response: Response): Promise<void> => {
    const { metrics } = needs
    if (!metrics || pathOf(request.url) !== METRICS_PATH) throw nothingHere(settings.path)
    const caller = await callerOf({ anonymous: false, boardOnly: true }, request.headers)
    if (caller.role !== 'board') throw nothingHere(settings.path)
    const requestTrace = traceOf(response)
    Object.assign(requestTrace, { route: `GET ${METRICS_PATH}`, interaction: 'metrics', agency: caller.agency })
    if (!METRICS_METHODS.includes(request.method)) throw notAllowed(request.method)
    countRequest(caller.agency, response)
    sendText(response, { status: 200, headers: {}, ...(await metrics()) })
  }
  return async (request, response) => {
    const requestTrace = traceOf(response)
    if (request.url.length > settings.limits.address) throw tooLong(request.url.length, settings.limits.address)
    const path = pathBelow(settings.path, request.url)
    if (path === undefined) return answerElsewhere(request, response)
    const target = route(request.method, path)
    requestTrace.route = target.route
    requestTrace.interaction = target.name
    requestTrace.type = target.type
    const caller = await callerOf(target, request.headers)
    if (target.boardOnly) route(request.method, path, caller)
    requestTrace.agency = caller.agency
    if (!target.anonymous) countRequest(caller.agency, response)
    const { requestId } = requestTrace
    const { call, written, asContent } = await receive(
      request,
      target,
      { caller, now: needs.now(), requestId },
      settings,
    )
    requestTrace.written = written
    const reply = await run(target, call)
    const content = asContent ? contentOf(reply) : undefined
    if (content) sendContent(response, reply, content)
    else await sendReply(response, reply, { call, target, layout: layoutOf(request.url, written, needs.xml) })
  }
}

/** Adds line and column to the issues about a body. */
async function run(target: Target, call: Call): Promise<Reply> {
  try {
    return placedReply(await target.run(call), call)
  } catch (error) {
    throw error instanceof OutcomeError ? placedError(error, call) : error
  }
}

/** The path below the FHIR base, with its leading slash; undefined for any other. */
function pathBelow(base: string, url: string): string | undefined {
  const path = pathOf(url)
  if (path === base) return '/'
  if (path.startsWith(base) && path.charCodeAt(base.length) === SLASH) return path.slice(base.length)
  return undefined
}

const nothingHere = (base: string) =>
  refuse(
    'unknown-address',
    `The hub has nothing here. Its FHIR addresses begin with \`${base}\`: see \`${base}/metadata\`.`,
  )

const notAllowed = (method: string) =>
  refuse('method-not-allowed', `\`${METRICS_PATH}\` does not take ${method}. Use ${METRICS_METHODS.join(', ')}.`, {
    headers: { Allow: METRICS_METHODS.join(', ') },
  })

const SLASH = 47

const tooLong = (length: number, limit: number) =>
  refuse(
    'address-too-long',
    `The address has ${length} characters; at most ${limit} are read. Search with POST and \`_search\`.`,
  )
