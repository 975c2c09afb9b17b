/** `_elements` and `_summary` over HTTP: https://hl7.org/fhir/R4/search.html#summary */
import assert from 'node:assert/strict'
import { given, made, refused, type Client, type Given } from '../given.ts'

describe('interactions / parts of resources', () => {
  let hub: Given
  let board: Client
  before(async () => {
    hub = await given({ HUB_RULES: 'open' })
    board = hub.as(undefined)
    made(await board.put('/Organization/o', { resourceType: 'Organization', id: 'o', name: 'O', alias: ['P'] }))
    const patient = {
      resourceType: 'Patient',
      id: 'a',
      active: true,
      managingOrganization: { reference: 'Organization/o' },
    }
    made(await board.put('/Patient/a', patient))
    made(
      await board.put('/Patient/a', {
        ...patient,
        birthDate: '1990-01-08',
        contact: [{ name: { family: 'B' } }],
        text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">A</div>' },
      }),
    )
  })
  after(() => hub.stop())

  type Shown = { readonly meta: { readonly tag?: readonly { readonly code: string }[] } }
  const WAYS: Readonly<Record<string, (query: string) => Promise<Shown>>> = {
    read: async (query) => made(await board.get(`/Patient/a?${query}`)),
    vread: async (query) => made(await board.get(`/Patient/a/_history/2?${query}`)),
    history: async (query) => made(await board.get(`/Patient/a/_history?${query}`)).entry[0].resource,
    'type history': async (query) => made(await board.get(`/Patient/_history?${query}`)).entry[0].resource,
    'system history': async (query) => made(await board.get(`/_history?${query}`)).entry[0].resource,
    search: async (query) => made(await board.get(`/Patient?_id=a&${query}`)).entry[0].resource,
    batch: async (query) => {
      const entry = [{ request: { method: 'GET', url: `Patient/a?${query}` } }]
      return made(await board.post('/', { resourceType: 'Bundle', type: 'batch', entry })).entry[0].resource
    },
  }
  for (const [way, ask] of Object.entries(WAYS))
    it(`are answered by ${way}`, async () => {
      const names = async (query: string) =>
        Object.keys(await ask(query))
          .sort()
          .join(' ')
      assert.equal(await names('_elements=birthDate'), 'birthDate id meta resourceType')
      assert.equal(await names('_elements=active,Patient.birthDate'), 'active birthDate id meta resourceType')
      assert.equal(await names('_elements=birthDate,id,resourceType'), 'birthDate id meta resourceType')
      assert.equal(await names('_summary=true'), 'active birthDate id managingOrganization meta resourceType')
      assert.equal(await names('_summary=text'), 'id meta resourceType text')
      assert.equal(await names('_summary=data'), 'active birthDate contact id managingOrganization meta resourceType')
      assert.equal(
        await names('_summary=false'),
        'active birthDate contact id managingOrganization meta resourceType text',
      )
      assert.equal((await ask('_summary=true')).meta.tag?.[0]?.code, 'SUBSETTED')
      assert.equal((await ask('_summary=false')).meta.tag, undefined)
    })

  it('leave included records whole, unless the elements name their type, and make their summary', async () => {
    const included = async (query: string) => {
      const { entry } = made(await board.get(`/Patient?_id=a&_include=Patient:organization&${query}`))
      return Object.keys(entry[1].resource).sort().join(' ')
    }
    assert.equal(await included('_elements=birthDate'), 'alias id meta name resourceType')
    assert.equal(await included('_elements=birthDate,Organization.name'), 'id meta name resourceType')
    assert.equal(await included('_summary=true'), 'id meta name resourceType')
  })

  it('stay what they are over the pages of a search and of a history', async () => {
    for (const url of ['/Patient', '/Patient/_history']) {
      made(await board.post('/Patient', { resourceType: 'Patient', active: true, language: 'en' }))
      const first = made(await board.get(`${url}?_elements=active&_count=1`))
      const next = first.link.find(({ relation }: { relation: string }) => relation === 'next').url as string
      const { entry } = made(await board.get(next.slice(hub.url.length)))
      assert.deepEqual(Object.keys(entry[0].resource).sort(), ['active', 'id', 'meta', 'resourceType'])
    }
  })

  it('keep the version in the headers, so that a conditional read works', async () => {
    const answer = await board.get('/Patient/a?_elements=active')
    assert.equal(answer.headers.get('ETag'), 'W/"2"')
    const again = await board.get('/Patient/a?_elements=active', { headers: { 'If-None-Match': 'W/"2"' } })
    assert.equal(again.status, 304)
  })

  it('are refused where they name no element, no summary, or both', async () => {
    for (const path of [
      '/Patient/a',
      '/Patient/a/_history/2',
      '/Patient/a/_history',
      '/Patient',
      '/Patient/_history',
    ]) {
      for (const query of [
        '_elements=birthdate',
        '_elements=',
        '_elements=name.family',
        '_elements=active,,birthDate',
        '_elements=Organization.hobby',
        '_summary=short',
        '_summary=',
        '_summary=true&_elements=active',
        '_summary=true&_summary=text',
      ])
        refused(await board.get(`${path}?${query}`), 400, 'invalid-parameter')
    }
    assert.match(refused(await board.get('/Patient?_elements=birthdate'), 400, 'invalid-parameter'), /`birthDate`/)
    refused(await board.get('/Patient/a?_summary=count'), 400, 'invalid-parameter')
    refused(await board.get('/Patient/_history?_summary=count'), 400, 'invalid-parameter')
    refused(await board.get('/Patient?_summary=text&_include=Patient:organization'), 400, 'invalid-parameter')
  })

  it('are all that a read takes, unless the caller is lenient', async () => {
    assert.match(refused(await board.get('/Patient/a?active=true'), 400, 'unknown-parameter'), /`active`.*`_elements`/)
    made(await board.get('/Patient/a?active=true', { headers: { Prefer: 'handling=lenient' } }))
    made(await board.get('/Patient/a?_format=json&_pretty=true&_summary=data'))
  })
})
