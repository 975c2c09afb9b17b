/** $open-referrals and $claim: what an agency may take over of the referrals that have no receiver. Defined in capability/operations. */
import { operationDefinition } from './define.ts'
import type { Operation } from './operation.ts'
import { countOf } from './participant-page.ts'
import type { ReferralNeeds } from './referrals.ts'
import { shownPartOf, type ShownPart } from './shown-part.ts'
import { shownOf } from '../domain/referral/offer.ts'
import { BUSINESS_STATUS } from '../domain/referral/task.ts'
import { fullUrl } from '../fhir/bundle.ts'
import { formatInstant } from '../fhir/dates.ts'
import { textOf } from '../fhir/element.ts'
import { serialize } from '../fhir/json.ts'
import { readParameters } from '../fhir/parameters.ts'
import type { JsonObject, Resource } from '../fhir/types.ts'
import type { Call, Reply } from '../interactions/call.ts'
import { addressOf } from '../interactions/links.ts'
import { keyOf, notFound } from '../interactions/target.ts'
import { OPEN_REFERRALS, offersTo, type Offer, type OfferReading } from '../jobs/offers.ts'
import { resourceOf, type StoredResource } from '../records/resource.ts'
import { disclosing, unrestricted, type View, type ViewQuery } from '../records/view.ts'
import type { Cursors } from '../search/page.ts'
import type { Cursor, Filter } from '../search/query.ts'
import { retryOnConflict } from '../write/conflict.ts'
import { write } from '../write/pipeline.ts'

export type OpenReferralNeeds = ReferralNeeds & { readonly cursors: Cursors }

export const openReferrals = (needs: OpenReferralNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'open-referrals')
  return {
    ...definition,
    levels: ['type'],
    types: ['Task'],
    affectsState: false,
    async run(call) {
      const given = readParameters(takes, call)
      const { _id, _count, _cursor } = given
      const part = shownPartOf(needs.definitions, ['Task', 'ServiceRequest'], given)
      const count = countOf(_count)
      const after = _cursor === undefined ? undefined : needs.cursors.decode(String(_cursor), [])
      const one: readonly Filter[] = _id === undefined ? [] : [{ op: 'id', ids: [String(_id)] }]
      const { offered, next } = await pageOf(needs, call, { one, count, after })
      const isWhole = after === undefined && next === undefined
      const link = linksOf(needs, call, next)
      return {
        status: 200,
        text: serialize(bundleOf(call.base, offered, { link, part, isWhole })),
        disclosed: offered.flatMap(({ task, request }) => [keyOfRecord(task), keyOfRecord(request)]),
      }
    },
  }
}

type PageRequest = { readonly one: readonly Filter[]; readonly count: number; readonly after: Cursor | undefined }
type Page = { readonly offered: readonly Offer[]; readonly next?: Cursor | undefined }

/** Open referrals that are read together. */
const CHUNK = 100

/**
 * One page of the open referrals that the caller may claim, in the order of their creation. It reads on until one more
 * than the page takes is found: neither its length nor its `next` link tells of referrals that the caller may not know of.
 */
async function pageOf(needs: OpenReferralNeeds, { caller, now }: Call, requested: PageRequest): Promise<Page> {
  if (caller.role !== 'agency') return { offered: [] }
  const where: Filter = { op: 'and', of: [OPEN_REFERRALS, ...requested.one] }
  // As of one sequence, so that the place of the last one shown is the same when it is looked up.
  const reading = { view: unrestricted(needs.store), query: { type: 'Task', where, asOf: await needs.store.last() } }
  const found: PlacedOffer[] = []
  for await (const one of offersAfter(needs, reading, { agency: caller.agency, now, after: requested.after })) {
    found.push(one)
    if (found.length > requested.count) break
  }
  const shown = found.slice(0, requested.count)
  const last = shown.at(-1)
  const offered = shown.map(({ offer }) => offer)
  return { offered, ...(last && found.length > requested.count ? { next: await cursorAfter(reading, last) } : {}) }
}

type Reading = { readonly view: View; readonly query: Omit<ViewQuery, 'limit' | 'after'> }

/** An offer, and where its Task is: the `index` in the chunk that begins after a cursor. */
type PlacedOffer = { readonly offer: Offer; readonly after: Cursor | undefined; readonly index: number }

type Viewing = { readonly agency: string; readonly now: number; readonly after: Cursor | undefined }

