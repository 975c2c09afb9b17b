/** The code of the thread that writes: a connection and a group commit for each open store. Started by writer.ts. */
import { parentPort, receiveMessageOnPort } from 'node:worker_threads'
import type Database from 'better-sqlite3'
import { CommitConflict, StoreFull } from '../errors.ts'
import { commitTogether, type Outcome } from './group-commit.ts'
import { createNewTerms } from './new-terms.ts'
import { openToWrite } from './schema.ts'
import { statements as prepared } from './sql.ts'
import { WRITER_TASKS } from './writer-tasks.ts'
import type { TaskArgument, WriterTaskName } from './writer-tasks.ts'
import type { WriteContext } from './writes.ts'

/** `store`: the number of an open store. */
export type WriterRequest = { readonly store: number } & (
  | { readonly kind: 'open'; readonly path: string }
  | { readonly kind: 'write'; readonly tasks: readonly WriterTask[] }
  | { readonly kind: 'limit-pages'; readonly pages: number }
  | { readonly kind: 'close' }
)

export type WriterTask = {
  readonly id: number
  readonly name: WriterTaskName
  readonly argument: TaskArgument<WriterTaskName>
}

export type WriteFault =
  | { readonly kind: 'conflict'; readonly of: CommitConflict['kind']; readonly index: number; readonly current: number }
  | { readonly kind: 'full'; readonly message: string }
  | { readonly kind: 'other'; readonly name: string; readonly message: string }

export type TaskOutcome = { readonly id: number } & ({ readonly result: unknown } | { readonly fault: WriteFault })

/**
 * `durable`: the outcomes are those of a transaction that was committed. `newestField`: the highest number of a field that
 * there is (fields.ts).
 */
export type SettledTasks = {
  readonly store: number
  readonly kind: 'settled'
  readonly outcomes: readonly TaskOutcome[]
  readonly durable: boolean
  readonly newestField: number
}

export type WriterResponse = SettledTasks | { readonly store: number; readonly kind: 'closed' }

type OpenStore = { readonly db: Database.Database; readonly context: WriteContext }

const stores = new Map<number, OpenStore>()
const respond = (response: WriterResponse): void => parentPort!.postMessage(response)

parentPort!.on('message', (first: WriterRequest) => {
  for (const request of joined([first, ...waiting()])) take(request)
})

/** The requests that came while the last ones were done. */
function* waiting(): Iterable<WriterRequest> {
  for (let next = receiveMessageOnPort(parentPort!); next !== undefined; next = receiveMessageOnPort(parentPort!))
    yield next.message as WriterRequest
}

/** In their order; writes of a store that follow each other are one request, so that they share a transaction. */
function joined(requests: readonly WriterRequest[]): WriterRequest[] {
  const all: WriterRequest[] = []
  for (const request of requests) {
    const before = all.at(-1)
    if (request.kind === 'write' && before?.kind === 'write' && before.store === request.store)
      all[all.length - 1] = { ...before, tasks: [...before.tasks, ...request.tasks] }
    else all.push(request)
  }
  return all
}

function take(request: WriterRequest): void {
  const { store } = request
  if (request.kind === 'open') stores.set(store, open(request.path))
  else if (request.kind === 'write') write(store, request.tasks)
  else if (request.kind === 'limit-pages') stores.get(store)!.db.pragma(`max_page_count = ${request.pages}`)
  else close(store)
}

function open(path: string): OpenStore {
  const db = openToWrite(path)
  const statements = prepared(db)
  return { db, context: { statements, terms: createNewTerms(statements) } }
}

function write(store: number, tasks: readonly WriterTask[]): void {
  const { context } = stores.get(store)!
  const works = tasks.map(({ id, name, argument }) => {
    const task = WRITER_TASKS[name] as (argument: unknown, context: WriteContext) => unknown
    return { id, work: () => task(argument, context) }
  })
  const { statements, terms } = context
  commitTogether(works, statements, terms, (outcomes, durable) =>
    respond({ store, kind: 'settled', outcomes: outcomes.map(sent), durable, newestField: terms.fields().newest() }),
  )
}

function close(store: number): void {
  stores.get(store)!.db.close()
  stores.delete(store)
  respond({ store, kind: 'closed' })
}

const sent = (outcome: Outcome): TaskOutcome =>
  'error' in outcome ? { id: outcome.id, fault: faultOf(outcome.error) } : outcome

function faultOf(error: unknown): WriteFault {
  if (error instanceof CommitConflict) {
    const { kind, index, current } = error
    return { kind: 'conflict', of: kind, index, current }
  }
  const { name, message } = error as Error
  return error instanceof StoreFull ? { kind: 'full', message } : { kind: 'other', name, message }
}
