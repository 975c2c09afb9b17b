/**
 * Every way in which an agency can ask about one record. For a record that it may not know of, each must answer what it
 * answers for an id that does not exist; for one that it may know of, something else.
 */
import type { Answer, Client } from '../given.ts'
import { agencyTeam, condition, goal, teamMember, type Body } from '../builders/index.ts'

/** `own` is a participant of the asking agency, for records that it writes to ask. */
export type Target = { readonly type: string; readonly id: string; readonly own: string }
export type AccessPath = {
  readonly name: string
  /** Types for which there is this way; absent: all. */
  readonly types?: readonly string[]
  ask(client: Client, target: Target): Promise<Answer>
}

const at = ({ type, id }: Target): string => `/${type}/${id}`
const conditional = (headers: Record<string, string>) => ({ headers })
const bundle = (kind: 'batch' | 'transaction', ...entry: readonly object[]) => ({
  resourceType: 'Bundle',
  type: kind,
  entry,
})

/** A valid record of the caller's own participant that refers to the target record, where a profile lets it. */
function referring(reference: string, { type, own }: Target): Body {
  if (type === 'Patient') return condition(reference)
  if (type === 'RelatedPerson') return agencyTeam(own, teamMember('family', reference))
  if (type === 'Observation') return { ...condition(own), evidence: [{ detail: [{ reference }] }] }
  return { ...goal(own), addresses: [{ reference }] }
}
/** A participant is deleted by the board alone: everybody else gets the same answer, whatever there is. */
const DELETED_BY_AGENCIES = ['Condition', 'Observation']
const REFERABLE = ['Patient', 'Condition', 'Observation', 'RelatedPerson']

/** A body that is not valid, so that nothing is ever written with it. */
const invalid = ({ type, id }: Target) => ({ resourceType: type, id, language: 5 })

const get = (name: string, path: (target: Target) => string, types?: readonly string[]): AccessPath => ({
  name,
  ask: (client, target) => client.get(path(target)),
  ...(types ? { types } : {}),
})

