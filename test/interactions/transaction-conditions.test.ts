/**
 * Every method inside a batch and a transaction: patches, and conditional updates, patches and deletions.
 * https://hl7.org/fhir/R4/http.html#transaction
 */
import assert from 'node:assert/strict'
import { condition as conditionBody, consent, goal, participant, type Body } from '../builders/index.ts'
import { given, made, refused, type Answer, type Client, type Given } from '../given.ts'

type Entry = { readonly fullUrl?: string; readonly resource?: object; readonly request: object }

const entry = (method: string, url: string, resource?: object, more: object = {}): Entry => ({
  ...(resource ? { resource } : {}),
  request: { method, url, ...more },
})
const binary = (operations: unknown, contentType = 'application/json-patch+json') => ({
  resourceType: 'Binary',
  contentType,
  data: Buffer.from(JSON.stringify(operations)).toString('base64'),
})
const parametersOf = (...part: readonly object[]) => ({
  resourceType: 'Parameters',
  parameter: [{ name: 'operation', part }],
})
const texted = (value: string) => [{ op: 'replace', path: '/description/text', value }]
const replaced = (path: string, value: object) =>
  parametersOf({ name: 'type', valueCode: 'replace' }, { name: 'path', valueString: path }, { name: 'value', ...value })

for (const type of ['batch', 'transaction'] as const) {
  describe(`interactions / every method in a ${type}`, () => {
    let hub: Given
    let es: Client
    let subject: string
    before(async () => {
      hub = await given()
      es = hub.as('es')
      subject = `Patient/${made(await es.post('/Patient', participant('es'))).id}`
    })
    after(() => hub.stop())

    const newGoal = async () => made(await es.post('/Goal', goal(subject)))
    let serial = 0
    const numbered = (text = 'First') => {
      const identifier = [
        { system: 'https://no-wrong-door.example/fhir/NamingSystem/agency/es', value: `${type}-${(serial += 1)}` },
      ]
      return {
        body: { ...goal(subject), identifier, description: { text } } as Body,
        query: `identifier=${identifier[0]!.system}|${identifier[0]!.value}`,
      }
    }
    const send = (entries: readonly Entry[], headers: Record<string, string> = {}): Promise<Answer> =>
      es.post('/', { resourceType: 'Bundle', type, entry: entries }, { headers })
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read it freely
    const responses = (answer: Answer): readonly any[] =>
      made(answer).entry.map((one: { response: object }) => one.response)
    const statuses = (answer: Answer) => responses(answer).map(({ status }: { status: string }) => status.slice(0, 3))
    /** The entry at fault is refused: alone in a batch, with all others in a transaction. */
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read it freely
    const refusedEntry = (answer: Answer, index: number, status: number, code: string): any => {
      const issues =
        type === 'batch' ? responses(answer)[index].outcome.issue : (refused(answer, status, code), answer.body.issue)
      if (type === 'batch') assert.match(responses(answer)[index].status, new RegExp(`^${status}`))
      assert.equal(issues[0].details.coding[0].code, code)
      return issues[0]
    }

    it('patches by a Binary with a JSON Patch, and by Parameters', async () => {
      const [one, two] = [await newGoal(), await newGoal()]
      const answer = await send([
        entry('PATCH', `Goal/${one.id}`, binary(texted('By Binary'))),
        entry('PATCH', `Goal/${two.id}`, replaced('Goal.description.text', { valueString: 'By Parameters' })),
      ])
      assert.deepEqual(statuses(answer), ['200', '200'])
      const [first, second] = made(answer).entry
      assert.deepEqual(
        [first.resource.description.text, second.resource.description.text],
        ['By Binary', 'By Parameters'],
      )
      assert.equal(first.response.etag, 'W/"2"')
      assert.match(first.response.location, new RegExp(`Goal/${one.id}/_history/2$`))
      assert.equal(first.response.lastModified, first.resource.meta.lastUpdated)
    })

    it('locates what is wrong with a patch', async () => {
      const { id } = await newGoal()
      const attempt = async (resource: object, more: object = {}) =>
        send([entry('GET', subject), entry('PATCH', `Goal/${id}`, resource, more)])
      const at = (issue: { expression: string[] }) => issue.expression[0]
      const cases: readonly (readonly [object, number, string, string])[] = [
        [binary(texted('x'), 'application/merge-patch+json'), 415, 'media-type', '.resource.contentType'],
        [{ ...binary([]), data: '***' }, 400, 'patch-malformed', '.resource.data'],
        [
          { ...binary([]), data: Buffer.from([255, 255, 255]).toString('base64') },
          400,
          'patch-malformed',
          '.resource.data',
        ],
        [{ ...binary([]), data: Buffer.from('[{').toString('base64') }, 400, 'json-malformed', '.resource.data'],
        [
          { resourceType: 'Binary', contentType: 'application/json-patch+json' },
          400,
          'patch-malformed',
          '.resource.data',
        ],
        [goal(subject), 400, 'patch-malformed', ''],
        [parametersOf({ name: 'type', valueCode: 'x' }), 400, 'patch-malformed', '.resource.parameter[0]'],
        [replaced('Goal.note', { valueString: 'x' }), 409, 'patch-conflict', '.resource.parameter[0]'],
        [binary([{ op: 'test', path: '/id', value: 'x' }]), 409, 'patch-conflict', ''],
      ]
      for (const [resource, status, code, where] of cases) {
        const issue = refusedEntry(await attempt(resource), 1, status, code)
        assert.equal(at(issue), `Bundle.entry[1]${where}`, JSON.stringify(issue))
      }
      const stale = refusedEntry(await attempt(binary(texted('x')), { ifMatch: 'W/"7"' }), 1, 412, 'version-conflict')
      assert.equal(at(stale), 'Bundle.entry[1]')
      const invalid = refusedEntry(
        await attempt(binary([{ op: 'replace', path: '/lifecycleStatus', value: 'x' }])),
        1,
        422,
        'code-invalid',
      )
      assert.match(
        `${at(invalid)} ${invalid.details.text}`,
        /^(Bundle\.entry\[1\]\.resource|Goal\.lifecycleStatus).*Goal\.lifecycleStatus/,
      )
      assert.equal(made(await es.get(`/Goal/${id}`)).meta.versionId, '1')
    })

    it('creates, updates, patches and deletes by a condition', async () => {
      const { body, query } = numbered()
      const created = await send([entry('PUT', `Goal?${query}`, body)])
      assert.deepEqual(statuses(created), ['201'])
      const [{ resource }] = made(created).entry
      const updated = await send([entry('PUT', `Goal?${query}`, { ...body, description: { text: 'Second' } })])
      assert.deepEqual([statuses(updated), made(updated).entry[0].resource.id], [['200'], resource.id])
      const patched = await send([entry('PATCH', `Goal?${query}`, binary(texted('Third')), { ifMatch: 'W/"2"' })])
      assert.equal(made(patched).entry[0].resource.description.text, 'Third')
      refusedEntry(
        await send([entry('DELETE', `Goal?${query}`, undefined, { ifMatch: 'W/"2"' })]),
        0,
        412,
        'version-conflict',
      )
      const deleted = await send([entry('DELETE', `Goal?${query}`, undefined, { ifMatch: 'W/"3"' })])
      assert.deepEqual([statuses(deleted), responses(deleted)[0].etag], [['204'], 'W/"4"'])
      refusedEntry(await send([entry('PATCH', `Goal?${query}`, binary(texted('x')))]), 0, 404, 'not-found')
      assert.deepEqual(statuses(await send([entry('DELETE', `Goal?${query}`)])), ['204'])
    })

    it('deletes several where `_count` says how many, and says which', async () => {
      const { body, query } = numbered()
      const made1 = made(await es.post('/Goal', body))
      const made2 = made(await es.post('/Goal', body))
      refusedEntry(await send([entry('DELETE', `Goal?${query}`)]), 0, 412, 'multiple-matches')
      const answer = await send([entry('DELETE', `Goal?${query}&_count=2`)])
      assert.deepEqual(statuses(answer), ['200'])
      const text = responses(answer)[0].outcome.issue[0].details.text
      assert.ok(
        [made1, made2].every(({ id }) => text.includes(id)),
        text,
      )
    })

    it('honours If-None-Match and If-Match of every entry, and refuses those that it cannot read', async () => {
      const { id } = await newGoal()
      const body = { ...goal(subject), id, description: { text: 'x' } }
      refusedEntry(await send([entry('PUT', `Goal/${id}`, body, { ifNoneMatch: '*' })]), 0, 412, 'already-exists')
      refusedEntry(await send([entry('PUT', `Goal/${id}`, body, { ifNoneMatch: 'W/"1"' })]), 0, 412, 'version-conflict')
      refusedEntry(
        await send([entry('DELETE', `Goal/${id}`, undefined, { ifMatch: 'W/"2"' })]),
        0,
        412,
        'version-conflict',
      )
      refusedEntry(await send([entry('PUT', `Goal/${id}`, body, { ifMatch: 'two' })]), 0, 400, 'invalid-header')
      const issue = refusedEntry(
        await send([entry('PUT', `Goal/${id}`, body, { ifMatch: 7 })]),
        0,
        400,
        'bundle-invalid',
      )
      assert.equal(issue.expression[0], 'Bundle.entry[0].request.ifMatch')
    })

    it('reads, searches and calls operations by GET after the writes, and has no resource for HEAD', async () => {
      const { body, query } = numbered()
      const answer = await send([
        entry('GET', `Goal?${query}`),
        entry('HEAD', subject),
        entry('GET', `${subject}/$meta`),
        entry('POST', 'Goal', body),
      ])
      assert.deepEqual(statuses(answer), ['200', '200', '200', '201'])
      const [search, head, meta] = made(answer).entry
      assert.equal(search.resource.entry?.length ?? 0, type === 'transaction' ? 1 : 0)
      assert.deepEqual([head.resource, head.response.etag], [undefined, 'W/"1"'])
      assert.equal(meta.resource.resourceType, 'Parameters')
    })

    it('answers as Prefer says, for the writes', async () => {
      const { id } = await newGoal()
      const entries = [entry('PATCH', `Goal/${id}`, binary(texted('Second'))), entry('GET', `${subject}/$meta`)]
      const minimal = made(await send(entries, { Prefer: 'return=minimal' })).entry
      assert.deepEqual([minimal[0].resource, minimal[0].response.etag], [undefined, 'W/"2"'])
      assert.ok(minimal[1].resource)
      const outcome = made(await send(entries, { Prefer: 'return=OperationOutcome' })).entry
      assert.deepEqual([outcome[0].resource, outcome[0].response.outcome.resourceType], [undefined, 'OperationOutcome'])
    })

    it('answers what the caller may not know of as what there is not', async () => {
      const hidden = await newGoal()
      const dhs = hub.as('dhs')
      const answers = async (id: string) => {
        const entries = [
          entry('PATCH', `Goal/${id}`, binary([{ op: 'test', path: '/lifecycleStatus', value: 'x' }])),
          entry('PATCH', `Goal?_id=${id}`, binary([])),
          entry('DELETE', `Goal?_id=${id}&_count=3`),
          entry('PUT', `Goal?_id=${id}`, goal(subject)),
        ]
        const all = await Promise.all(
          entries.map((one) => dhs.post('/', { resourceType: 'Bundle', type, entry: [one] })),
        )
        return all.map(({ status, text }) => [status, text.replaceAll(id, '*')])
      }
      assert.deepEqual(await answers(String(hidden.id)), await answers('nothing'))
    })
  })
}

