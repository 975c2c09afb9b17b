/**
 * Builds Bundles as text around resources that are text already: what the store holds is spliced in as it is, so that
 * an answer costs no parsing and keeps decimals as written.
 * https://hl7.org/fhir/R4/bundle.html
 */
import type { Issue } from './outcome.ts'
import type { Resource } from './types.ts'
import { profileUrl } from './canonical.ts'
import { serialize } from './decimals.ts'
import { formatEtag } from './etag.ts'
import { operationOutcome } from './outcome.ts'

/** A version of a record as the store gives it; `text` is empty for a deletion. `at` in ms. */
export type Recorded = {
  readonly type: string
  readonly id: string
  readonly version: number
  readonly at: number
  readonly method: 'POST' | 'PUT' | 'DELETE'
  readonly text: string
}

/** The query part of a page's address (`?status=active`), or a whole address. */
export type Links = {
  readonly self: string
  readonly next?: string
  readonly previous?: string
  readonly first?: string
}

/** What a batch or transaction entry answers; a resource or text is its body. https://hl7.org/fhir/R4/bundle.html#bdl-4 */
export type EntryReply = {
  readonly status: number
  readonly text?: string
  readonly resource?: Resource
  readonly fullUrl?: string
  /** Relative to base: `Patient/abc/_history/1`. */
  readonly location?: string
  readonly version?: number
  readonly lastModified?: number
  readonly outcome?: Resource
}

/** The absolute address of a record, never of a version (bdl-8). */
export const fullUrl = (base: string, key: { readonly type: string; readonly id: string }): string =>
  `${base}/${key.type}/${key.id}`

/**
 * A page of search results: matches first, then what was included, then what was ignored or noticed.
 * `first`: what the reader must notice before anything else. `total` is present only when it was requested. https://hl7.org/fhir/R4/search.html#2.21.1.3
 */
export function buildSearchset(page: {
  readonly base: string
  readonly links: Links
  /** `container`: the record that a contained resource is inside of. https://hl7.org/fhir/R4/search.html#contained */
  readonly matches: readonly (Recorded & { readonly container?: Parameters<typeof fullUrl>[1] })[]
  readonly included?: readonly Recorded[]
  readonly total?: number
  readonly issues?: readonly Issue[]
  readonly first?: readonly Issue[]
}): string {
  const addressOf = ({ container, ...record }: (typeof page.matches)[number]): string =>
    container === undefined ? fullUrl(page.base, record) : `${fullUrl(page.base, container)}#${record.id}`
  const found = (mode: 'match' | 'include') => (record: (typeof page.matches)[number]) =>
    `{"fullUrl":${JSON.stringify(addressOf(record))},"resource":${record.text},"search":{"mode":"${mode}"}}`
  const outcome = (issues: readonly Issue[] = []): readonly string[] =>
    issues.length === 0 ? [] : [`{"resource":${serialize(operationOutcome(issues))},"search":{"mode":"outcome"}}`]
  const entries = [
    ...outcome(page.first),
    ...page.matches.map(found('match')),
    ...(page.included ?? []).map(found('include')),
    ...outcome(page.issues),
  ]
  return bundleText('searchset', entries, { total: page.total, links: page.links })
}

/** https://hl7.org/fhir/R4/extension-match-grade.html */
const MATCH_GRADE = 'http://hl7.org/fhir/StructureDefinition/match-grade'

/** The answer of $match, the best match first; `issues` say more. https://hl7.org/fhir/R4/patient-operation-match.html */
export function buildMatches(page: {
  readonly base: string
  readonly self: string
  readonly matches: readonly { readonly record: Recorded; readonly score: number; readonly grade: string }[]
  /** An OperationOutcome. */
  readonly outcome?: Resource
}): string {
  const entries = page.matches.map(({ record, score, grade }) => {
    const search = { extension: [{ url: MATCH_GRADE, valueCode: grade }], mode: 'match', score }
    return `{"fullUrl":${JSON.stringify(fullUrl(page.base, record))},"resource":${record.text},"search":${JSON.stringify(search)}}`
  })
  if (page.outcome) entries.push(`{"resource":${serialize(page.outcome)},"search":{"mode":"outcome"}}`)
  return bundleText('searchset', entries, { total: page.matches.length, links: { self: page.self } })
}