export const PATHS: readonly AccessPath[] = [
  get('read', at),
  { name: 'HEAD', ask: (client, target) => client.send('HEAD', at(target)) },
  { name: 'conditional read', ask: (c, target) => c.get(at(target), conditional({ 'If-None-Match': 'W/"1"' })) },
  get('vread', (target) => `${at(target)}/_history/1`),
  get('instance history', (target) => `${at(target)}/_history`),
  get('instance history, a page of it', (target) => `${at(target)}/_history?_count=1&_since=2020-01-01`),
  get('search by _id', ({ type, id }) => `/${type}?_id=${id}`),
  get('search by several _id', ({ type, id }) => `/${type}?_id=nobody,${id}`),
  get('search with a total', ({ type, id }) => `/${type}?_id=${id}&_total=accurate`),
  get('search for the count only', ({ type, id }) => `/${type}?_id=${id}&_count=0`),
  get('search for a summary', ({ type, id }) => `/${type}?_id=${id}&_summary=count`),
  get('search sorted', ({ type, id }) => `/${type}?_id=${id}&_sort=-_lastUpdated,_id`),
  {
    name: 'search by POST',
    ask: (client, { type, id }) =>
      client.send('POST', `/${type}/_search`, `_id=${id}`, conditional({ 'Content-Type': FORM })),
  },
  {
    name: 'conditional create',
    ask: (client, target) =>
      client.post(`/${target.type}`, invalid(target), conditional({ 'If-None-Exist': _id(target) })),
  },
  {
    name: 'conditional create in a transaction',
    ask: (client, target) =>
      client.post(
        '/',
        bundle('transaction', entry('POST', target.type, invalid(target), { ifNoneExist: _id(target) })),
      ),
  },
  { name: 'update', ask: (client, target) => client.put(at(target), invalid(target)) },
  { name: 'update of a version', ask: (client, target) => client.put(at(target), invalid(target), 1) },
  {
    name: 'update if absent',
    ask: (client, target) => client.send('PUT', at(target), invalid(target), conditional({ 'If-None-Match': '*' })),
  },
  {
    name: 'update in a transaction',
    ask: (client, target) =>
      client.post('/', bundle('transaction', entry('PUT', at(target).slice(1), invalid(target)))),
  },
  {
    name: 'delete of a version that never was',
    types: DELETED_BY_AGENCIES,
    ask: (client, target) => client.delete(at(target), 999),
  },
  {
    name: 'delete of a version that never was, in a transaction',
    types: DELETED_BY_AGENCIES,
    ask: (client, target) =>
      client.post('/', bundle('transaction', entry('DELETE', at(target).slice(1), undefined, { ifMatch: 'W/"999"' }))),
  },
  {
    name: 'read and search in a batch',
    ask: (client, target) =>
      client.post(
        '/',
        bundle('batch', entry('GET', at(target).slice(1)), entry('GET', `${target.type}?${_id(target)}`)),
      ),
  },
  {
    name: 'search in a transaction',
    ask: (client, target) => client.post('/', bundle('transaction', entry('GET', `${target.type}?${_id(target)}`))),
  },
  {
    name: 'reference from a new record',
    types: REFERABLE,
    ask: (client, target) => {
      const body = referring(at(target).slice(1), target)
      return client.post(`/${body.resourceType}`, body)
    },
  },
  {
    name: 'reference to a version from a new record',
    types: REFERABLE,
    ask: (client, target) => {
      const body = referring(`${at(target).slice(1)}/_history/1`, target)
      return client.post(`/${body.resourceType}`, body)
    },
  },
  {
    name: 'conditional reference in a transaction',
    types: REFERABLE,
    ask: (client, target) => {
      const body = referring(`${target.type}?${_id(target)}`, target)
      return client.post('/', bundle('transaction', entry('POST', body.resourceType, body)))
    },
  },
  get('$reconcile', (target) => `${at(target)}/$reconcile?base=1`, ['Patient', 'CareTeam']),
  get('$everything', (target) => `${at(target)}/$everything`, ['Patient']),
  get('$everything, with a cursor of nobody', (target) => `${at(target)}/$everything?_cursor=x`, ['Patient']),
  get('$intake-package', (target) => `${at(target)}/$intake-package?_count=1`, ['Patient']),
  {
    name: '$transfer-case-manager',
    types: ['Patient'],
    ask: (client, target) =>
      client.post(
        `${at(target)}/$transfer-case-manager`,
        parameters({ name: 'to', valueReference: { reference: 'PractitionerRole/nobody' } }),
      ),
  },
  get('$validate', (target) => `${at(target)}/$validate`),
  get('$propose-referrals', (target) => `${at(target)}/$propose-referrals`, ['QuestionnaireResponse']),
  get('$warnings', (target) => `${at(target)}/$warnings`, ['Patient']),
  {
    name: '$refer',
    types: ['Patient'],
    ask: (client, target) => client.post(`${at(target)}/$refer`, parameters({ name: 'service', valueCode: 'nothing' })),
  },
  get('$meta', (target) => `${at(target)}/$meta`),
  ...['$meta-add', '$meta-delete'].map((name): AccessPath => ({
    name: `${name} of a version that never was`,
    ask: (client, target) =>
      client.post(
        `${at(target)}/${name}`,
        parameters({ name: 'meta', valueMeta: { tag: [{ code: 'to-check' }] } }),
        conditional({ 'If-Match': 'W/"999"' }),
      ),
  })),
  get('$consent-check', (target) => `${at(target)}/$consent-check`, ['Patient', 'Condition', 'Observation', 'Consent']),
  {
    name: '$revoke-consent',
    types: ['Patient'],
    ask: (client, target) =>
      client.post(
        `${at(target)}/$revoke-consent`,
        parameters({ name: 'recipient', valueReference: { reference: 'Organization/board' } }),
      ),
  },
  {
    name: '$propose-change',
    types: ['Patient'],
    ask: (client, target) =>
      client.post(`${at(target)}/$propose-change`, parameters({ name: 'gender', valueCode: 'other' })),
  },
  {
    name: '$submit-referrals',
    types: ['Patient'],
    ask: (client, target) =>
      client.post(
        `${at(target)}/$submit-referrals`,
        parameters(
          { name: 'response', valueReference: { reference: 'QuestionnaireResponse/nothing' } },
          {
            name: 'decision',
            part: [
              { name: 'rule', valueCode: 'snap' },
              { name: 'accept', valueBoolean: true },
            ],
          },
        ),
      ),
  },
]

const FORM = 'application/x-www-form-urlencoded'
const _id = ({ id }: Target): string => `_id=${id}`
const entry = (method: string, url: string, resource?: object, more: object = {}) => ({
  ...(resource ? { resource } : {}),
  request: { method, url, ...more },
})
const parameters = (...parameter: readonly object[]) => ({ resourceType: 'Parameters', parameter })

/** An answer without the id of the target and without when it was given. */
export function comparableAnswer({ status, headers, text }: Answer, id: string): string {
  const kept = [...headers].filter(([name]) => !['date', 'x-request-id', 'keep-alive', 'connection'].includes(name))
  return [status, ...kept.map((pair) => pair.join(': ')), text].join('\n').replaceAll(id, '<id>')
}

/** An id that nobody has, of the same length. */
export const unknownLike = (id: string): string => `${id.slice(0, -8)}zzzzzzzz`
