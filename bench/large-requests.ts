/** The requests that have much to do: large bodies, many entries, large pages. */
import { gunzipSync } from 'node:zlib'
import { request as send } from 'node:http'
import { coded } from '../test/builders/coding.ts'
import { participant } from './referrals.ts'

/** Bytes of a record and of a Bundle; entries of a Bundle, records that a merge moves, records of a page. */
export type Sizes = {
  readonly record: number
  readonly bundle: number
  readonly entries: number
  readonly merged: number
  readonly page: number
}

/** `prepare`: what each round needs, before it is measured. */
export type Kind = {
  readonly name: string
  readonly send: () => Promise<void>
  readonly prepare?: () => Promise<void>
}

type Sent = { readonly body?: string; readonly type?: string; readonly headers?: Readonly<Record<string, string>> }
type Answered = { readonly status: number; readonly text: string; readonly location: string }

const NOTE =
  'Would like evening classes; has a car on weekdays after five. Prefers to be called before he is written to. '

const GOAL_TYPE = 'https://no-wrong-door.example/fhir/CodeSystem/goal-type'

export class LargeRequests {
  private readonly url: string
  private readonly mode: 'hub' | 'open'
  private readonly sizes: Sizes
  private people = 0
  private changes = 0
  private subject = ''
  private large = ''
  private xml = ''
  private denseOne = ''
  private pair: readonly [string, string] = ['', '']

  private constructor(url: string, mode: 'hub' | 'open', sizes: Sizes) {
    this.url = url
    this.mode = mode
    this.sizes = sizes
  }

  /** Fills the hub at this address with a participant who has a large record and many of some size. */
  static async at(url: string, mode: 'hub' | 'open', sizes: Sizes): Promise<LargeRequests> {
    const requests = new LargeRequests(url, mode, sizes)
    await requests.fill()
    return requests
  }

  private async fill(): Promise<void> {
    this.subject = await this.person()
    // A page of them is as large as a large Bundle.
    const each = Math.floor(this.sizes.bundle / this.sizes.page)
    for (let left = this.sizes.page; left > 0; left -= 50)
      await this.ask('POST', '/', { body: this.bundle('batch', Math.min(left, 50), each * Math.min(left, 50)) })
    this.large = await this.created(JSON.stringify(this.goal(this.sizes.record)))
    this.denseOne = await this.created(JSON.stringify(this.dense(this.sizes.record)))
    this.xml = (await this.ask('GET', `/${this.large}?_format=xml`)).text
  }

  kinds(): readonly Kind[] {
    return [
      ...this.writes(),
      ...this.patches(),
      ...this.reads(),
      ...this.searches(),
      ...this.pages(),
      ...this.bundles(),
      ...this.others(),
    ]
  }

  private writes(): readonly Kind[] {
    const { record } = this.sizes
    return [
      this.kind('create of a large record', () => this.ask('POST', '/Goal', this.json(this.goal(record)))),
      this.kind('update of a large record', () => this.ask('PUT', `/${this.large}`, this.json(this.stored(record)))),
      this.kind('create of a large dense record', () => this.ask('POST', '/Goal', this.json(this.dense(record)))),
      this.kind('update of a large dense record', () =>
        this.ask(
          'PUT',
          `/${this.denseOne}`,
          this.json({
            ...this.dense(record),
            id: this.denseOne.slice('Goal/'.length),
            statusReason: `Change ${this.changes++}.`,
          }),
        ),
      ),
      this.kind('create of a large text', () => this.ask('POST', '/Goal', this.json(this.longText(record)))),
      this.kind('create of a large record in XML', () => this.ask('POST', '/Goal', this.sentXml())),
      this.kind('$validate of a large record', () => this.ask('POST', '/Goal/$validate', this.json(this.goal(record)))),
      this.kind('$validate of a large wrong record', () =>
        this.ask('POST', '/Goal/$validate', this.json(this.wrong(record))),
      ),
      this.kind('create of a large record that is no JSON', () =>
        this.ask('POST', '/Goal', { body: `${JSON.stringify(this.goal(record)).slice(0, -1)}!` }, [400]),
      ),
    ]
  }

