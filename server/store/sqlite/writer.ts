/**
 * Writes in a thread of its own, so that the event loop answers reads and prepares the next commits while a group of them is
 * written and fsynced. One thread writes for all stores that the process has open. It ends with the process: a fault that
 * ends it earlier ends the process, too, because what became of the commits under way is unknown then.
 * https://nodejs.org/docs/latest-v20.x/api/worker_threads.html
 */
import { Worker } from 'node:worker_threads'
import { CommitConflict, StoreClosed, StoreFull } from '../errors.ts'
import type { TaskArgument, TaskResult, WriterTaskName } from './writer-tasks.ts'
import type {
  SettledTasks,
  TaskOutcome,
  WriteFault,
  WriterRequest,
  WriterResponse,
  WriterTask,
} from './writer-thread.ts'

export type Writer = {
  /**
   * Does a task inside one of the next transactions, in the order in which they came; resolves with its result when that
   * is durable.
   * @throws CommitConflict, StoreFull, or an Error when it cannot be done
   */
  write<Name extends WriterTaskName>(name: Name, argument: TaskArgument<Name>): Promise<TaskResult<Name>>
  limitPages(pages: number): void
  /** How many transactions were committed. */
  transactions(): number
  /** Does what is waiting, then refuses everything. */
  close(): Promise<void>
}

/**
 * So many tasks are sent as soon as they wait, and the rest after the turn of the event loop: fewer messages than tasks, and
 * the thread writes the first while the same turn prepares the others.
 */
export const SENT_TOGETHER = 4

type Waiting = { resolve(result: unknown): void; reject(error: Error): void }

/**
 * @param path of a database that openDatabase has prepared
 * @param onDurable called after each transaction with the highest number of a field (fields.ts), before those who wait for
 *   it go on
 */
export function createWriter(path: string, onDurable: (newestField: number) => void): Writer {
  const thread = (shared ??= startThread())
  const store = thread.add(receive)
  const sent = new Map<number, Waiting>()
  let next: { readonly task: WriterTask; readonly waiting: Waiting }[] = []
  let scheduled = false
  let closing: Promise<void> | undefined
  let last = 0
  let transactions = 0

  function receive(response: SettledTasks): void {
    if (response.durable) {
      transactions += 1
      onDurable(response.newestField)
    }
    for (const outcome of response.outcomes) {
      settle(sent.get(outcome.id)!, outcome)
      sent.delete(outcome.id)
    }
  }

  /** After this turn of the event loop: other requests may come to their commits in it. */
  function schedule(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      send()
    })
  }

  function send(): void {
    if (next.length === 0) return
    for (const { task, waiting } of next) sent.set(task.id, waiting)
    thread.send({ store, kind: 'write', tasks: next.map(({ task }) => task) })
    next = []
  }

  thread.send({ store, kind: 'open', path })
  return {
    write: (name, argument) =>
      new Promise((resolve, reject) => {
        if (closing !== undefined) return reject(new StoreClosed())
        const task = { id: ++last, name, argument }
        next.push({ task, waiting: { resolve: resolve as Waiting['resolve'], reject } })
        if (next.length >= SENT_TOGETHER) send()
        else schedule()
      }),
    limitPages: (pages) => thread.send({ store, kind: 'limit-pages', pages }),
    transactions: () => transactions,
    close: () => (closing ??= (send(), thread.close(store))),
  }
}

function settle({ resolve, reject }: Waiting, outcome: TaskOutcome): void {
  if ('fault' in outcome) reject(errorOf(outcome.fault))
  else resolve(outcome.result)
}

function errorOf(fault: WriteFault): Error {
  if (fault.kind === 'conflict') return new CommitConflict(fault.of, fault.index, fault.current)
  if (fault.kind === 'full') return new StoreFull(fault.message)
  return Object.assign(new Error(fault.message), { name: fault.name })
}

class WriterEnded extends Error {
  constructor(cause: Error) {
    const why = 'code' in cause ? `${String(cause.code)}: ${cause.message}` : cause.message
    super(
      `The thread that writes to the store has ended (\`${why}\`), and this process ends with it. Start the hub again: all ` +
        'that it acknowledged is in the store; writes under way may be, or not.',
      { cause },
    )
    this.name = 'WriterEnded'
  }
}

type WriterThread = {
  /** A number for a store; `receive` is called with each response for it. */
  add(receive: (response: SettledTasks) => void): number
  send(request: WriterRequest): void
  /** Closes the connection, after what was sent before. */
  close(store: number): Promise<void>
}

/** The one of the process, from the first store on. */
let shared: WriterThread | undefined

function startThread(): WriterThread {
  const worker = new Worker(new URL('./writer-thread.mjs', import.meta.url))
  const receivers = new Map<number, (response: SettledTasks) => void>()
  const closed = new Map<number, () => void>()
  let stores = 0
  /** Tasks and closings under way: the thread keeps the process alive while there are any. */
  let underWay = 0
  const count = (change: number): void => {
    underWay += change
    if (underWay === 0) worker.unref()
    else worker.ref()
  }
  worker.on('message', (response: WriterResponse) => {
    if (response.kind === 'settled') {
      receivers.get(response.store)!(response)
      return count(-response.outcomes.length)
    }
    receivers.delete(response.store)
    closed.get(response.store)!()
    closed.delete(response.store)
    count(-1)
  })
  // Thrown past everything, so that the process ends: see above.
  worker.on('error', (fault) => {
    throw new WriterEnded(fault)
  })
  worker.unref()

  const send = (request: WriterRequest): void => {
    if (request.kind === 'write') count(request.tasks.length)
    if (request.kind === 'close') count(1)
    worker.postMessage(request)
  }
  return {
    add: (receive) => {
      stores += 1
      receivers.set(stores, receive)
      return stores
    },
    send,
    close: (store) =>
      new Promise((resolve) => {
        closed.set(store, resolve)
        send({ store, kind: 'close' })
      }),
  }
}
