/**
 * FHIR history of an instance, of a type and of the system: the versions that the caller may know.
 * https://hl7.org/fhir/R4/http.html#history
 */
import { seesAll } from '../domain/visibility/confidential.ts'
import { buildHistory } from '../fhir/bundle.ts'
import { keyText, type Caller, type Key } from '../fhir/types.ts'
import { disclosing, insight } from '../records/view.ts'
import type { Definitions } from '../definitions/definitions.ts'
import type { SearchLimits } from '../search/limits.ts'
import type { Cursors } from '../search/page.ts'
import { PAGE_BYTES } from '../store/page-bytes.ts'
import type { FoundHistory, HistoryPage, HistoryPosition, HistoryScope, Store } from '../store/store.ts'
import type { Call, Handler, Reply } from './call.ts'
import { readHistoryParameters, type HistoryParameters, type HistoryState } from './history-page.ts'
import { addressOf } from './links.ts'
import { countOfOne, isCount, readSubset, shownPart } from './subset.ts'
import { keyOf, notFound, requireInteraction } from './target.ts'

export type HistoryNeeds = {
  readonly store: Store
  readonly definitions: Definitions
  readonly timeZone: string
  readonly cursors: Cursors
  readonly searchLimits: SearchLimits
}

/** The history of one record: `[base]/Type/id/_history`. */
export const history =
  (needs: HistoryNeeds): Handler =>
  async (call) => {
    requireInteraction(needs.definitions, call, 'history-instance')
    const key = keyOf(call)
    const exists = async (): Promise<boolean> =>
      (await insight(needs.store, call.caller, call.now).read(key)) !== undefined
    return answer(needs, call, { scope: key, path: `${keyText(key)}/_history`, exists: { key, exists } })
  }

/** The history of all records of a type: `[base]/Type/_history`. */
export const typeHistory =
  (needs: HistoryNeeds): Handler =>
  async (call) => {
    const { type } = requireInteraction(needs.definitions, call, 'history-type')
    return answer(needs, call, { scope: type, path: `${type}/_history` })
  }

/** The history of every record of the types that have one: `[base]/_history`. */
export const systemHistory =
  (needs: HistoryNeeds): Handler =>
  async (call) => {
    const types = needs.definitions.capabilities.filter(({ interactions }) => interactions.includes('history-type'))
    return answer(needs, call, { scope: types.map(({ type }) => type), path: '_history' })
  }

type Requested = {
  readonly scope: HistoryScope
  /** Below the base. */
  readonly path: string
  /** Of one record: whether there is one that the caller may know of. */
  readonly exists?: { readonly key: Key; exists(): Promise<boolean> }
}

async function answer(needs: HistoryNeeds, call: Call, { scope, path, exists }: Requested): Promise<Reply> {
  const given = readHistoryParameters(call.params, exists !== undefined, {
    timeZone: needs.timeZone,
    limits: needs.searchLimits,
  })
  if (call.params.some(isCount)) throw countOfOne()
  const part = readSubset(needs.definitions, typesOf(scope), call.params)
  const of = identityOf(call, path)
  const opened = given.cursor === undefined ? undefined : (needs.cursors.open(given.cursor, of) as HistoryState)
  const state: HistoryState = opened ?? (given.order === 'oldest' ? { upTo: await needs.store.last() } : {})
  const view = disclosing(needs.store, call.caller, call.now)
  const page = shownPage(await view.history(scope, pageOf(given, state)), state)
  if (exists && page.versions.length === 0 && !(await exists.exists())) throw notFound(exists.key)
  const address = (cursor?: HistoryState) =>
    addressOf(`${call.base}/${path}`, [
      ...call.params.filter(([name]) => name !== '_cursor'),
      ...(cursor ? [['_cursor', needs.cursors.seal(cursor, of)] as const] : []),
    ])
  return {
    status: 200,
    text: buildHistory({
      base: call.base,
      links: { self: addressOf(`${call.base}/${path}`, call.params), ...linksOf(given, state, page, address) },
      versions: page.versions.map((version) => ({
        ...shownPart(version, part, needs.definitions),
        ...requestIdFor(call.caller, version),
      })),
      ...(page.total === undefined ? {} : { total: page.total }),
    }),
    disclosed: view.disclosed(),
  }
}

/** For the agency that sent the request, and the board: a client may have put anything into its ids. */
const requestIdFor = (caller: Caller, { request }: FoundHistory['versions'][number]) =>
  request && (seesAll(caller) || request.agency === caller.agency) ? { requestId: request.id } : {}

const typesOf = (scope: HistoryScope): readonly string[] =>
  [typeof scope === 'object' && 'id' in scope ? scope.type : scope].flat()

/** What a cursor belongs to: the history and its parameters, whatever their order and the size of a page. */
const identityOf = ({ params }: Call, path: string): string =>
  JSON.stringify([
    path,
    ...params
      .filter(([name]) => name !== '_cursor' && name !== '_count')
      .map(String)
      .sort(),
  ])

function pageOf(given: HistoryParameters, { at, back, upTo }: HistoryState): HistoryPage {
  const { count: limit, order, since, before, currentIn, total } = given
  return {
    limit,
    bytes: PAGE_BYTES,
    total,
    oldestFirst: (order === 'newest') === (back === true),
    ...(at ? { after: at } : {}),
    ...(upTo === undefined ? {} : { upTo }),
    ...(since === undefined ? {} : { since }),
    ...(before === undefined ? {} : { before }),
    ...(currentIn ? { currentIn } : {}),
  }
}

/** A page that was read backwards, in the order in which it is shown. */
const shownPage = (found: FoundHistory, { back }: HistoryState): FoundHistory =>
  back ? { ...found, versions: found.versions.toReversed(), positions: found.positions.toReversed() } : found

function linksOf(
  { order }: HistoryParameters,
  begun: HistoryState,
  { positions, more }: FoundHistory,
  address: (state: HistoryState) => string,
) {
  const [first] = positions
  const last = positions.at(-1)
  // Of the newest first, what is committed later than the first version comes before the first page.
  const upTo = order === 'feed' ? undefined : (begun.upTo ?? (order === 'newest' ? first?.[0] : undefined))
  const state = (at?: HistoryPosition, back?: true): HistoryState => ({
    ...(at ? { at } : {}),
    ...(back ? { back } : {}),
    ...(upTo === undefined ? {} : { upTo }),
  })
  const isBack = begun.back === true
  const hasNext = isBack || more || order === 'feed'
  const hasPrevious = isBack ? more : begun.at !== undefined
  const next = last && hasNext ? address(state(last)) : undefined
  const previous = first && hasPrevious ? address(state(first, true)) : undefined
  return {
    ...(next !== undefined || previous !== undefined ? { first: address(state()) } : {}),
    ...(previous === undefined ? {} : { previous }),
    ...(next === undefined ? {} : { next }),
  }
}
