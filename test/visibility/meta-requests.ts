/** More kinds of requests that abe sends: about profiles, tags and labels, the events of its subscriptions, a lost person, merges, reasons. */
import { codeSystemAt, lookUpConsent, matchParameters } from '../builders/index.ts'
import type { Knowledge, RequestKind } from './knowledge.ts'
import { LOST_PERSON } from './twin-worlds.ts'
import type { Sent } from './twins.ts'

type Abe = (method: string, path: string, body?: unknown, headers?: Sent['headers']) => Sent
type KeyOf = (knowledge: Knowledge, type?: string) => string

const LABELS = [
  { system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' },
  { system: codeSystemAt('restricted-class'), code: 'disability' },
]

export const kindsOfMetaAndEvents = (
  abe: Abe,
  key: KeyOf,
): readonly (readonly [weight: number, name: string, kind: RequestKind])[] => [
  [2, '$meta', (k) => abe('GET', `${k.random.pick([`/${key(k)}`, `/${key(k).split('/')[0]}`, ''])}/$meta`)],
  [
    2,
    '$meta-add, $meta-delete',
    (k) => {
      const meta = k.random.pick([{ tag: [{ code: 'to-check' }] }, { security: LABELS }, { security: LABELS.slice(1) }])
      const path = `/${key(k)}/$${k.random.pick(['meta-add', 'meta-delete'])}`
      return abe('POST', path, { resourceType: 'Parameters', parameter: [{ name: 'meta', valueMeta: meta }] })
    },
  ],
  [
    4,
    '$events',
    (k) => {
      const from = k.random.percent(70) ? `?eventsSinceNumber=${k.random.below(60)}` : ''
      const content = k.random.percent(30) ? `${from ? '&' : '?'}content=id-only` : ''
      return abe('GET', `/${key(k, 'Subscription')}/$events${from}${content}`)
    },
  ],
  [2, '$status', (k) => abe('GET', `${k.random.pick([`/${key(k, 'Subscription')}`, '/Subscription'])}/$status`)],
  [
    2,
    '$match of somebody who denied abe',
    ({ random }) =>
      abe(
        'POST',
        '/Patient/$match',
        matchParameters(LOST_PERSON, random.percent(70) ? { consent: lookUpConsent('abe') } : {}),
      ),
  ],
  [
    1,
    '$merge',
    (k) =>
      abe('POST', `/Patient/$${k.random.pick(['merge', 'undo-merge'])}`, {
        resourceType: 'Parameters',
        parameter: ['source-patient', 'target-patient'].map((name) => ({
          name,
          valueReference: { reference: key(k, 'Patient') },
        })),
      }),
  ],
  [
    1,
    '$why',
    (k) => abe('GET', `/${key(k, k.random.pick(['Patient', 'Condition']))}/$why?agency=${k.random.pick(['vr', 'es'])}`),
  ],
]
