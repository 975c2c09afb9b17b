/**
 * `_asOf`: a search as of an earlier moment, for whoever may know the records now and the versions of that moment
 * (store/first-versions.ts). An instant for everybody; a sequence for those from whom nothing is hidden, because sequences
 * count what others wrote.
 */
import { addressDate, dateRange } from '../fhir/dates.ts'
import { refuse } from '../fhir/outcome.ts'
import type { Query } from '../search/query.ts'
import type { ParsedSearch } from '../search/parse.ts'
import type { Store } from '../store/store.ts'
import type { Policy } from '../write/policy/policy.ts'
import type { Call } from './call.ts'

type AsOfNeeds = {
  readonly store: Pick<Store, 'last' | 'lastAt'>
  readonly timeZone: string
  readonly policy: Pick<Policy, 'seesAll'>
}

/**
 * The query as of the moment that its parameter `_asOf` names. A page that a cursor leads to is as of the sequence of its
 * first page.
 * @throws OutcomeError `invalid-parameter` for what is no moment, and for one to come
 */
export async function queryAsOf(needs: AsOfNeeds, call: Call, { query, self }: ParsedSearch): Promise<Query> {
  const value = self.find(([name]) => name === '_asOf')?.[1]
  if (value === undefined || query.asOf !== undefined) return query
  return { ...query, asOf: await sequenceOf(needs, call, value) }
}

async function sequenceOf(
  { store, timeZone, policy }: AsOfNeeds,
  { caller, now }: Call,
  value: string,
): Promise<number> {
  if (/^\d{1,15}$/.test(value)) {
    if (!policy.seesAll(caller))
      throw refuse(
        'invalid-parameter',
        `\`_asOf\` is \`${value}\`, a sequence, which counts what others wrote; agencies name an instant, such as \`2026-11-24T05:00:00Z\`.`,
      )
    const last = await store.last()
    if (Number(value) <= last) return Number(value)
    throw refuse('invalid-parameter', `\`_asOf\` is \`${value}\`, a sequence to come; the last one is \`${last}\`.`)
  }
  const range = dateRange(addressDate(value), timeZone)
  if (!range)
    throw refuse('invalid-parameter', `\`_asOf\` is \`${value}\`; send an instant such as \`2026-11-24T05:00:00Z\`.`)
  if (range.start > now)
    throw refuse('invalid-parameter', `\`_asOf\` is \`${value}\`, which is to come; name a moment that has passed.`)
  return store.lastAt(range.end - 1)
}
