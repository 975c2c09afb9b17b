/**
 * The request of a Bundle entry as a call, routed by the same table as a request of its own.
 * https://hl7.org/fhir/R4/bundle.html#bdl-3
 */
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
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'] as const

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
  return {
    caller: outer.caller,
    prefer: outer.prefer,
    base: outer.base,
    now: outer.now,
    method: method === 'HEAD' ? 'GET' : method,
    type,
    id,
    version,
    compartment,
    params: [...new URLSearchParams(query)],
    body: resourceOf(entry, `${at}.resource`),
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
      error.issues.map((issue) => ({ ...issue, expression })),
      { status: error.status },
    )
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
const shown = (value: unknown): string => (JSON.stringify(value) ?? 'absent').slice(0, 100)
const invalid = (sentence: string, expression: string) => refuse('bundle-invalid', sentence, { expression })
