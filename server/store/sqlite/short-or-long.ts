/**
 * Reads that may be short or long. Each is tried on the event loop for a moment, which is enough for nearly all; one that
 * needs longer is given up and done by a thread (readers.ts), so that nothing holds the event loop. The reads of one turn of
 * the event loop share that moment: many requests that come at once read as long together as one that comes alone.
 */
import { createTimeOfTurn } from '../../fhir/turns.ts'
import { LONG_READS } from './long-reads.ts'
import type { ArgumentOf, LongReadName, ResultOf } from './long-reads.ts'
import type { Readers } from './readers.ts'
import { readTogether } from './sql.ts'
import type { ReadContext } from './terms.ts'
import { OutOfTime, timeLimitOf } from './time-limit.ts'

/** Answers like `Readers`. `short`: how long the reads of one turn are tried on the event loop, in ms. */
export function createLongReads(needs: ReadContext, short: number, readers: Readers): Readers {
  const { db } = needs.statements
  const limit = timeLimitOf(db)
  const turn = createTimeOfTurn(short)

  async function read<Name extends LongReadName>(
    name: Name,
    argument: ArgumentOf<Name>,
    signal?: AbortSignal,
  ): Promise<ResultOf<Name>> {
    const left = turn.left()
    if (left <= 0) return readers.read(name, argument, signal)
    const begun = performance.now()
    try {
      const run = LONG_READS[name] as (argument: ArgumentOf<Name>, needs: ReadContext) => ResultOf<Name>
      return readTogether(needs.statements, () => limit.within(left, () => run(argument, needs)))
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error
      return readers.read(name, argument, signal)
    } finally {
      turn.spend(performance.now() - begun)
    }
  }
  return { read, end: () => readers.end() }
}
