/** Reads of one record or of some, for those who may know of them: the current version, an old one, its entries. */
import { keyText, type Key } from '../../fhir/types.ts'
import { visible } from '../../search/match.ts'
import type { Viewer } from '../../search/query.ts'
import { beginningFor, knowsAllVersions, knowsVersion, type FirstVersions } from '../first-versions.ts'
import type { Version } from '../store.ts'
import { placeText, readTexts } from './bodies.ts'
import { entriesIn, OPEN, type Collections, type Row } from './schema.ts'

const WITHOUT_INDEX = { keys: 0, entries: 0 } as const

/** The current row of each record that is there, by its key; where two are current for a moment, the later one. */
export async function currentRows(
  keys: readonly Key[],
  { rows }: Collections,
  without: Readonly<Record<string, 0>> = WITHOUT_INDEX,
): Promise<ReadonlyMap<string, Row>> {
  if (keys.length === 0) return new Map()
  const types = [...new Set(keys.map(({ type }) => type))]
  const $or = types.map((type) => ({ type, id: { $in: keys.flatMap((key) => (key.type === type ? [key.id] : [])) } }))
  const found = await rows.find({ to: OPEN, $or }, { projection: without }).sort({ from: 1 }).toArray()
  return new Map(found.map((row) => [keyText(row), row]))
}

export async function readMany(
  keys: readonly Key[],
  viewer: Viewer,
  collections: Collections,
): Promise<readonly (Version | undefined)[]> {
  const rows = await currentRows(keys, collections)
  const texts = await textsOf([...rows.values()], collections)
  return keys.map((key) => {
    const row = rows.get(keyText(key))
    return row && visible(row.audience, viewer) ? versionOf(row, texts) : undefined
  })
}

export async function vread(
  { type, id }: Key,
  version: number,
  viewer: Viewer,
  collections: Collections,
): Promise<Version | undefined> {
  const found = await collections.rows
    .find({ type, id, $or: [{ to: OPEN }, { version, isVersion: true }] }, { projection: WITHOUT_INDEX })
    .sort({ from: 1 })
    .toArray()
  const [current, row] = [found.at(-1), found.find((one) => one.version === version && one.isVersion)]
  if (!current || !row || !visible(current.audience, viewer) || !mayKnow(row, current, viewer)) return undefined
  return versionOf(row, await textsOf([row], collections))
}

export async function indexed(key: Key, collections: Collections) {
  const row = (await currentRows([key], collections, { text: 0, keys: 0 })).get(keyText(key))
  return row && { version: row.version, entries: entriesIn(row.entries), audience: row.audience }
}

/** May the viewer know this version of a record that it may know of, whose current row is `current`? */
export function mayKnow(
  { version, author, replacedAt }: Pick<Row, 'version' | 'author' | 'replacedAt'>,
  current: Pick<Row, 'version' | 'audience' | 'firsts'>,
  viewer: Viewer,
): boolean {
  if (knowsAllVersions(viewer) || version === current.version) return true
  const firsts = JSON.parse(current.firsts) as FirstVersions
  return knowsVersion({ version, author, replacedAt }, viewer.agency, beginningFor(current.audience, firsts, viewer))
}

/** The texts of rows that do not have them any more, by place. */
export const textsOf = (rows: readonly Pick<Row, 'text' | 'made'>[], collections: Collections) =>
  readTexts(
    rows.flatMap(({ text, made }) => (text === undefined ? [made] : [])),
    collections,
  )

export function versionOf(row: Row, texts: ReadonlyMap<string, string>): Version {
  const { type, id, version, made, at, method, author, owner, written, text } = row
  return {
    ...{ type, id, version, sequence: made.sequence, at, method, author, owner, audience: written },
    text: text ?? texts.get(placeText(made)) ?? '',
  }
}
