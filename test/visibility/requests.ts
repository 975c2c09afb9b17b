/** Requests of every kind that abe sends to both hubs, about addresses that abe knows, unknown ones and secret ones. */
import { condition, consent, lookUpConsent, matchParameters, participant, type Body } from '../builders/index.ts'
import { queryText } from '../requests/search-query.ts'
import { filed, parameters, referring, revoked, SIGNATURE } from './consent-parameters.ts'
import { kindsOfTables } from './table-requests.ts'
import { kindsOfHistory, PARTS_AND_MOMENTS } from './history-requests.ts'
import { kindsOfAsync } from './async-requests.ts'
import { kindsOfFormats } from './format-requests.ts'
import { kindsOfMetaAndEvents } from './meta-requests.ts'
import { kindsOfPatches } from './patch-requests.ts'
import { modified, overTypes, PEOPLE, sort } from './search-requests.ts'
import type { Knowledge, RequestKind } from './knowledge.ts'
import { FAMILIES, GIVENS, NUMBERS } from './twin-worlds.ts'
import { key, abe, subjectOf, body, bodyLike, person, contactable, identifierOf, criteria } from './request-parts.ts'
import type { Sent, TwinAnswer } from './twins.ts'

const RESOURCE = /"resourceType":"([A-Za-z]+)","id":"([^"]+)"/g

/** Remembers what an answer showed. */
export function learn({ addresses, states }: Knowledge, { status, text }: TwinAnswer): void {
  for (const [, type, id] of text.matchAll(RESOURCE)) {
    const key = `${type}/${id}`
    if (type !== 'Bundle' && id !== undefined && id.startsWith('«') && !states.has(key)) addresses.push(key)
  }
  if (status >= 300 || !text.startsWith('{"resourceType":"')) return
  const body = JSON.parse(text) as Body & { id?: string }
  if (typeof body.id === 'string') states.set(`${body.resourceType}/${body.id}`, body)
}

const VALUES: Readonly<Record<string, (knowledge: Knowledge) => string>> = {
  token: ({ random }) =>
    random.pick([
      'active',
      'final',
      'requested',
      'homeless',
      'disability',
      'true',
      'female',
      'other',
      '662-555-0101',
      'permit',
      'order',
    ]),
  string: ({ random }) => random.pick([...FAMILIES, ...GIVENS, 'fer', 'x', 'Magnolia', 'Oleander']),
  reference: (knowledge) =>
    knowledge.random.pick([
      subjectOf(knowledge),
      subjectOf(knowledge).split('/')[1]!,
      'Organization/abe',
      'Organization/vr',
      key(knowledge),
    ]),
  date: ({ random }) =>
    random.pick(['2026', 'ge2026-01-01', 'lt2026-06-01', 'eq2026-01-05', 'ne2026-01-05', 'gt2026-06-01', 'ap2026-01']),
  uri: ({ random }) =>
    random.pick(['https://no-wrong-door.example/fhir/Questionnaire/individual-service-assessment', 'x:y']),
  quantity: () => '4200',
  number: () => '1',
  composite: ({ random }) => random.pick(['wage-record$gt1', 'final$permit', 'active$2026']),
  special: () => '34.26|-88.7|50|km',
}

function search(knowledge: Knowledge): Sent {
  const { random, offers } = knowledge
  const people = offers.filter(({ type }) => PEOPLE.includes(type))
  const offer = random.percent(90) ? random.pick(people) : random.pick(offers)
  const params = offer.searchParam ?? []
  const query: string[] = []
  const add = (name: string, value: string) => query.push(queryText([[name, value]]))
  for (let left = random.below(3); left > 0 && params.length > 0; left -= 1) {
    const { name, type } = random.pick(params)
    const value = name === 'identifier' ? identifierOf(random) : (VALUES[type] ?? VALUES.token!)(knowledge)
    if (random.percent(8)) {
      const [modifier, searched] = modified(knowledge)
      add(`${name}:${modifier}`, searched)
    }
    add(
      random.percent(8) ? `${name}:${random.pick(['missing', 'not', 'exact'])}` : name,
      random.percent(2) ? '' : value,
    )
  }
  if (random.percent(15)) add('_id', [key(knowledge), key(knowledge)].map((one) => one.split('/')[1]).join(','))
  if (random.percent(10)) add('_lastUpdated', random.pick(['ge2026-06-01', 'lt2026-06-01T12:30:00Z', 'gt2027']))
  if (random.percent(50)) add('_sort', sort(random, offer))
  if (random.percent(40) && offer.searchInclude?.length) add('_include', random.pick(offer.searchInclude))
  if (random.percent(40)) add('_total', random.pick(['accurate', 'none', 'estimate']))
  if (random.percent(50)) add('_count', String(random.below(7)))
  if (random.percent(15)) add(...random.pick(PARTS_AND_MOMENTS))
  if (random.percent(3))
    add(random.pick(['nothing', '_explain', '_revinclude', '_has:Observation', 'patient.name', '_cursor']), 'x')
  const lenient: Sent['headers'] = random.percent(10) ? { Prefer: 'handling=lenient' } : {}
  return abe('GET', `/${offer.type}?${query.join('&')}`, undefined, lenient)
}

