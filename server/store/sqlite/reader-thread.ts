/** The code of a reader thread: does one read after the other, each in one state of the store. Started by readers.ts. */
import { parentPort, workerData } from 'node:worker_threads'
import { SequenceUnavailable } from '../errors.ts'
import type { ArgumentOf, LongReadName, ResultOf } from './long-reads.ts'
import { LONG_READS } from './long-reads.ts'
import { openToRead } from './schema.ts'
import { readTogether, statements as prepared } from './sql.ts'
import { createTerms } from './terms.ts'
import { OutOfTime, timeLimitOf } from './time-limit.ts'

/** `timeLimit`: ms for each read. */
export type ReadersData = { readonly path: string; readonly timeLimit: number }

/** `stopped`: shared with the thread that asks; the id of the read that is to be given up. */
export type ReaderThreadData = ReadersData & { readonly stopped: Int32Array }

export type ReadRequest = {
  readonly [Name in LongReadName]: { readonly id: number; readonly name: Name; readonly argument: ArgumentOf<Name> }
}[LongReadName]

export type ReadFault =
  | { readonly kind: 'too-long' }
  | { readonly kind: 'unavailable'; readonly sequence: number; readonly range: SequenceUnavailable['range'] }
  | { readonly kind: 'other'; readonly name: string; readonly message: string }

export type ReadResponse =
  { readonly id: number; readonly result: ResultOf<LongReadName> } | { readonly id: number; readonly fault: ReadFault }

const { path, timeLimit, stopped } = workerData as ReaderThreadData
const db = openToRead(path)
const statements = prepared(db)
const terms = createTerms(statements)
const limit = timeLimitOf(db)

parentPort!.on('message', ({ id, name, argument }: ReadRequest) => {
  parentPort!.postMessage(respond(id, name, argument))
})

function respond(id: number, name: LongReadName, argument: ArgumentOf<LongReadName>): ReadResponse {
  try {
    const result = readTogether(statements, () => {
      terms.refresh()
      const work = () => LONG_READS[name](argument, { statements, terms, thread: true })
      return limit.within(timeLimit, work, () => Atomics.load(stopped, 0) === id)
    })
    return { id, result }
  } catch (error) {
    return { id, fault: faultOf(error) }
  }
}

function faultOf(error: unknown): ReadFault {
  if (error instanceof OutOfTime) return { kind: 'too-long' }
  if (error instanceof SequenceUnavailable) {
    const { sequence, range } = error
    return { kind: 'unavailable', sequence, range }
  }
  const { name, message } = error as Error
  return { kind: 'other', name, message }
}
