/** `:in` and `:not-in` with value sets that are records: https://hl7.org/fhir/R4/search.html#modifiers */
import assert from 'node:assert/strict'
import type { Json, JsonObject } from '../../server/fhir/types.ts'
import type { Body } from '../builders/index.ts'
import { givenRecords, made, OVER_STORES, refused, type Given } from '../given.ts'

const VS = 'http://a.example/ValueSet'
const CS = 'http://a.example/CodeSystem/c'

const valueSet = (id: string, include: readonly Json[], more: JsonObject = {}): Body => ({
  resourceType: 'ValueSet',
  id,
  url: `${VS}/${id}`,
  status: 'active',
  compose: { include },
  ...more,
})
const observation = (id: string, code: string, system = CS): Body => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system, code }] },
  subject: { reference: 'Patient/ann' },
})

const RECORDS: readonly Body[] = [
  {
    resourceType: 'CodeSystem',
    id: 'c',
    url: CS,
    status: 'active',
    content: 'complete',
    concept: [{ code: 'a', concept: [{ code: 'a1' }] }, { code: 'b' }, { code: 'x' }],
  },
  valueSet('listed', [{ system: CS, concept: [{ code: 'a' }] }]),
  valueSet('all', [{ system: CS }]),
  valueSet('below', [{ system: CS, filter: [{ property: 'concept', op: 'is-a', value: 'a' }] }]),
  valueSet('imports', [{ valueSet: [`${VS}/listed`] }, { system: CS, concept: [{ code: 'b' }] }]),
  valueSet('round', [{ valueSet: [`${VS}/round`] }, { valueSet: [`${VS}/listed`] }]),
  valueSet('lacks', [{ system: 'http://a.example/CodeSystem/none' }]),
  valueSet('v1', [{ system: CS, concept: [{ code: 'a' }] }], { url: `${VS}/v`, version: '1' }),
  valueSet('v2', [{ system: CS, concept: [{ code: 'b' }] }], { url: `${VS}/v`, version: '2' }),
  { resourceType: 'Patient', id: 'ann', gender: 'female' },
  ...['a', 'a1', 'b', 'x'].map((code) => observation(code, code)),
  observation('other', 'a', 'http://b.example'),
]

const CASES: readonly (readonly [query: string, ids: string])[] = [
  [`Observation?code:in=${VS}/listed`, 'a'],
  ['Observation?code:in=ValueSet/listed', 'a'],
  [`Observation?code:not-in=${VS}/all`, 'other'],
  [`Observation?code:in=${VS}/below`, 'a a1'],
  [`Observation?code:in=${VS}/imports`, 'a b'],
  [`Observation?code:in=${VS}/round,${VS}/below`, 'a a1'],
  [`Observation?code:in=${VS}/v%7C1`, 'a'],
  [`Observation?code:in=${VS}/v%7C2`, 'b'],
  [`Patient?_has:Observation:patient:code:in=${VS}/listed`, 'ann'],
  [`Observation?_filter=code in ${VS}/imports`, 'a b'],
]

for (const store of OVER_STORES) {
  describe(`interactions / stored-value-sets / ${store}`, () => {
    let hub: Given
    before(async () => {
      hub = await givenRecords(store, RECORDS)
    })
    after(() => hub.stop())

    for (const [query, ids] of CASES) {
      it(`answers ${query}`, async () => {
        const { entry = [] } = made(await hub.as(undefined).get(`/${query}`))
        assert.equal(entry.map(({ resource }: { resource: { id: string } }) => resource.id).join(' '), ids)
      })
    }

    it('says what is not there, or lacks a part', async () => {
      const client = hub.as(undefined)
      const refusal = async (name: string) =>
        refused(await client.get(`/Observation?code:in=${VS}/${name}`), 400, 'invalid-parameter')
      assert.match(await refusal('none'), /the hub has no value set/)
      assert.match(await refusal('v%7C3'), /the hub has no value set/)
      assert.match(await refusal('lacks'), /needs `http:\/\/a.example\/CodeSystem\/none`/)
    })

    it('takes the value set as it is now', async () => {
      const client = hub.as(undefined)
      const found = async () => made(await client.get(`/Observation?code:in=${VS}/changing&_total=accurate`)).total
      const changing = (code: string) => valueSet('changing', [{ system: CS, concept: [{ code }, { code: 'b' }] }])
      made(await client.put('/ValueSet/changing', changing('a')))
      assert.equal(await found(), 2)
      made(await client.put('/ValueSet/changing', changing('b')))
      assert.equal(await found(), 1)
    })
  })
}