  private patches(): readonly Kind[] {
    return [
      this.kind('JSON Patch of a large record', () =>
        this.ask('PATCH', `/${this.large}`, {
          body: JSON.stringify([{ op: 'replace', path: '/note/0/text', value: `Change ${this.changes++}.` }]),
          type: 'application/json-patch+json',
        }),
      ),
      this.kind('JSON Patch of 100 operations', () =>
        this.ask('PATCH', `/${this.large}`, {
          body: JSON.stringify(
            Array.from({ length: 100 }, (_, index) => ({
              op: 'add',
              path: `/note/${index}`,
              value: { text: `Note ${index}.` },
            })),
          ),
          type: 'application/json-patch+json',
        }),
      ),
      this.kind('FHIRPath Patch of a large record', () =>
        this.ask('PATCH', `/${this.large}`, this.json(fhirPathPatch(`Change ${this.changes++}.`))),
      ),
    ]
  }

  private reads(): readonly Kind[] {
    const path = `/${this.large}`
    return [
      this.kind('read of a large record', () => this.ask('GET', path)),
      this.kind('the same in XML', () => this.ask('GET', `${path}?_format=xml`)),
      this.kind('the same, _pretty', () => this.ask('GET', `${path}?_pretty=true`)),
      this.kind('the same, _summary', () => this.ask('GET', `${path}?_summary=true`)),
      this.kind('the same, compressed', () => this.ask('GET', path, { headers: { 'Accept-Encoding': 'gzip' } })),
      this.kind('read of a large dense record', () => this.ask('GET', `/${this.denseOne}`)),
      this.kind('the same in XML, dense', () => this.ask('GET', `/${this.denseOne}?_format=xml`)),
      this.kind('the same, dense, _pretty', () => this.ask('GET', `/${this.denseOne}?_pretty=true`)),
      this.kind('the same, dense, _summary', () => this.ask('GET', `/${this.denseOne}?_summary=true`)),
    ]
  }

  private searches(): readonly Kind[] {
    const { page, entries } = this.sizes
    const [, id = ''] = this.subject.split('/')
    const form = (body: string): Sent => ({ body, type: 'application/x-www-form-urlencoded' })
    const filter = Array.from({ length: 900 }, (_, index) => `lifecycle-status eq ${index}`).join(' or ')
    return [
      this.kind('search with a total', () => this.ask('GET', '/Goal?_total=accurate&_count=1')),
      this.kind('page with many included', () => this.ask('GET', `/Patient?_id=${id}&_revinclude=Goal:patient`)),
      this.kind('search by many values', () =>
        this.ask(
          'POST',
          '/Goal/_search',
          form(`_id=${Array.from({ length: 100 }, (_, index) => index).join(',')}&_count=${page}`),
        ),
      ),
      this.kind('search by a long _filter', () =>
        this.ask('POST', '/Goal/_search', form(`_filter=${encodeURIComponent(filter)}`), [400]),
      ),
      this.kind('batch of many searches', () =>
        this.ask(
          'POST',
          '/',
          this.json({
            resourceType: 'Bundle',
            type: 'batch',
            entry: Array.from({ length: entries }, () => ({
              request: { method: 'GET', url: `Goal?patient=${this.subject}&_count=1&_total=accurate` },
            })),
          }),
        ),
      ),
    ]
  }

  private pages(): readonly Kind[] {
    const search = `/Goal?patient=${this.subject}&_count=${this.sizes.page}&_sort=_id`
    return [
      this.kind('page of large records', () => this.ask('GET', search)),
      this.kind('the same in XML', () => this.ask('GET', `${search}&_format=xml`)),
      this.kind('the same, _elements', () => this.ask('GET', `${search}&_elements=lifecycleStatus`)),
      this.kind('the same, compressed', () => this.ask('GET', search, { headers: { 'Accept-Encoding': 'gzip' } })),
      this.kind('history of large records', () => this.ask('GET', `/Goal/_history?_count=${this.sizes.page}`)),
      ...(this.mode === 'open'
        ? []
        : ['$everything', '$intake-package'].map((name) =>
            this.kind(`${name} with large records`, () =>
              this.ask('GET', `/${this.subject}/${name}?_count=${this.sizes.page}`),
            ),
          )),
    ]
  }

