/** What every agency system of the demo has: an HTTP client of the hub, a local copy of records, and a way to report. */
import { randomUUID } from 'node:crypto'
import { keyOf, resourcesOf, type DemoEntry, type DemoResource } from './fhir.ts'
import type { Values, Report } from './messages.ts'

export type RequestOptions = {
  /** One line about this request, for the output and the .http files. */
  readonly note: string
  /** The status that the story expects; any other ends the step. */
  readonly expect?: number
  /** A routine read, which is not printed. */
  readonly routine?: boolean
}

export type Reply = { readonly status: number; readonly body: DemoResource; readonly location: string }

export type AgencyClient = {
  readonly agency: string
  get(path: string, options: RequestOptions): Promise<Reply>
  post(path: string, body: DemoResource, options: RequestOptions): Promise<Reply>
  /** Updates a resource, with If-Match and the version of the local copy. */
  put(resource: DemoResource, options: RequestOptions): Promise<Reply>
  /** Sends a transaction; returns the resources that were written. */
  transaction(entries: readonly DemoEntry[], options: RequestOptions): Promise<readonly DemoResource[]>
  /** Keeps local copies; an older version never replaces a newer one. */
  keep(...resources: readonly DemoResource[]): void
  /** The local copy of a record such as `Patient/abc`. Throws when there is none. */
  local(key: string): DemoResource
  /** The agency's own notes: which participant it expects, which record belongs to which step. */
  readonly notes: Map<string, string>
  /** One of the notes. Throws when there is none. */
  note(name: string): string
  print(text: string): void
}

/** An agency's system: what it subscribes to, what it does on an event, and the steps that its staff take. */
export type AgencySystem = {
  /** Topic to filter (`''` = none). */
  readonly topics: Readonly<Record<string, string>>
  readonly onEvent: Readonly<Record<string, (client: AgencyClient, focus: string) => Promise<void>>>
  readonly steps: Readonly<Record<string, (client: AgencyClient, input: Values) => Promise<Values | void>>>
}

type ClientOptions = { readonly agency: string; readonly hub: string; readonly report: (report: Report) => void }

/** Makes a client for each cause (a step or an event); all of them share the local copies and notes. */
export function createClient({ agency, hub, report }: ClientOptions): (cause: string) => AgencyClient {
  const copies = new Map<string, DemoResource>()
  const notes = new Map<string, string>()
  const keep = (...resources: readonly DemoResource[]) => {
    for (const one of resources) if (version(one) >= version(copies.get(keyOf(one)))) copies.set(keyOf(one), one)
  }
  const sendFor =
    (cause: string) =>
    async (method: string, path: string, options: RequestOptions, body?: DemoResource, ifMatch?: string) => {
      const headers = {
        'X-Agency': agency,
        Prefer: 'return=representation',
        ...(body ? { 'Content-Type': 'application/fhir+json' } : {}),
        ...(ifMatch ? { 'If-Match': `W/"${ifMatch}"` } : {}),
      }
      const reply = await fetch(`${hub}/${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) })
      const text = await reply.text()
      const answer = (text === '' ? { resourceType: 'Nothing' } : JSON.parse(text)) as DemoResource
      const expected = options.expect ?? 200
      const issues = issuesOf(answer)
      const { note, routine = false } = options
      const exchange = { cause, method, path, note, routine, expected, status: reply.status, issues, response: answer }
      report({ kind: 'exchange', ...exchange, ...(ifMatch ? { ifMatch } : {}), ...(body ? { request: body } : {}) })
      if (reply.status !== expected) throw new Error(`${method} ${path} was answered ${reply.status}, not ${expected}`)
      return { status: reply.status, body: answer, location: reply.headers.get('location') ?? '' }
    }
  return (cause) => {
    const send = sendFor(cause)
    return {
      agency,
      get: (path, options) => send('GET', path, options),
      post: (path, body, options) => send('POST', path, { expect: 201, ...options }, body),
      put: (resource, options) => send('PUT', keyOf(resource), options, resource, resource.meta?.versionId),
      transaction: async (entry, options) => {
        const bundle = { resourceType: 'Bundle', type: 'transaction', entry: entry.map(withFullUrl) }
        const written = resourcesOf((await send('POST', '', options, bundle)).body)
        keep(...written)
        return written
      },
      keep,
      local: (key) => present(copies.get(key), `${agency} has no local copy of \`${key}\``),
      notes,
      note: (name) => present(notes.get(name), `${agency} has no note \`${name}\``),
      print: (text) => report({ kind: 'line', text }),
    }
  }
}

const version = (resource: DemoResource | undefined): number => Number(resource?.meta?.versionId ?? 0)

const withFullUrl = (entry: DemoEntry): DemoEntry => ({ fullUrl: `urn:uuid:${randomUUID()}`, ...entry })

function present<T>(value: T | undefined, text: string): T {
  if (value === undefined) throw new Error(text)
  return value
}

type Issue = { readonly details?: { readonly text?: string }; readonly expression?: readonly string[] }

function issuesOf(answer: DemoResource): readonly string[] {
  if (answer.resourceType !== 'OperationOutcome') return []
  return ((answer.issue ?? []) as readonly Issue[]).map((issue) => issue.details?.text ?? '')
}
