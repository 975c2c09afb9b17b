/** The terminology operations of an open server see the definitions that are stored. https://hl7.org/fhir/R4/terminology-service.html */
import assert from 'node:assert/strict'
import { given, made, refused, type Client, type Given } from '../given.ts'

const X = 'http://x.example'

const system = (id: string, version: string, ...codes: readonly string[]) => ({
  resourceType: 'CodeSystem',
  id: `${id}-${version}`,
  url: `${X}/CodeSystem/${id}`,
  version,
  name: 'Any',
  status: 'active',
  content: 'complete',
  concept: codes.map((code) => ({ code, display: code.toUpperCase() })),
})

const set = (id: string, version: string, compose: object) => ({
  resourceType: 'ValueSet',
  id: `${id}-${version}`,
  url: `${X}/ValueSet/${id}`,
  version,
  name: 'Any',
  status: 'active',
  compose,
})

const of = (id: string, version?: string) => ({ system: `${X}/CodeSystem/${id}`, ...(version ? { version } : {}) })

describe('the terminology operations of an open server', () => {
  let hub: Given
  let client: Client
  before(async () => {
    hub = await given({ HUB_RULES: 'open', HUB_SEED: 'none' })
    client = hub.as(undefined)
    const stored = [
      system('fruit', '1', 'apple', 'pear'),
      system('fruit', '10', 'apple', 'pear', 'plum'),
      system('fruit', '9', 'apple'),
      set('fruit', '1', { include: [of('fruit', '1')] }),
      set('fruit', '2', { include: [of('fruit')] }),
      set('sweet', '1', {
        include: [{ valueSet: [`${X}/ValueSet/fruit|1`] }],
        exclude: [{ ...of('fruit'), concept: [{ code: 'pear' }] }],
      }),
      set('circle', '1', { include: [{ valueSet: [`${X}/ValueSet/circle`] }, of('fruit', '1')] }),
      set('lost', '1', { include: [of('nowhere')] }),
    ]
    for (const one of stored) made(await client.put(`/${one.resourceType}/${one.id}`, one))
  })
  after(() => hub.stop())

  const codes = async (query: string): Promise<readonly string[]> =>
    made(await client.get(`/ValueSet/$expand?${query}`)).expansion.contains.map((one: { code: string }) => one.code)
  const result = async (path: string) =>
    made(await client.get(path)).parameter.find((one: { name: string }) => one.name === 'result')?.valueBoolean

  it('expand a stored value set of stored code systems, by url, version and address', async () => {
    assert.deepEqual(await codes(`url=${X}/ValueSet/fruit|1`), ['apple', 'pear'])
    assert.deepEqual(await codes(`url=${X}/ValueSet/fruit&valueSetVersion=1`), ['apple', 'pear'])
    assert.deepEqual(await codes(`url=${X}/ValueSet/fruit`), ['apple', 'pear', 'plum'], 'the latest version of both')
    const { body } = await client.get('/ValueSet/fruit-1/$expand')
    assert.equal(body.expansion.total, 2)
    refused(await client.get(`/ValueSet/$expand?url=${X}/ValueSet/fruit|3`), 404, 'not-found')
    refused(await client.get(`/ValueSet/$expand?url=${X}/ValueSet/fruit|1&valueSetVersion=2`), 400, 'invalid-parameter')
  })

  it('follow the value sets that a value set imports, one that imports itself too', async () => {
    assert.deepEqual(await codes(`url=${X}/ValueSet/sweet`), ['apple'])
    assert.deepEqual(await codes(`url=${X}/ValueSet/circle`), ['apple', 'pear'])
    assert.match(
      refused(await client.get(`/ValueSet/$expand?url=${X}/ValueSet/lost`), 422, 'code-unchecked'),
      /nowhere/,
    )
  })

  it('expand a value set in the body that names stored ones', async () => {
    const valueSet = set('body', '1', { include: [{ valueSet: [`${X}/ValueSet/sweet`] }] })
    assert.equal(made(await client.post('/ValueSet/$expand', valueSet)).expansion.total, 1)
  })

  it('validate codes against them', async () => {
    const check = (valueSet: string, code: string) =>
      result(`/ValueSet/$validate-code?url=${X}/ValueSet/${valueSet}&system=${X}/CodeSystem/fruit&code=${code}`)
    assert.deepEqual([await check('fruit|1', 'plum'), await check('fruit|2', 'plum')], [false, true])
    assert.deepEqual([await check('sweet', 'pear'), await check('sweet', 'apple')], [false, true])
    const inSystem = (version: string) =>
      result(`/CodeSystem/$validate-code?url=${X}/CodeSystem/fruit${version}&code=plum`)
    assert.deepEqual([await inSystem(''), await inSystem('|1')], [true, false])
  })

  it('look a code up in the version that is named', async () => {
    const lookup = (version: string) =>
      client.get(`/CodeSystem/$lookup?system=${X}/CodeSystem/fruit&code=plum${version}`)
    assert.equal((await lookup('')).status, 200)
    refused(await lookup('&version=9'), 404, 'not-found')
  })

  it('take the values of parameters in the types that clients send them in', async () => {
    const parameters = (...parameter: readonly object[]) => ({ resourceType: 'Parameters', parameter })
    const url = `${X}/ValueSet/fruit`
    for (const given of [{ valueUri: url }, { valueCanonical: url }, { valueUrl: url }, { valueString: url }]) {
      const answer = await client.post(
        '/ValueSet/$expand',
        parameters({ name: 'url', ...given }, { name: 'count', valueInteger: 1 }, { name: 'filter', valueCode: 'p' }),
      )
      assert.equal(made(answer).expansion.contains.length, 1, JSON.stringify(given))
    }
    const negative = parameters({ name: 'url', valueUri: url }, { name: 'count', valueInteger: -1 })
    refused(await client.post('/ValueSet/$expand', negative), 400, 'invalid-parameter')
    const coded = parameters({ name: 'url', valueInteger: 5 })
    refused(await client.post('/ValueSet/$expand', coded), 400, 'invalid-parameter')
  })
})