/** `requestId`: of the request that made the version, where the reader may know it. */
export type HistoryVersion = Recorded & { readonly requestId?: string }

const REQUEST_ID = profileUrl('ext-request-id')

/** Versions, newest first; a deletion has no resource. https://hl7.org/fhir/R4/http.html#history */
export function buildHistory(page: {
  readonly base: string
  readonly links: Links
  readonly versions: readonly HistoryVersion[]
  readonly total?: number
}): string {
  const entries = page.versions.map((version) => historyEntry(page.base, version))
  return bundleText('history', entries, { total: page.total, links: page.links })
}

/** The answers to the entries of a batch or transaction, in the order of the request. */
export function buildResponses(
  kind: 'batch-response' | 'transaction-response',
  replies: readonly EntryReply[],
): string {
  return bundleText(kind, replies.map(responseEntry), {})
}

function historyEntry(base: string, version: HistoryVersion): string {
  const { requestId } = version
  const url = version.method === 'POST' ? version.type : `${version.type}/${version.id}`
  const response = {
    ...(requestId === undefined ? {} : { extension: [{ url: REQUEST_ID, valueString: requestId }] }),
    status: statusText(version.method === 'DELETE' ? 204 : version.version === 1 ? 201 : 200),
    etag: formatEtag(version.version),
    lastModified: new Date(version.at).toISOString(),
  }
  return object([
    ['fullUrl', JSON.stringify(fullUrl(base, version))],
    ['resource', version.text || undefined],
    ['request', JSON.stringify({ method: version.method, url })],
    ['response', JSON.stringify(response)],
  ])
}

function responseEntry(reply: EntryReply): string {
  const response = object([
    ['status', JSON.stringify(statusText(reply.status))],
    ['location', reply.location && JSON.stringify(reply.location)],
    ['etag', reply.version && JSON.stringify(formatEtag(reply.version))],
    ['lastModified', reply.lastModified && JSON.stringify(new Date(reply.lastModified).toISOString())],
    ['outcome', reply.outcome && serialize(reply.outcome)],
  ])
  return object([
    ['fullUrl', reply.fullUrl && JSON.stringify(reply.fullUrl)],
    ['resource', reply.text || (reply.resource && serialize(reply.resource))],
    ['response', response],
  ])
}

function bundleText(type: string, entries: readonly string[], more: { total?: number; links?: Links }): string {
  return object([
    ['resourceType', '"Bundle"'],
    ['type', `"${type}"`],
    ['total', more.total?.toString()],
    ['link', more.links && linksText(more.links)],
    // An empty array is not allowed in FHIR JSON.
    ['entry', entries.length > 0 ? `[${entries.join(',')}]` : undefined],
  ])
}

function linksText(links: Links): string {
  const relations = ['self', 'first', 'previous', 'next'] as const
  return JSON.stringify(
    relations.filter((relation) => links[relation]).map((relation) => ({ relation, url: links[relation] })),
  )
}

/** A JSON object of members that are JSON text already; those without text are left out. */
function object(members: readonly (readonly [string, string | number | undefined])[]): string {
  let inside = ''
  for (const [name, text] of members) if (text) inside += `${inside === '' ? '' : ','}"${name}":${text}`
  return `{${inside}}`
}

/** `Bundle.entry.response.status` begins with the code and may add the reason phrase. */
const statusText = (status: number): string => (REASONS[status] ? `${status} ${REASONS[status]}` : String(status))

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  410: 'Gone',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  422: 'Unprocessable Content',
  428: 'Precondition Required',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  507: 'Insufficient Storage',
}