  private bundles(): readonly Kind[] {
    const { entries, bundle } = this.sizes
    const post = (name: string, type: 'batch' | 'transaction', bytes: number, headers = {}) =>
      this.kind(name, () => this.ask('POST', '/', { body: this.bundle(type, entries, bytes), headers }))
    return [
      post('transaction of many', 'transaction', 0),
      post('batch of many', 'batch', 0),
      post('large transaction', 'transaction', bundle),
      post('large batch', 'batch', bundle),
      post('large dense batch', 'batch', -bundle),
      this.kind('large batch in the background', () => this.background(this.bundle('batch', entries, bundle))),
      this.kind('large batch of reads', () => this.ask('POST', '/', { body: this.readBundle() })),
    ]
  }

  private others(): readonly Kind[] {
    return [
      this.kind('metadata', () => this.ask('GET', '/metadata')),
      this.kind('OpenAPI', () => this.ask('GET', '/openapi.json')),
      ...(this.mode === 'open'
        ? []
        : [
            {
              ...this.kind('$merge of many records', () =>
                this.ask('POST', '/Patient/$merge', this.json(merge(this.pair))),
              ),
              prepare: async () => void (this.pair = await this.mergePair()),
            },
            this.kind('a posted search parameter is indexed', () => this.index()),
          ]),
    ]
  }

  private kind = (name: string, run: () => Promise<unknown>): Kind => ({ name, send: async () => void (await run()) })

  private goal = (bytes: number) => this.goalOf(this.subject, bytes)

  /** With as many notes as take these bytes. */
  private goalOf(subject: string, bytes: number) {
    const notes = Math.floor(bytes / (NOTE.length + 14))
    return {
      resourceType: 'Goal',
      lifecycleStatus: 'active',
      category: [coded(GOAL_TYPE, 'short-term')],
      description: { text: 'High school equivalency' },
      subject: { reference: subject },
      ...(notes > 0 ? { note: Array.from({ length: notes }, (_, index) => ({ text: `${NOTE}${index}` })) } : {}),
    }
  }

  private stored = (bytes: number) => ({
    ...this.goal(bytes),
    id: this.large.slice('Goal/'.length),
    statusReason: `Change ${this.changes++}.`,
  })

  /** As many values as fit. */
  private dense = (bytes: number) => ({
    ...this.goal(0),
    note: Array.from({ length: bytes / 14 }, () => ({ text: 'x' })),
  })

  private longText = (bytes: number) => ({
    ...this.goal(0),
    note: Array.from({ length: Math.ceil(bytes / 1_000_000) }, () => ({
      text: NOTE.repeat(1_000_000 / NOTE.length - 1),
    })),
  })

  private wrong(bytes: number) {
    const { note = [], ...goal } = this.goal(bytes)
    return { ...goal, note: note.map((one, index) => (index % 20 === 0 ? { ...one, txt: 'x' } : one)) }
  }

  private sentXml = (): Sent => ({ body: this.xml.replace(/<id value="[^"]*"\/>/, ''), type: 'application/fhir+xml' })

  /** @param bytes negative: of dense records */
  private bundle(type: 'batch' | 'transaction', entries: number, bytes: number): string {
    const entry = Array.from({ length: entries }, () => ({
      resource: bytes < 0 ? this.dense(-bytes / entries - 300) : this.goal(bytes / entries - 300),
      request: { method: 'POST', url: 'Goal' },
    }))
    return JSON.stringify({ resourceType: 'Bundle', type, entry })
  }

  private readBundle(): string {
    const url = `Goal?patient=${this.subject}&_count=${this.sizes.page}`
    const entry = Array.from({ length: 3 }, () => ({ request: { method: 'GET', url } }))
    return JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry })
  }

