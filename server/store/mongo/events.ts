/** The events of streams. */
import type { Event, Store } from '../store.ts'
import type { Collections } from './schema.ts'

/** From number `from` to number `to`, both included. */
export async function events(
  stream: string,
  { from, to = Number.MAX_SAFE_INTEGER, limit }: Parameters<Store['events']>[1],
  collections: Collections,
): Promise<readonly Event[]> {
  if (limit === 0) return []
  const found = collections.events.find({ stream, number: { $gte: from, $lte: to } }, { projection: { _id: 0 } })
  const sorted = found.sort({ number: 1 })
  return (Number.isFinite(limit) ? sorted.limit(limit) : sorted).toArray()
}

export async function eventCount(stream: string, { events }: Collections): Promise<number> {
  return (await events.find({ stream }).sort({ number: -1 }).limit(1).next())?.number ?? 0
}
