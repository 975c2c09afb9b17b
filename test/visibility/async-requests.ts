/** Requests of abe that are answered in the background: the twins compare the result as well (twins.ts). */
import type { Knowledge, RequestKind } from './knowledge.ts'
import type { Sent } from './twins.ts'

type Abe = (method: string, path: string, body?: unknown, headers?: Sent['headers']) => Sent

const LATER = { Prefer: 'respond-async' }

export const kindsOfAsync = (
  abe: Abe,
  key: (knowledge: Knowledge, type?: string) => string,
  { search, entry }: { readonly search: RequestKind; readonly entry: (knowledge: Knowledge) => unknown },
): readonly (readonly [weight: number, name: string, kind: RequestKind])[] => [
  [
    2,
    'search in the background',
    (k) => {
      const sent = search(k)
      return sent && { ...sent, headers: LATER }
    },
  ],
  [1, '$everything in the background', (k) => abe('GET', `/${key(k, 'Patient')}/$everything`, undefined, LATER)],
  [
    2,
    'bundle in the background',
    (k) => {
      const type = k.random.pick(['batch', 'transaction'])
      return abe('POST', '/', { resourceType: 'Bundle', type, entry: [entry(k), entry(k)] }, LATER)
    },
  ],
  [
    1,
    'status of no request',
    (k) => abe(k.random.pick(['GET', 'DELETE']), `/_async/${'0'.repeat(k.random.below(40))}1`),
  ],
]
