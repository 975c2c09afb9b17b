/** Requests of the history of types and of the system, for the non-interference run. */
import type { RequestKind } from './knowledge.ts'
import type { Sent } from './twins.ts'

/** Rows of the table of requests.ts. `types`: those of which there are records of participants. */
export const kindsOfHistory = (
  send: (method: string, path: string) => Sent,
  types: readonly string[],
): readonly (readonly [weight: number, name: string, kind: RequestKind])[] => [
  [
    3,
    'history of types',
    ({ random }) => {
      const scope = random.pick(['', ...types.map((type) => `/${type}`)])
      const sort = random.pick(['', '&_sort=_lastUpdated', '&_sort=none'])
      const time = random.pick(['', '', '&_at=ge2026-01', '&_since=2026-01-05', '&_before=2999'])
      const total = random.pick(['', '&_total=accurate'])
      return send('GET', `${scope}/_history?_count=${random.below(9)}${sort}${time}${total}`)
    },
  ],
]

/** Parameters of a search that choose parts of the records, or an earlier moment. */
export const PARTS_AND_MOMENTS: readonly (readonly [name: string, value: string])[] = [
  ['_summary', 'count'],
  ['_summary', 'true'],
  ['_summary', 'data'],
  ['_elements', 'id'],
  ['_elements', 'telecom,address'],
  ['_asOf', '2026-01-05'],
  ['_asOf', '2026-12-31'],
  ['_asOf', '99'],
  ['_asOf', '99999'],
]