describe('interactions / conditions of a transaction', () => {
  let hub: Given
  let es: Client
  let subject: string
  before(async () => {
    hub = await given()
    es = hub.as('es')
    subject = `Patient/${made(await es.post('/Patient', participant('es'))).id}`
    made(await es.post('/Consent', consent(subject, 'es', 'abe')))
  })
  after(() => hub.stop())

  let serial = 0
  const numbered = (text = 'First') => {
    const identifier = [
      { system: 'https://no-wrong-door.example/fhir/NamingSystem/agency/es', value: `t-${(serial += 1)}` },
    ]
    return {
      body: { ...goal(subject), identifier, description: { text } } as Body,
      query: `identifier=${identifier[0]!.system}|${identifier[0]!.value}`,
    }
  }
  const send = (...entries: readonly Entry[]): Promise<Answer> =>
    es.post('/', { resourceType: 'Bundle', type: 'transaction', entry: entries })
  const inBothOrders = async (check: (send: (...entries: readonly Entry[]) => Promise<Answer>) => Promise<void>) => {
    await check(send)
    await check((...entries) => send(...[...entries].reverse()))
  }
  const count = async (query: string): Promise<number> => made(await es.get(`/Goal?${query}&_total=accurate`)).total

  it('refuses two entries that come to one record, by ids or by conditions, whatever the order', async () => {
    await inBothOrders(async (both) => {
      const { body, query } = numbered()
      const { id } = made(await es.post('/Goal', body))
      const whole = { ...body, id }
      const ways: readonly Entry[] = [
        entry('PUT', `Goal/${id}`, whole),
        entry('PUT', `Goal?${query}`, body),
        entry('PUT', `Goal?_id=${id}`, body),
        entry('PATCH', `Goal/${id}`, binary(texted('x'))),
        entry('PATCH', `Goal?${query}`, binary(texted('x'))),
        entry('DELETE', `Goal/${id}`),
        entry('DELETE', `Goal?_id=${id}`),
      ]
      for (const [index, one] of ways.entries())
        for (const other of ways.slice(index + 1)) {
          if (isReplacement(one, other)) continue
          const answer = await both(one, other)
          assert.ok([400, 404].includes(answer.status), `${JSON.stringify([one, other])}: ${answer.text}`)
        }
      assert.equal(await count(query), 1)
    })
  })

  /** A deletion and a conditional update: the update finds nothing left, and creates. */
  const isReplacement = (...entries: readonly Entry[]): boolean => {
    const requests = entries.map(({ request }) => request as { readonly method: string; readonly url: string })
    const deletes = requests.some(({ method }) => method === 'DELETE')
    return deletes && requests.some(({ method, url }) => method === 'PUT' && url.includes('?'))
  }

  it('makes one record of two conditional updates, or conditional creates, of one condition: it refuses them', async () => {
    await inBothOrders(async (both) => {
      const { body, query } = numbered()
      refused(
        await both(entry('PUT', `Goal?${query}`, body), entry('PUT', `Goal?${query}`, body)),
        400,
        'bundle-invalid',
      )
      // Also where what is made does not meet the condition.
      const other = numbered().body
      refused(
        await both(entry('PUT', `Goal?${query}`, other), entry('PUT', `Goal?${query}`, other)),
        400,
        'bundle-invalid',
      )
      const unless = { ifNoneExist: query }
      refused(
        await both(entry('POST', 'Goal', other, unless), entry('POST', 'Goal', other, unless)),
        400,
        'bundle-invalid',
      )
      refused(
        await both(entry('PUT', `Goal?${query}`, body), entry('POST', 'Goal', body, unless)),
        400,
        'bundle-invalid',
      )
      refused(await both(entry('PUT', `Goal?${query}`, body), entry('POST', 'Goal', body)), 400, 'bundle-invalid')
      assert.equal(await count(query), 0)
    })
  })

  it('lets a conditional deletion see what there was before, so that a set can be replaced', async () => {
    await inBothOrders(async (both) => {
      const { body, query } = numbered()
      made(await es.post('/Goal', body))
      made(await both(entry('DELETE', `Goal?${query}`), entry('POST', 'Goal', body)))
      assert.equal(await count(query), 1)
      made(await both(entry('DELETE', `Goal?${query}`), entry('PUT', `Goal?${query}`, body)))
      assert.equal(await count(query), 1)
      made(await both(entry('DELETE', `Goal?${query}`), entry('POST', 'Goal', body, { ifNoneExist: query })))
      assert.equal(await count(query), 1)
    })
  })

  it('replaces links between entries in a patch, and leaves those of the record as they are', async () => {
    const { body } = numbered()
    const { id } = made(await es.post('/Goal', body))
    const link = 'urn:uuid:6f1c2f4e-4c4c-4d6b-9c58-0f6a1c0f0a01'
    const condition = { fullUrl: link, resource: conditionBody(subject), request: { method: 'POST', url: 'Condition' } }
    const add = binary([{ op: 'add', path: '/addresses', value: [{ reference: link }] }])
    const patch = { ...entry('PATCH', `Goal/${id}`, add), fullUrl: `http://a.example/Goal/${id}` }
    const person = { fullUrl: `http://a.example/${subject}`, request: { method: 'GET', url: subject } }
    const [made1, patched] = made(await send(condition, patch, person)).entry
    assert.equal(patched.resource.addresses[0].reference, `Condition/${made1.resource.id}`)
    assert.equal(patched.resource.subject.reference, subject)
    const byParameters = parametersOf(
      { name: 'type', valueCode: 'add' },
      { name: 'path', valueString: 'Goal' },
      { name: 'name', valueString: 'addresses' },
      { name: 'value', valueReference: { reference: link } },
    )
    const second = made(await send(condition, entry('PATCH', `Goal/${id}`, byParameters))).entry
    assert.equal(second[1].resource.addresses[1].reference, `Condition/${second[0].resource.id}`)
  })

  it('commits all or nothing, with a patch too', async () => {
    const { body, query } = numbered()
    const { id } = made(await es.post('/Goal', body))
    const failing = binary([{ op: 'test', path: '/lifecycleStatus', value: 'completed' }])
    const answer = await send(
      entry('POST', 'Goal', body),
      entry('PUT', `Goal?${numbered().query}`, numbered().body),
      entry('PATCH', `Goal/${id}`, failing),
    )
    refused(answer, 409, 'patch-conflict')
    assert.equal(await count(query), 1)
  })

  it('demands If-Match in the entry where a patch by itself does, and says which entry lacks it', async () => {
    const patch = binary([{ op: 'replace', path: '/gender', value: 'other' }])
    const answer = await send(entry('GET', subject), entry('PATCH', subject, patch))
    refused(answer, 428, 'version-required')
    assert.deepEqual(answer.body.issue[0].expression, ['Bundle.entry[1]'])
    assert.equal((await send(entry('PATCH', subject, patch, { ifMatch: 'W/"1"' }))).status, 200)
  })
})
