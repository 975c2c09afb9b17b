/** Events of a stream: numbered 1, 2, 3 without gaps, each change once. */
import type { Event, EventPurge, NewEvent, Store } from '../store.ts'
import { most } from './sql.ts'
import type { Statements } from './sql.ts'

/** Adds an event under the next number of its stream; one that is there already is left as it is. */
export function addEvent({ stream, sequence, type, id, version }: NewEvent, at: number, statements: Statements): void {
  if (statements.get(EXISTING, stream, sequence, type, id) !== undefined) return
  const number = eventCount(stream, statements) + 1
  statements.run('INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)', stream, number, sequence, type, id, version, at)
}

export function eventCount(stream: string, { get }: Statements): number {
  return get<{ last: number | null }>('SELECT max(number) AS last FROM event WHERE stream = ?', stream)!.last ?? 0
}

export function purgeEvents({ stream, to }: EventPurge, { run }: Statements): void {
  run(PURGE, stream, to, stream)
}

/** From number `from` to number `to`, both included. */
export function events(
  stream: string,
  { from, to, limit }: Parameters<Store['events']>[1],
  { all }: Statements,
): Event[] {
  return all<Event>(EVENTS, stream, from, to ?? Number.MAX_SAFE_INTEGER, most(limit))
}

const EXISTING = 'SELECT 1 FROM event WHERE stream = ? AND sequence = ? AND type = ? AND id = ?'
const PURGE =
  'DELETE FROM event WHERE stream = ? AND number <= ? AND number < (SELECT max(number) FROM event WHERE stream = ?)'
const EVENTS =
  'SELECT stream, number, sequence, type, id, version, at FROM event WHERE stream = ? AND number BETWEEN ? AND ? ORDER BY number LIMIT ? + 0'
