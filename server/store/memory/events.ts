/** Events of a stream: numbered 1, 2, 3 without gaps, each change once. */
import type { Event, EventPurge, NewEvent, Store } from '../store.ts'

/** Adds an event under the next number of its stream; one that is there already is left as it is. */
export function addEvent(event: NewEvent, at: number, streams: Map<string, Event[]>): void {
  const stream = streams.get(event.stream) ?? []
  const exists = stream.some(
    ({ sequence, type, id }) => sequence === event.sequence && type === event.type && id === event.id,
  )
  if (!exists) stream.push({ ...event, number: (stream.at(-1)?.number ?? 0) + 1, at })
  streams.set(event.stream, stream)
}

export function purgeEvents({ stream, to }: EventPurge, streams: Map<string, Event[]>): void {
  const last = streams.get(stream)?.at(-1)
  if (last)
    streams.set(
      stream,
      streams.get(stream)!.filter((one) => one.number > to || one === last),
    )
}

/** From number `from` to number `to`, both included. */
export function events(
  stream: string,
  { from, to = Infinity, limit }: Parameters<Store['events']>[1],
  streams: ReadonlyMap<string, readonly Event[]>,
): readonly Event[] {
  return (streams.get(stream) ?? []).filter(({ number }) => number >= from && number <= to).slice(0, limit)
}
