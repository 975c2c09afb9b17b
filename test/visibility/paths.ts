/**
 * Every way in which an agency can ask about one record. For a record that it may not know of, each must answer what it
 * answers for an id that does not exist; for one that it may know of, something else.
 */
import type { Answer, Client } from '../given.ts'
import { condition, goal, type Body } from '../builders/index.ts'

/** `own` is a participant of the asking agency, for records that it writes to ask. */
export type Asked = { readonly type: string; readonly id: string; readonly own: string }
export type Path = {
  readonly name: string
  /** Types for which there is this way; absent: all. */
  readonly types?: readonly string[]
  ask(client: Client, asked: Asked): Promise<Answer>
}

const at = ({ type, id }: Asked): string => `/${type}/${id}`
const conditional = (headers: Record<string, string>) => ({ headers })
const bundle = (kind: 'batch' | 'transaction', ...entry: readonly object[]) => ({
  resourceType: 'Bundle',
  type: kind,
  entry,
})

/** A valid record of the caller's own participant that refers to the record asked about, where a profile lets it. */
function referring(reference: string, { type, own }: Asked): Body {
  if (type === 'Patient') return condition(reference)
  if (type === 'Observation') return { ...condition(own), evidence: [{ detail: [{ reference }] }] }
  return { ...goal(own), addresses: [{ reference }] }
}
const REFERABLE = ['Patient', 'Condition', 'Observation']

/** A body that is not valid, so that nothing is ever written with it. */
const invalid = ({ type, id }: Asked) => ({ resourceType: type, id, language: 5 })

const get = (name: string, path: (asked: Asked) => string, types?: readonly string[]): Path => ({
  name,
  ask: (client, asked) => client.get(path(asked)),
  ...(types ? { types } : {}),
})

export const PATHS: readonly Path[] = [
  get('read', at),
  { name: 'HEAD', ask: (client, asked) => client.send('HEAD', at(asked)) },
  { name: 'conditional read', ask: (c, asked) => c.get(at(asked), conditional({ 'If-None-Match': 'W/"1"' })) },
  get('vread', (asked) => `${at(asked)}/_history/1`),
  get('instance history', (asked) => `${at(asked)}/_history`),
  get('instance history, a page of it', (asked) => `${at(asked)}/_history?_count=1&_since=2020-01-01`),
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
    ask: (client, asked) => client.post(`/${asked.type}`, invalid(asked), conditional({ 'If-None-Exist': _id(asked) })),
  },
  {
    name: 'conditional create in a transaction',
    ask: (client, asked) =>
      client.post('/', bundle('transaction', entry('POST', asked.type, invalid(asked), { ifNoneExist: _id(asked) }))),
  },
  { name: 'update', ask: (client, asked) => client.put(at(asked), invalid(asked)) },
  { name: 'update of a version', ask: (client, asked) => client.put(at(asked), invalid(asked), 1) },
  {
    name: 'update if absent',
    ask: (client, asked) => client.send('PUT', at(asked), invalid(asked), conditional({ 'If-None-Match': '*' })),
  },
  {
    name: 'update in a transaction',
    ask: (client, asked) => client.post('/', bundle('transaction', entry('PUT', at(asked).slice(1), invalid(asked)))),
  },
  { name: 'delete of a version that never was', ask: (client, asked) => client.delete(at(asked), 999) },
  {
    name: 'delete of a version that never was, in a transaction',
    ask: (client, asked) =>
      client.post('/', bundle('transaction', entry('DELETE', at(asked).slice(1), undefined, { ifMatch: 'W/"999"' }))),
  },
  {
    name: 'read and search in a batch',
    ask: (client, asked) =>
      client.post('/', bundle('batch', entry('GET', at(asked).slice(1)), entry('GET', `${asked.type}?${_id(asked)}`))),
  },
  {
    name: 'search in a transaction',
    ask: (client, asked) => client.post('/', bundle('transaction', entry('GET', `${asked.type}?${_id(asked)}`))),
  },
  {
    name: 'reference from a new record',
    types: REFERABLE,
    ask: (client, asked) => {
      const body = referring(at(asked).slice(1), asked)
      return client.post(`/${body.resourceType}`, body)
    },
  },
  {
    name: 'reference to a version from a new record',
    types: REFERABLE,
    ask: (client, asked) => {
      const body = referring(`${at(asked).slice(1)}/_history/1`, asked)
      return client.post(`/${body.resourceType}`, body)
    },
  },
  {
    name: 'conditional reference in a transaction',
    types: REFERABLE,
    ask: (client, asked) => {
      const body = referring(`${asked.type}?${_id(asked)}`, asked)
      return client.post('/', bundle('transaction', entry('POST', body.resourceType, body)))
    },
  },
  get('$reconcile', (asked) => `${at(asked)}/$reconcile?base=1`, ['Patient']),
  get('$validate', (asked) => `${at(asked)}/$validate`),
  get('$propose-referrals', (asked) => `${at(asked)}/$propose-referrals`, ['QuestionnaireResponse']),
  {
    name: '$refer',
    types: ['Patient'],
    ask: (client, asked) => client.post(`${at(asked)}/$refer`, parameters({ name: 'service', valueCode: 'nothing' })),
  },
  {
    name: '$submit-referrals',
    types: ['Patient'],
    ask: (client, asked) =>
      client.post(
        `${at(asked)}/$submit-referrals`,
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
const _id = ({ id }: Asked): string => `_id=${id}`
const entry = (method: string, url: string, resource?: object, more: object = {}) => ({
  ...(resource ? { resource } : {}),
  request: { method, url, ...more },
})
const parameters = (...parameter: readonly object[]) => ({ resourceType: 'Parameters', parameter })

/** What an answer says, but for the id that was asked about and for when it was given. */
export function said({ status, headers, text }: Answer, id: string): string {
  const kept = [...headers].filter(([name]) => !['date', 'x-request-id', 'keep-alive', 'connection'].includes(name))
  return [status, ...kept.map((pair) => pair.join(': ')), text].join('\n').replaceAll(id, '<id>')
}

/** An id that nobody has, of the same length. */
export const unknownLike = (id: string): string => `${id.slice(0, -8)}zzzzzzzz`
