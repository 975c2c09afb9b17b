/** The history of one record, of types or of everything: the log, read in either direction. */
import { keyText } from '../../fhir/types.ts'
import { visible } from '../../search/match.ts'
import type { Viewer } from '../../search/query.ts'
import { fitting } from '../page-bytes.ts'
import type { CommitRequest, FoundHistory, HistoryPage, HistoryPosition, HistoryScope, Version } from '../store.ts'
import { mayKnow } from './read.ts'
import { isDeletion } from './schema.ts'
import type { MemoryState } from './schema.ts'
import { ofType } from './search.ts'

type PlacedVersion = { readonly version: Version; readonly position: HistoryPosition }

export function history(
  scope: HistoryScope,
  viewer: Viewer,
  page: HistoryPage,
  { records, log, requests }: MemoryState,
): FoundHistory {
  const { limit, oldestFirst = false, after, upTo = Infinity } = page
  const all = log.flatMap(({ sequence, versions }) =>
    versions.flatMap((version, index): PlacedVersion[] => {
      const record = records.get(keyText(version))!
      const isShown =
        sequence <= upTo && isOf(version, scope) && visible(record.audience, viewer) && mayKnow(version, record, viewer)
      return isShown && isIn(version, record.versions[version.version]?.at, page)
        ? [{ version, position: [sequence, index] }]
        : []
    }),
  )
  if (!oldestFirst) all.reverse()
  const rest = after ? all.filter(({ position }) => compare(position, after) * (oldestFirst ? 1 : -1) > 0) : all
  const most = rest.slice(0, limit)
  const sizes = most.map(({ version }) => Buffer.byteLength(version.text))
  const shown = page.bytes === undefined ? most : most.slice(0, fitting(sizes, page.bytes))
  return {
    versions: shown.map(({ version }) => withRequest(version, requests.get(version.sequence))),
    positions: shown.map(({ position }) => position),
    more: rest.length > shown.length,
    ...(page.total ? { total: all.length } : {}),
  }
}

const withRequest = (version: Version, request: CommitRequest | undefined) =>
  request ? { ...version, request } : version

function isOf(version: Version, scope: HistoryScope): boolean {
  if (typeof scope === 'object' && 'id' in scope) return version.type === scope.type && version.id === scope.id
  return ofType(version.type, scope)
}

/** `replacedAt`: when the next version was made, if there is one. */
function isIn(version: Version, replacedAt: number | undefined, { since, before, currentIn }: HistoryPage): boolean {
  const { at } = version
  if (since !== undefined && at < since) return false
  if (before !== undefined && at >= before) return false
  if (currentIn === undefined) return true
  const end = isDeletion(version) ? at + 1 : (replacedAt ?? Infinity)
  return at < currentIn.end && end > currentIn.start
}

const compare = (a: HistoryPosition, b: HistoryPosition): number => a[0] - b[0] || a[1] - b[1]