function entry(knowledge: Knowledge): object {
  const { random } = knowledge
  const made = body(knowledge)
  return random.pick([
    () => ({ resource: made, request: { method: 'POST', url: made.resourceType } }),
    () => ({
      resource: made,
      request: { method: 'POST', url: made.resourceType, ifNoneExist: criteria(knowledge, made.resourceType) },
    }),
    () => ({
      resource: condition(`Patient?${criteria(knowledge, 'Patient')}`),
      request: { method: 'POST', url: 'Condition' },
    }),
    () => ({ request: { method: 'GET', url: key(knowledge) } }),
    () => ({ request: { method: 'GET', url: search(knowledge).path.slice(1) } }),
    () => ({ request: { method: 'DELETE', url: key(knowledge, random.pick(['Goal', 'Condition'])) } }),
  ])()
}

const KINDS: readonly (readonly [weight: number, name: string, kind: RequestKind])[] = [
  [16, 'read', (k) => abe(k.random.percent(80) ? 'GET' : 'HEAD', `/${key(k)}`)],
  [6, 'conditional read', (k) => abe('GET', `/${key(k)}`, undefined, { 'If-None-Match': `W/"${k.random.below(3)}"` })],
  [5, 'vread', (k) => abe('GET', `/${key(k)}/_history/${k.random.below(4)}`)],
  [6, 'history', (k) => abe('GET', `/${key(k)}/_history?_count=${k.random.below(3)}`)],
  ...kindsOfHistory(abe, PEOPLE),
  [34, 'search', search],
  [5, 'search over types', (k) => abe('GET', overTypes(k))],
  [
    7,
    'create',
    (k) => {
      const made = body(k)
      return abe('POST', `/${made.resourceType}`, made)
    },
  ],
  [
    6,
    'conditional create',
    (k) => {
      const made = body(k)
      return abe('POST', `/${made.resourceType}`, made, { 'If-None-Exist': criteria(k, made.resourceType) })
    },
  ],
  [
    36,
    'update',
    (k) => {
      const address = key(k)
      const [type = '', id = ''] = address.split('/')
      const state = k.states.get(address) ?? { ...bodyLike(k, type), id }
      const version = (state.meta as { versionId?: string } | undefined)?.versionId ?? '1'
      const ifMatch = k.random.percent(60) ? { 'If-Match': `W/"${k.random.percent(80) ? version : 7}"` } : {}
      return abe('PUT', `/${address}`, { ...state, language: k.random.pick(['en', 'es']) }, ifMatch)
    },
  ],
  [
    2,
    'own id',
    (k) => {
      const id = `${k.random.pick(['abe', 'vr'])}.${k.random.below(1000)}`
      const headers = k.random.percent(30) ? { 'If-None-Match': '*' } : {}
      return abe('PUT', `/Patient/${id}`, { ...person(k.random), id }, headers)
    },
  ],
  [
    4,
    'delete',
    (k) => {
      const address = key(k, k.random.pick(['Goal', 'Condition', 'Condition', 'EpisodeOfCare', 'Consent', 'Patient']))
      const meta = k.states.get(address)?.meta as { versionId?: string } | undefined
      const version = address.startsWith('Patient/') ? (meta?.versionId ?? '1') : '1'
      const isMatched = address.startsWith('Patient/') || k.random.percent(20)
      return abe('DELETE', `/${address}`, undefined, isMatched ? { 'If-Match': `W/"${version}"` } : {})
    },
  ],
  [
    2,
    'delete what a secret may refer to',
    (k) => {
      const own = [...k.states].filter(([address, state]) => address.startsWith('Condition/') && isOwn(state))
      if (own.length === 0) return undefined
      const [address] = k.random.pick(own)
      k.states.delete(address)
      return abe('DELETE', `/${address}`)
    },
  ],
  [
    5,
    'bundle',
    (k) => {
      const type = k.random.pick(['batch', 'transaction'])
      const list = Array.from({ length: 1 + k.random.below(3) }, () => entry(k))
      return abe('POST', '/', { resourceType: 'Bundle', type, entry: list })
    },
  ],
  [2, '$reconcile', (k) => abe('GET', `/${key(k, 'Patient')}/$reconcile?base=${k.random.below(3)}`)],
  [
    3,
    '$everything',
    (k) => {
      const address = `/${key(k, 'Patient')}/$everything`
      const start = k.random.percent(30) ? '&start=2026-01-01' : ''
      const types = k.random.percent(30) ? '&_type=Condition,RelatedPerson,Organization' : ''
      return abe('GET', `${address}?_count=${1 + k.random.below(8)}${start}${types}`)
    },
  ],
  [2, '$intake-package', (k) => abe('GET', `/${key(k, 'Patient')}/$intake-package?_count=${1 + k.random.below(8)}`)],
  [
    1,
    '$transfer-case-manager',
    (k) =>
      abe('POST', `/${key(k, 'Patient')}/$transfer-case-manager`, {
        resourceType: 'Parameters',
        parameter: ['from', 'to']
          .slice(k.random.below(2))
          .map((name) => ({ name, valueReference: { reference: key(k, 'PractitionerRole') } })),
      }),
  ],
  [1, '$validate', (k) => abe('GET', `/${key(k)}/$validate`)],
  [1, '$propose-referrals', (k) => abe('GET', `/${key(k, 'QuestionnaireResponse')}/$propose-referrals`)],
  [1, '$open-referrals', () => abe('GET', '/Task/$open-referrals')],
  [1, '$open-referrals by page', () => abe('GET', '/Task/$open-referrals?_count=1')],
  [1, '$open-referrals by id', (k) => abe('GET', `/Task/$open-referrals?_id=${key(k, 'Task').slice(5)}`)],
  [1, '$claim', (k) => abe('POST', `/${key(k, 'Task')}/$claim`)],
  [
    1,
    '$refer',
    (k) =>
      abe('POST', `/${key(k, 'Patient')}/$refer`, {
        resourceType: 'Parameters',
        parameter: [
          { name: 'service', valueCode: 'program-referral-coordination' },
          { name: 'performer', valueReference: { reference: `Organization/${k.random.pick(['vr', 'dhs'])}` } },
          { name: 'identifier', valueString: k.random.pick(NUMBERS) },
          { name: 'reason', valueReference: { reference: key(k, 'Condition') } },
        ],
      }),
  ],
  [
    4,
    '$match',
    (k) =>
      abe('POST', '/Patient/$match', {
        resourceType: 'Parameters',
        parameter: [
          { name: 'resource', resource: k.random.percent(70) ? person(k.random) : contactable(k.random) },
          ...(k.random.percent(30) ? [{ name: 'onlyCertainMatches', valueBoolean: true }] : []),
          ...(k.random.percent(30) ? [{ name: 'count', valueInteger: k.random.below(5) }] : []),
        ],
      }),
  ],
  [
    1,
    // By name and birth date nobody is certain, so the consent tells nothing.
    '$match with a consent to be looked up',
    ({ random }) => {
      const one = participant('abe', { family: random.pick(FAMILIES), given: random.pick(GIVENS) })
      return abe('POST', '/Patient/$match', matchParameters(one, { consent: lookUpConsent('abe') }))
    },
  ],
  [
    1,
    '$request-access',
    (k) =>
      abe('POST', '/Patient/$request-access', {
        resourceType: 'Parameters',
        parameter: [{ name: 'token', valueString: key(k).split('/')[1] }],
      }),
  ],
  [1, 'audit events', (k) => abe('GET', `/AuditEvent?_total=accurate&patient=${subjectOf(k).split('/')[1]}`)],
  [
    1,
    '$propose-change',
    (k) =>
      abe('POST', `/${key(k, 'Patient')}/$propose-change`, {
        resourceType: 'Parameters',
        parameter: [{ name: 'birthDate', valueDate: k.random.pick(['1990-01-08', '1990-08-01']) }],
      }),
  ],
  [
    1,
    '$submit-referrals',
    (k) =>
      abe('POST', `/${key(k, 'Patient')}/$submit-referrals`, {
        resourceType: 'Parameters',
        parameter: [
          { name: 'response', valueReference: { reference: key(k, 'QuestionnaireResponse') } },
          {
            name: 'decision',
            part: [
              { name: 'rule', valueCode: k.random.pick(['snap', 'tanf', 'employment-services']) },
              { name: 'accept', valueBoolean: k.random.percent(50) },
            ],
          },
        ],
      }),
  ],
  ...kindsOfMetaAndEvents(abe, key),
  ...kindsOfFormats(abe, key, search),
  ...kindsOfTables(abe, key, bodyLike),
  ...kindsOfAsync(abe, key, { search, entry }),
  ...kindsOfPatches(abe, { key, criteria }),
  [1, '$consent-check', (k) => abe('GET', `/${key(k, k.random.pick(['Patient', 'Consent']))}/$consent-check`)],
  [
    1,
    'system $consent-check',
    (k) => abe('POST', '/$consent-check', parameters(referring('patient', key(k, 'Patient')))),
  ],
  [
    1,
    '$fileConsent',
    (k) => abe('POST', '/Consent/$fileConsent', filed(consent(subjectOf(k), 'abe', k.random.pick(['vr', 'dhs'])))),
  ],
  [1, '$revokeConsent', (k) => abe('POST', '/Consent/$revokeConsent', revoked(key(k, 'Consent'), key(k, 'Patient')))],
  [
    2,
    '$revoke-consent',
    (k) =>
      abe(
        'POST',
        `/${key(k, 'Patient')}/$revoke-consent`,
        parameters(
          referring('recipient', `Organization/${k.random.pick(['vr', 'dhs', 'board'])}`),
          ...(k.random.percent(50) ? [SIGNATURE] : []),
        ),
      ),
  ],
  [
    3,
    'self-help',
    (k) => {
      const own = [...k.states].filter(([address, state]) => /^(EpisodeOfCare|Consent)\//.test(address) && isOwn(state))
      if (own.length === 0) return undefined
      const [address, state] = k.random.pick(own)
      const ends = { EpisodeOfCare: 'finished', Consent: 'inactive' }[address.split('/')[0]!] ?? ''
      const period = address.startsWith('Episode') ? { period: { start: '2026-01-05', end: '2026-01-31' } } : {}
      const changed = k.random.percent(50) ? { status: ends, ...period } : { status: 'active' }
      return abe('PUT', `/${address}`, { ...state, ...changed })
    },
  ],
  [
    1,
    '$jobs',
    (k) =>
      k.random.pick([
        () => abe('GET', `/$jobs?state=${k.random.pick(['failed', 'running', 'nothing'])}`),
        () => abe('GET', `/$retry-job?kind=deliver&key=${key(k).split('/')[1]}`),
        () =>
          abe('POST', '/$retry-job', {
            resourceType: 'Parameters',
            parameter: [
              { name: 'kind', valueCode: 'deliver' },
              { name: 'key', valueString: key(k).split('/')[1] },
            ],
          }),
        () =>
          abe('POST', '/', {
            resourceType: 'Bundle',
            type: 'batch',
            entry: [{ request: { method: 'GET', url: '$jobs' } }],
          }),
      ])(),
  ],
  [
    2,
    '$warnings',
    (k) =>
      k.random.pick([
        () =>
          abe('GET', `/$warnings${k.random.pick(['', '?count=1', '?audience=owner', '?area=north', '?level=high'])}`),
        () => abe('GET', `/${subjectOf(k)}/$warnings`),
        () => abe('GET', `/Task?warning=${k.random.pick(['first-contact', 'answer'])}&_total=accurate`),
        () => abe('GET', '/$referral-conservation'),
        () => abe('POST', `/${key(k, 'Task')}/$adjudicate`, saying('decision')),
        () => abe('POST', `/${key(k, 'Task')}/$appeal`, saying('reason')),
      ])(),
  ],
  [1, 'metrics', (k) => abe(k.random.pick(['GET', 'HEAD', 'OPTIONS']), '/../metrics')],
  [
    2,
    'nonsense',
    (k) =>
      k.random.pick([
        () => abe('POST', '/Condition', '{"resourceType":"Condition"'),
        () => abe('PATCH', `/${key(k)}`),
        () => abe('GET', `/Nothing/${k.random.below(9)}`),
        () => abe('GET', `/Circle/${subjectOf(k).split('/')[1]}`),
        () => abe('PUT', `/${key(k)}`, { resourceType: 'Patient', id: 'other' }),
        () => abe('GET', `/${key(k)}/$nothing`),
        () => abe('PUT', `/${key(k)}`, body(k), { 'If-Match': 'nonsense' }),
      ])(),
  ],
]

const saying = (name: string) => ({ resourceType: 'Parameters', parameter: [{ name, valueString: 'A reason.' }] })

const isOwn = ({ meta }: Body): boolean => (meta as { source?: string } | undefined)?.source === 'Organization/abe'

const TOTAL = KINDS.reduce((sum, [weight]) => sum + weight, 0)

export function nextRequest(knowledge: Knowledge): { readonly name: string; readonly sent: Sent } {
  let remaining = knowledge.random.below(TOTAL)
  for (const [weight, name, kind] of KINDS) {
    remaining -= weight
    const sent = remaining < 0 ? kind(knowledge) : undefined
    if (sent) return { name, sent }
  }
  return nextRequest(knowledge)
}
