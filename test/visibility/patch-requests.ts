/** More kinds of requests that abe sends: patches, and writes under a condition, by themselves and in a Bundle. */
import { condition } from '../builders/index.ts'
import type { Knowledge, RequestKind } from './knowledge.ts'
import type { Sent } from './twins.ts'

type Abe = (method: string, path: string, body?: unknown, headers?: Sent['headers']) => Sent
type Words = {
  key(knowledge: Knowledge, type?: string): string
  criteria(knowledge: Knowledge, type: string): string
}

/** Types that abe writes, and a participant. */
const TYPES = ['Goal', 'Condition', 'Condition', 'EpisodeOfCare', 'Consent', 'RelatedPerson', 'Patient']

/** What abe might try on a record: to change, to test and to copy what it sees and what it does not. */
const OPERATIONS: readonly ((knowledge: Knowledge) => object)[] = [
  ({ random }) => ({ op: 'add', path: '/language', value: random.pick(['en', 'es']) }),
  ({ random }) => ({ op: 'test', path: '/subject/reference', value: `Patient/${random.below(9)}` }),
  ({ random }) => ({ op: 'remove', path: `/telecom/${random.below(3)}` }),
  ({ random }) => ({ op: 'replace', path: `/telecom/${random.below(3)}/value`, value: '662-555-0177' }),
  ({ random }) => ({ op: 'copy', from: `/address/${random.below(3)}`, path: '/address/-' }),
  ({ random }) => ({ op: 'test', path: `/contact/${random.below(2)}/name/text`, value: 'Aunt Odile' }),
  () => ({ op: 'remove', path: '/meta/security' }),
  () => ({ op: 'replace', path: '/id', value: 'abe.1' }),
  () => ({ op: 'test', path: '/meta/versionId', value: '1' }),
  () => ({ op: 'add', path: '/clinicalStatus/text', value: 'better' }),
]

const operations = (knowledge: Knowledge): readonly object[] =>
  Array.from({ length: 1 + knowledge.random.below(2) }, () => knowledge.random.pick(OPERATIONS)(knowledge))

const PATHS = [
  'language',
  'telecom[0]',
  "telecom.where(system = 'phone').value",
  'address.last()',
  'contact',
  'subject',
  'id',
]

/** A FHIRPath Patch of one operation. */
const parameters = ({ random }: Knowledge, type: string): object => ({
  resourceType: 'Parameters',
  parameter: [
    {
      name: 'operation',
      part: [
        { name: 'type', valueCode: random.pick(['delete', 'delete', 'replace']) },
        { name: 'path', valueString: `${type}.${random.pick(PATHS)}` },
        { name: 'value', valueString: 'x' },
      ],
    },
  ],
})

const binary = (patch: readonly object[]): object => ({
  resourceType: 'Binary',
  contentType: 'application/json-patch+json',
  data: Buffer.from(JSON.stringify(patch)).toString('base64'),
})

const JSON_PATCH = { 'Content-Type': 'application/json-patch+json' }

export function kindsOfPatches(
  abe: Abe,
  { key, criteria }: Words,
): readonly (readonly [weight: number, name: string, kind: RequestKind])[] {
  const ifMatch = ({ random, states }: Knowledge, address: string): { readonly [name: string]: string } => {
    const version = (states.get(address)?.meta as { versionId?: string } | undefined)?.versionId ?? '1'
    return random.percent(70) ? { 'If-Match': `W/"${random.percent(80) ? version : 7}"` } : {}
  }
  const typeOf = (address: string): string => address.split('/')[0] ?? ''
  const conditional = (k: Knowledge, type: string): string =>
    `${type}?${criteria(k, type)}${k.random.percent(3) ? '&_count=2' : ''}`
  const ENTRIES: readonly ((k: Knowledge) => object)[] = [
    (k) => ({ request: { method: 'PATCH', url: key(k) }, resource: binary(operations(k)) }),
    (k) => {
      const url = key(k)
      return { request: { method: 'PATCH', url }, resource: parameters(k, typeOf(url)) }
    },
    (k) => {
      const type = k.random.pick(TYPES)
      return { request: { method: 'PATCH', url: conditional(k, type) }, resource: binary(operations(k)) }
    },
    (k) => ({ request: { method: 'PUT', url: conditional(k, 'Condition') }, resource: condition(key(k, 'Patient')) }),
    (k) => ({ request: { method: 'DELETE', url: conditional(k, k.random.pick(['Goal', 'Condition'])) } }),
    (k) => ({ request: { method: 'GET', url: key(k) } }),
  ]
  return [
    [
      8,
      'patch',
      (k) => {
        const address = key(k, k.random.percent(70) ? k.random.pick(TYPES) : undefined)
        return abe('PATCH', `/${address}`, operations(k), { ...JSON_PATCH, ...ifMatch(k, address) })
      },
    ],
    [
      4,
      'FHIRPath patch',
      (k) => {
        const address = key(k, k.random.pick(TYPES))
        return abe('PATCH', `/${address}`, parameters(k, typeOf(address)), ifMatch(k, address))
      },
    ],
    [
      4,
      'conditional patch',
      (k) => {
        const type = k.random.pick(TYPES)
        return abe('PATCH', `/${conditional(k, type)}`, operations(k), { ...JSON_PATCH, ...ifMatch(k, '') })
      },
    ],
    [
      4,
      'conditional update',
      (k) => {
        const body = condition(key(k, 'Patient'))
        return abe('PUT', `/${conditional(k, 'Condition')}`, body, k.random.percent(20) ? ifMatch(k, '') : {})
      },
    ],
    [3, 'conditional delete', (k) => abe('DELETE', `/${conditional(k, k.random.pick(TYPES))}`)],
    [
      4,
      'bundle of patches',
      (k) => {
        const type = k.random.pick(['batch', 'transaction'])
        const entry = Array.from({ length: 1 + k.random.below(3) }, () => k.random.pick(ENTRIES)(k))
        return abe('POST', '/', { resourceType: 'Bundle', type, entry })
      },
    ],
  ]
}
