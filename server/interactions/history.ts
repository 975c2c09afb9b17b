/** FHIR history of an instance, newest first: the versions that the caller may know. https://hl7.org/fhir/R4/http.html#history */
import { buildHistory } from '../fhir/bundle.ts'
import { addressDate, dateRange } from '../fhir/dates.ts'
import { refuse } from '../fhir/outcome.ts'
import { keyText } from '../fhir/types.ts'
import { isDeleted } from '../records/resource.ts'
import { disclosing, insight } from '../records/view.ts'
import type { Definitions } from '../definitions/definitions.ts'
import type { Store } from '../store/store.ts'
import type { Call, Handler } from './call.ts'
import { addressOf } from './links.ts'
import { keyOf, notFound, requireInteraction } from './target.ts'

const DEFAULT_COUNT = 50
const MOST = 200

export type HistoryNeeds = {
  readonly store: Store
  readonly definitions: Definitions
  readonly timeZone: string
}

export const history =
  ({ store, definitions, timeZone }: HistoryNeeds): Handler =>
  async (call) => {
    requireInteraction(definitions, call, 'history-instance')
    const key = keyOf(call)
    const page = pageOf(call, timeZone)
    const view = insight(store, call.caller, call.now)
    const { versions, total } = await view.history(key, { ...page, limit: Math.max(page.limit, 1) })
    if (total === 0 && !(await view.read(key))) throw notFound(key)
    const shown = versions.slice(0, page.limit)
    const answer = disclosing(store, call.caller, call.now)
    for (const version of shown) if (!isDeleted(version)) answer.disclose(version)
    const last = shown.at(-1)
    const more = last && last.version > 1 && shown.length < total && shown.length === page.limit
    const address = `${call.base}/${keyText(key)}/_history`
    const onward = call.params.filter(([name]) => name !== '_cursor')
    const next = more ? addressOf(address, [...onward, ['_cursor', String(last.version)]]) : undefined
    return {
      status: 200,
      text: buildHistory({
        base: call.base,
        links: { self: addressOf(address, call.params), next },
        versions: shown,
        total,
      }),
      disclosed: answer.disclosed(),
    }
  }

function pageOf(call: Call, timeZone: string) {
  const page: { limit: number; before?: number; since?: number } = { limit: DEFAULT_COUNT }
  for (const [name, value] of call.params) {
    if (name === '_count') page.limit = Math.min(whole(name, value), MOST)
    else if (name === '_cursor') page.before = whole(name, value)
    else if (name === '_since') page.since = instant(value, timeZone)
    else if (name !== '_format' && name !== '_pretty')
      throw refuse('unknown-parameter', `\`${name}\` is not a parameter of history; it takes _count and _since.`)
  }
  return page
}

function whole(name: string, value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value)
  throw refuse('invalid-parameter', `\`${name}\` is \`${value}\`; send a whole number.`)
}

function instant(value: string, timeZone: string): number {
  const range = dateRange(addressDate(value), timeZone)
  if (range) return range.start
  throw refuse('invalid-parameter', `\`_since\` is \`${value}\`; send an instant such as \`2026-11-24T05:00:00Z\`.`)
}