async function* offersAfter(needs: OpenReferralNeeds, { view, query }: Reading, viewing: Viewing) {
  let { after } = viewing
  do {
    const found = await view.find({ ...query, limit: CHUNK, ...(after ? { after } : {}) })
    const tasks = found.versions.map(resourceOf)
    for (const offer of await offersTo(readingOf(needs), view, tasks, viewing))
      yield { offer, after, index: tasks.indexOf(offer.task) }
    after = found.next
  } while (after)
}

const cursorAfter = async ({ view, query }: Reading, { after, index }: PlacedOffer): Promise<Cursor | undefined> =>
  (await view.find({ ...query, limit: index + 1, ...(after ? { after } : {}) })).next

function linksOf({ cursors }: OpenReferralNeeds, call: Call, next: Cursor | undefined): readonly JsonObject[] {
  const address = `${call.base}/Task/$open-referrals`
  const kept = call.params.filter(([name]) => name !== '_cursor')
  return [
    { relation: 'self', url: addressOf(address, call.params) },
    ...(next ? [{ relation: 'next', url: addressOf(address, [...kept, ['_cursor', cursors.encode(next)]]) }] : []),
  ]
}

type Shown = { readonly link: readonly JsonObject[]; readonly part: ShownPart; readonly isWhole: boolean }

function bundleOf(base: string, offered: readonly Offer[], { link, part, isWhole }: Shown): Resource {
  const entry = offered.flatMap(({ task, request }) => [
    { fullUrl: fullUrl(base, keyOfRecord(task)), resource: part.resource(shownOf(task)), search: { mode: 'match' } },
    {
      fullUrl: fullUrl(base, keyOfRecord(request)),
      resource: part.resource(shownOf(request)),
      search: { mode: 'include' },
    },
  ])
  const total = isWhole ? { total: offered.length } : {}
  const bundle = { resourceType: 'Bundle', type: 'searchset', ...total, link }
  return { ...bundle, ...(entry.length > 0 ? { entry } : {}) } as unknown as Resource
}

export const claim = (needs: ReferralNeeds): Operation => {
  const { takes, ...definition } = operationDefinition(needs.definitions, 'claim')
  return {
    ...definition,
    levels: ['instance'],
    types: ['Task'],
    affectsState: true,
    async run(call) {
      readParameters(takes, call)
      return retryOnConflict(() => claimOnce(needs, call))
    },
  }
}

/** One that is not offered to the caller, whatever the reason, is answered as one that does not exist. */
async function claimOnce(needs: ReferralNeeds, call: Call): Promise<Reply> {
  const key = keyOf(call)
  const view = unrestricted(needs.store)
  const task = await view.resource(key)
  const { agency, role } = call.caller
  const [offer] =
    task && role === 'agency' ? await offersTo(readingOf(needs), view, [task], { agency, now: call.now }) : []
  if (!offer) throw notFound(key)
  const resource = {
    ...offer.task,
    status: 'accepted',
    businessStatus: { coding: [{ system: BUSINESS_STATUS, code: 'accepted' }] },
    owner: { reference: `Organization/${agency}` },
    lastModified: formatInstant(Math.max(call.now, Date.parse(textOf(offer.task.lastModified) ?? '') || 0)),
  }
  const { id, resourceType: type } = offer.consent
  const consented = { key: { type, id }, expect: { version: [Number(offer.consent.meta?.versionId)] } }
  // A denial ends the consent, so whichever of the two comes second begins again and sees the other.
  // The participant's consent lets the caller in: what the write looks at is not limited to what it knew before.
  const author = { ...call, view }
  const ifMatch = [Number(offer.task.meta?.versionId)]
  const [written] = await write(
    needs,
    author,
    [{ kind: 'put', create: false, granted: true, resource, ifMatch, at: 'Task' }],
    { guards: [consented] },
  )
  const answer = disclosing(needs.store, call.caller, call.now)
  answer.disclose(key)
  return {
    status: 200,
    text: written?.version?.text ?? '',
    version: written?.version?.version,
    lastModified: written?.version?.at,
    disclosed: answer.disclosed(),
  }
}

const readingOf = ({ definitions, index, range }: ReferralNeeds): OfferReading => ({
  definitions,
  visibility: index.visibility,
  range,
})

const keyOfRecord = ({ resourceType: type, id }: StoredResource) => ({ type, id })
