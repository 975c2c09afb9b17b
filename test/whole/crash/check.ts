/** What must hold of a hub that was killed: checked on the hub, on a copy of its file, and on its store once it has stopped. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { openStore } from '../../../server/store/open.ts'
import type { Store, Version } from '../../../server/store/store.ts'
import { nameOf, type Promised } from './ledger.ts'
import type { Arrival } from './listener.ts'
import { checkTimers } from './timers.ts'

/** Every promised version is answered by vread, with the body that was acknowledged. In: requests at once. */
export async function checkPromises(
  url: string,
  promised: readonly Promised[],
  atOnce = 16,
): Promise<readonly string[]> {
  const faults: string[] = []
  const left = [...promised]
  const work = async (): Promise<void> => {
    for (let one = left.pop(); one; one = left.pop()) {
      const name = nameOf(one.type, one.id, one.version)
      const response = await fetch(`${url}/${name}`)
      const text = await response.text()
      if (response.status !== 200) faults.push(`${name} was acknowledged and is answered ${response.status}`)
      else if (JSON.stringify(JSON.parse(text)) !== one.text)
        faults.push(`${name} is not what was acknowledged: ${text}`)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return faults
}

/** A copy, so that the hub itself has to recover the file when it starts. */
export function checkFile(path: string): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'nwd-crash-copy-'))
  try {
    for (const end of ['', '-wal']) if (existsSync(path + end)) copyFileSync(path + end, join(folder, `copy${end}`))
    const db = new Database(join(folder, 'copy'))
    const found = db.pragma('integrity_check', { simple: true })
    db.close()
    return found === 'ok' ? [] : [`integrity_check: ${String(found)}`]
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Which events a subscription must have made: of a version, whether it is one. */
export type Subscribed = {
  readonly id: string
  readonly arrivals: readonly Arrival[]
  readonly wants: (version: Version) => boolean
}

export type StoreReport = {
  readonly faults: readonly string[]
  readonly places: number
  readonly events: number
  readonly timers: number
}

/** The order of commits, the versions, and the events with their arrivals. The hub has stopped. */
export async function checkStore(
  path: string,
  promised: ReadonlyMap<string, Promised>,
  subscribed: readonly Subscribed[],
): Promise<StoreReport> {
  const store = await openStore({ kind: 'sqlite', path }, { clock: Date.now })
  try {
    const versions = new Map<string, Version>()
    const faults = await checkOrder(store, versions)
    for (const name of promised.keys())
      if (!versions.has(name)) faults.push(`${name} was acknowledged and has no place`)
    let events = 0
    for (const one of subscribed) {
      const made = await store.events(one.id, { from: 1, limit: 1_000_000 })
      events += made.length
      const about = made.map((event) => nameOf(event.type, event.id, event.version))
      const expected = [...versions].filter(([, version]) => one.wants(version)).map(([name]) => name)
      faults.push(...checkEvents(one, about, expected))
    }
    const timers = await checkTimers(store)
    faults.push(...timers.faults)
    return { faults, places: await store.last(), events, timers: timers.timers }
  } finally {
    await store.close()
  }
}

/** Places 1, 2, 3; each version once; versions of a record 1, 2, 3. Fills `versions`. */
async function checkOrder(store: Store, versions: Map<string, Version>): Promise<string[]> {
  const faults: string[] = []
  const current = new Map<string, number>()
  let sequence = 0
  for (let commits = await store.feed(0, 500); commits.length > 0; commits = await store.feed(sequence, 500)) {
    for (const commit of commits) {
      if (commit.sequence !== sequence + 1) faults.push(`place ${commit.sequence} follows place ${sequence}`)
      sequence = commit.sequence
      for (const version of commit.versions) {
        const key = `${version.type}/${version.id}`
        const before = current.get(key) ?? 0
        if (version.version !== before + 1) faults.push(`${key}: version ${version.version} follows ${before}`)
        current.set(key, version.version)
        versions.set(nameOf(version.type, version.id, version.version), version)
      }
    }
  }
  if (sequence !== (await store.last()))
    faults.push(`the feed ends at ${sequence}, the last place is ${await store.last()}`)
  return faults
}

/** Events in the order of the changes, one for each; each arrived at least once, first arrivals in order. */
export function checkEvents(
  { id, arrivals }: Pick<Subscribed, 'id' | 'arrivals'>,
  about: readonly string[],
  expected: readonly string[],
): readonly string[] {
  const faults: string[] = []
  const differs = expected.findIndex((name, index) => about[index] !== name)
  if (differs >= 0)
    faults.push(`${id}: event ${differs + 1} is about ${about[differs]}, the change was ${expected[differs]}`)
  if (about.length !== expected.length) faults.push(`${id}: ${expected.length} changes made ${about.length} events`)
  let last = 0
  for (const { number, focus } of arrivals) {
    if (number > last + 1) faults.push(`${id}: event ${number} arrived after ${last}`)
    const record = about[number - 1]?.replace(/\/_history\/.*/, '')
    if (record === undefined || !focus.endsWith(`/${record}`))
      faults.push(`${id}: event ${number} arrived about ${focus}`)
    last = Math.max(last, number)
  }
  if (last !== about.length) faults.push(`${id}: ${about.length} events, the last that arrived is ${last}`)
  return faults
}
