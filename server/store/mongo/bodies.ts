/** The texts of resources in the log, and of those that have no room in their commit. */
import type { BodyDocument, Collections, CommitDocument, Place } from './schema.ts'

/** Bytes of text that a commit holds itself: a document has at most 16 MB, with everything else. */
const ROOM = 8 * 1024 * 1024

const bodyId = (token: string, index: number): string => `${token}.${index}`

/** Where the texts of a commit go: into its document, as long as there is room, the largest ones elsewhere. */
export function placeTexts(
  texts: readonly string[],
  token: string,
): { readonly texts: readonly (string | null)[]; readonly bodies: readonly BodyDocument[] } {
  const sizes = texts.map((text) => Buffer.byteLength(text))
  let left = sizes.reduce((sum, size) => sum + size, 0)
  const moved = new Set<number>()
  for (const index of [...sizes.keys()].sort((a, b) => sizes[b]! - sizes[a]!)) {
    if (left <= ROOM) break
    moved.add(index)
    left -= sizes[index]!
  }
  return {
    texts: texts.map((text, index) => (moved.has(index) ? null : text)),
    bodies: [...moved].map((index) => ({ _id: bodyId(token, index), text: texts[index]! })),
  }
}

/** The texts of versions, by their places as text. */
export async function readTexts(
  places: readonly Place[],
  { commits, bodies }: Collections,
): Promise<ReadonlyMap<string, string>> {
  if (places.length === 0) return new Map()
  const sequences = [...new Set(places.map(({ sequence }) => sequence))]
  const found = await commits.find({ _id: { $in: sequences } }, { projection: { token: 1, texts: 1 } }).toArray()
  return textsIn(new Map(found.map((one) => [one._id, one])), places, bodies)
}

async function textsIn(
  commits: ReadonlyMap<number, Pick<CommitDocument, 'token' | 'texts'>>,
  places: readonly Place[],
  bodies: Collections['bodies'],
): Promise<ReadonlyMap<string, string>> {
  const texts = new Map<string, string>()
  const elsewhere = new Map<string, string>()
  for (const place of places) {
    const commit = commits.get(place.sequence)
    const text = commit?.texts[place.index]
    if (typeof text === 'string') texts.set(placeText(place), text)
    else if (commit) elsewhere.set(bodyId(commit.token, place.index), placeText(place))
  }
  if (elsewhere.size === 0) return texts
  for (const { _id, text } of await bodies.find({ _id: { $in: [...elsewhere.keys()] } }).toArray())
    texts.set(elsewhere.get(_id)!, text)
  return texts
}

/** The texts of all versions of commits that were read whole. */
export const textsOfCommits = (
  commits: readonly CommitDocument[],
  { bodies }: Collections,
): Promise<ReadonlyMap<string, string>> =>
  textsIn(
    new Map(commits.map((one) => [one._id, one])),
    commits.flatMap(({ _id, versions }) => versions.map(({ index }) => ({ sequence: _id, index }))),
    bodies,
  )

export const placeText = ({ sequence, index }: Place): string => `${sequence}.${index}`