  /** Accepted, carried out, and its result fetched. */
  private async background(body: string): Promise<void> {
    const { location } = await this.ask('POST', '/', { body, headers: { Prefer: 'respond-async' } })
    const path = location.slice(location.indexOf('/_async/'))
    while ((await this.ask('GET', path)).status === 202) await new Promise((resolve) => setTimeout(resolve, 50))
    await this.ask('DELETE', path)
  }

  private async mergePair(): Promise<readonly [string, string]> {
    const [source, target] = [await this.person(), await this.person()]
    for (let left = this.sizes.merged; left > 0; left -= 100) {
      const entry = Array.from({ length: Math.min(left, 100) }, () => ({
        resource: this.goalOf(source, 0),
        request: { method: 'POST', url: 'Goal' },
      }))
      await this.ask('POST', '/', this.json({ resourceType: 'Bundle', type: 'transaction', entry }))
    }
    return [source, target]
  }

  /** Until a search parameter that the board posts can be used. */
  private async index(): Promise<void> {
    const code = `bench-${this.changes++}`
    const url = `https://no-wrong-door.example/fhir/SearchParameter/${code}`
    const parameter = {
      ...{
        resourceType: 'SearchParameter',
        url,
        version: '1',
        name: code.replace('b', 'B').replace('-', ''),
        status: 'active',
        description: 'Notes.',
      },
      ...{ code, base: ['Goal'], type: 'string', expression: 'Goal.description.text' },
    }
    const board = { 'X-Agency': 'board' }
    await this.ask('POST', '/SearchParameter', { body: JSON.stringify(parameter), headers: board })
    while ((await this.ask('GET', `/Goal?${code}=x&_count=1`, {}, [503])).status === 503)
      await new Promise((resolve) => setTimeout(resolve, 20))
  }

  private person = (): Promise<string> => this.created(JSON.stringify(participant(this.people++)))

  private async created(body: string): Promise<string> {
    const { resourceType } = JSON.parse(body) as { resourceType: string }
    const { location } = await this.ask('POST', `/${resourceType}`, { body })
    return /\w+\/[^/]+(?=\/_history)/.exec(location)?.[0] ?? ''
  }

  private json = (resource: object): Sent => ({ body: JSON.stringify(resource) })

  /** @param allowed what may be answered above 399 */
  private ask(method: string, path: string, sent: Sent = {}, allowed: readonly number[] = []): Promise<Answered> {
    const { body, type = 'application/fhir+json', headers = {} } = sent
    const agency = path.startsWith('/Patient/$merge') ? 'board' : 'es'
    const all = {
      ...(this.mode === 'hub' ? { 'X-Agency': agency } : {}),
      ...(body === undefined ? {} : { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }),
      ...headers,
    }
    return new Promise((resolve, reject) => {
      const request = send(`${this.url}${path}`, { method, headers: all }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const bytes = Buffer.concat(chunks)
          const text = (response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString()
          const { statusCode: status = 0 } = response
          const { location, 'content-location': elsewhere } = response.headers
          if (status < 400 || allowed.includes(status)) resolve({ status, text, location: location ?? elsewhere ?? '' })
          else reject(new Error(`${method} ${path} answered ${status}. ${text.slice(0, 1_000)}`))
        })
        response.on('error', reject)
      })
      request.on('error', reject)
      request.end(body)
    })
  }
}

const fhirPathPatch = (text: string) => ({
  resourceType: 'Parameters',
  parameter: [
    {
      name: 'operation',
      part: [
        { name: 'type', valueCode: 'replace' },
        { name: 'path', valueString: 'Goal.note[0].text' },
        { name: 'value', valueString: text },
      ],
    },
  ],
})

const merge = ([source, target]: readonly [string, string]) => ({
  resourceType: 'Parameters',
  parameter: [
    { name: 'source-patient', valueReference: { reference: source } },
    { name: 'target-patient', valueReference: { reference: target } },
  ],
})
