/** What every agency system of the demo has: a client of the hub, a memory of what it holds, and a way to report. */
import { randomUUID } from 'node:crypto'
import { keyOf, resourcesOf, type Entry, type Resource } from './fhir.ts'
import type { Facts, Report } from './protocol.ts'

export type Asked = {
  /** What a person would call this request. */
  readonly note: string
  /** The status that the story expects; another one ends the cue. */
  readonly expect?: number
  /** A routine read that the narrator only counts. */
  readonly routine?: boolean
}

export type Answer = { readonly status: number; readonly body: Resource; readonly location: string }

export type Desk = {
  readonly agency: string
  get(path: string, asked: Asked): Promise<Answer>
  post(path: string, body: Resource, asked: Asked): Promise<Answer>
  /** Writes a resource that the agency holds, by If-Match with the version that it holds. */
  put(resource: Resource, asked: Asked): Promise<Answer>
  /** All or nothing; answers the resources that were written. */
  transaction(entries: readonly Entry[], asked: Asked): Promise<readonly Resource[]>
  /** Remembers resources; an answer that was overtaken by a newer one is not taken for news. */
  hold(...resources: readonly Resource[]): void
  /** What the agency holds of this key, such as `Patient/abc`. Throws when it holds nothing. */
  held(key: string): Resource
  /** Facts that the agency keeps for itself: whom it expects, which record is whose. */
  readonly notes: Map<string, string>
  /** The same, which must be there. */
  noted(name: string): string
  say(text: string): void
}

/** An agency's system: what it subscribes to, what it does when told, and what its people do on a cue. */
export type System = {
  /** Topic to filter (`''` = none). */
  readonly topics: Readonly<Record<string, string>>
  readonly told: Readonly<Record<string, (desk: Desk, focus: string) => Promise<void>>>
  readonly cues: Readonly<Record<string, (desk: Desk, facts: Facts) => Promise<Facts | void>>>
}

type Given = { readonly agency: string; readonly hub: string; readonly report: (report: Report) => void }

/** Opens an agency's desk for each cause (a cue, a notification); all of them share what the agency holds. */
export function openDesk({ agency, hub, report }: Given): (cause: string) => Desk {
  const files = new Map<string, Resource>()
  const notes = new Map<string, string>()
  const hold = (...resources: readonly Resource[]) => {
    for (const one of resources) if (version(one) >= version(files.get(keyOf(one)))) files.set(keyOf(one), one)
  }
  const sendFor =
    (cause: string) => async (method: string, path: string, asked: Asked, body?: Resource, ifMatch?: string) => {
      const headers = {
        'X-Agency': agency,
        Prefer: 'return=representation',
        ...(body ? { 'Content-Type': 'application/fhir+json' } : {}),
        ...(ifMatch ? { 'If-Match': `W/"${ifMatch}"` } : {}),
      }
      const reply = await fetch(`${hub}/${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) })
      const text = await reply.text()
      const answer = (text === '' ? { resourceType: 'Nothing' } : JSON.parse(text)) as Resource
      const expected = asked.expect ?? 200
      const issues = issuesOf(answer)
      const { note, routine = false } = asked
      const exchange = { cause, method, path, note, routine, expected, status: reply.status, issues, response: answer }
      report({ kind: 'sent', ...exchange, ...(ifMatch ? { ifMatch } : {}), ...(body ? { request: body } : {}) })
      if (reply.status !== expected) throw new Error(`${method} ${path} was answered ${reply.status}, not ${expected}`)
      return { status: reply.status, body: answer, location: reply.headers.get('location') ?? '' }
    }
  return (cause) => {
    const send = sendFor(cause)
    return {
      agency,
      get: (path, asked) => send('GET', path, asked),
      post: (path, body, asked) => send('POST', path, { expect: 201, ...asked }, body),
      put: (resource, asked) => send('PUT', keyOf(resource), asked, resource, resource.meta?.versionId),
      transaction: async (entry, asked) => {
        const bundle = { resourceType: 'Bundle', type: 'transaction', entry: entry.map(named) }
        const written = resourcesOf((await send('POST', '', asked, bundle)).body)
        hold(...written)
        return written
      },
      hold,
      held: (key) => present(files.get(key), `${agency} holds no \`${key}\``),
      notes,
      noted: (name) => present(notes.get(name), `${agency} knows of no \`${name}\``),
      say: (text) => report({ kind: 'said', text }),
    }
  }
}

const version = (resource: Resource | undefined): number => Number(resource?.meta?.versionId ?? 0)

const named = (entry: Entry): Entry => ({ fullUrl: `urn:uuid:${randomUUID()}`, ...entry })

function present<T>(value: T | undefined, text: string): T {
  if (value === undefined) throw new Error(text)
  return value
}

type Issue = { readonly details?: { readonly text?: string }; readonly expression?: readonly string[] }

function issuesOf(answer: Resource): readonly string[] {
  if (answer.resourceType !== 'OperationOutcome') return []
  return ((answer.issue ?? []) as readonly Issue[]).map((issue) => issue.details?.text ?? '')
}
