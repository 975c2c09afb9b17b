/** `_sort` by chains over HTTP, in both stores: https://hl7.org/fhir/R4/search.html#sort */
import assert from 'node:assert/strict'
import { condition, consent, participant, type Body } from '../builders/index.ts'
import { given, givenOver, givenRecords, made, OVER_STORES, refused, type Client, type Given } from '../given.ts'

type Page = {
  readonly link: readonly { readonly relation: string; readonly url: string }[]
  readonly total?: number
  readonly entry?: readonly { readonly resource: Body & { readonly id: string }; readonly search: { mode: string } }[]
}

const ids = ({ entry = [] }: Page, mode = 'match'): string =>
  entry.flatMap(({ resource, search }) => (search.mode === mode ? resource.id : [])).join(' ')

const patient = (id: string, family: string | undefined, birthDate: string, organization?: string): Body => ({
  resourceType: 'Patient',
  id,
  ...(family === undefined ? {} : { name: family.split(' ').map((one) => ({ family: one })) }),
  birthDate,
  ...(organization === undefined ? {} : { managingOrganization: { reference: `Organization/${organization}` } }),
})

const observation = (id: string | undefined, subject: string | undefined, code: string, more: object = {}): Body => ({
  resourceType: 'Observation',
  ...(id === undefined ? {} : { id }),
  status: 'final',
  code: { coding: [{ system: 'urn:c', code }] },
  ...(subject === undefined ? {} : { subject: { reference: subject } }),
  ...more,
})

const RECORDS: readonly Body[] = [
  { resourceType: 'Organization', id: 'zeta', name: 'Zeta' },
  { resourceType: 'Organization', id: 'acme', name: 'Acme', partOf: { reference: 'Organization/zeta' } },
  patient('ann', 'Smith Adams', '1990-01-01', 'zeta'),
  patient('bob', 'Jones', '1970-01-01', 'acme'),
  patient('cid', undefined, '1980'),
  { resourceType: 'Group', id: 'ann', type: 'person', actual: true, identifier: [{ value: 'g' }] },
  observation('b1', 'Patient/bob', 'x'),
  observation('a1', 'Patient/ann', 'y'),
  observation('c1', 'Patient/cid', 'x'),
  observation('a2', 'Patient/ann', 'x', {
    hasMember: [{ reference: 'Observation/b1' }, { reference: 'Observation/a1' }],
  }),
  observation('b2', 'Patient/bob', 'y', { hasMember: [{ reference: 'Observation/c1' }] }),
  observation('g1', 'Group/ann', 'x'),
  observation('n1', undefined, 'x'),
  observation('e1', 'https://elsewhere.example/fhir/Patient/ann', 'y'),
  observation('v1', 'Patient/ann/_history/1', 'y'),
  {
    resourceType: 'Questionnaire',
    id: 'q1',
    url: 'http://q.example/z',
    version: '1',
    title: 'Zoning',
    status: 'active',
  },
  { resourceType: 'Questionnaire', id: 'q2', url: 'http://q.example/z', version: '2', title: 'Art', status: 'active' },
  { resourceType: 'Questionnaire', id: 'q3', url: 'http://q.example/m', title: 'Music', status: 'active' },
  ...['http://q.example/z|1', 'http://q.example/m', 'http://q.example/z', 'http://q.example/none'].map(
    (questionnaire, index): Body => ({
      resourceType: 'QuestionnaireResponse',
      id: `r${index}`,
      questionnaire,
      status: 'completed',
    }),
  ),
]

const CASES: readonly (readonly [query: string, ids: string])[] = [
  // The least family name ascending (Adams), the greatest descending (Smith); without one last, by creation.
  ['Observation?_sort=subject:Patient.family', 'a1 a2 v1 b1 b2 c1 g1 n1 e1'],
  ['Observation?_sort=-subject:Patient.family', 'a1 a2 v1 b1 b2 c1 g1 n1 e1'],
  ['Observation?_sort=patient.birthdate', 'b1 b2 c1 a1 a2 v1 g1 n1 e1'],
  ['Observation?_sort=-patient.birthdate,-_id', 'v1 a2 a1 c1 b2 b1 n1 g1 e1'],
  ['Observation?_sort=code,subject:Patient.birthdate', 'b1 c1 a2 g1 n1 b2 a1 v1 e1'],
  ['Observation?_sort=patient.organization.name,_id', 'b1 b2 a1 a2 v1 c1 e1 g1 n1'],
  ['Observation?_sort=patient.organization.partof.name,_id', 'b1 b2 a1 a2 c1 e1 g1 n1 v1'],
  ['Observation?_sort=subject.identifier,_id', 'g1 a1 a2 b1 b2 c1 e1 n1 v1'],
  ['Observation?_sort=-patient._id,_id', 'c1 b1 b2 a1 a2 v1 e1 g1 n1'],
  // Of several members the one with the least birth date, or the greatest.
  ['Observation?_sort=has-member.patient.birthdate,_id', 'a2 b2 a1 b1 c1 e1 g1 n1 v1'],
  ['Observation?_sort=-has-member.patient.birthdate,_id', 'a2 b2 a1 b1 c1 e1 g1 n1 v1'],
  ['Observation?_sort=-has-member.patient.family,_id', 'a2 a1 b1 b2 c1 e1 g1 n1 v1'],
  ['Observation?code=y&_sort=patient.birthdate&patient.family=adams', 'a1 v1'],
  // A canonical without a version leads to every version of the definition.
  ['QuestionnaireResponse?_sort=questionnaire.title', 'r2 r1 r0 r3'],
  ['QuestionnaireResponse?_sort=-questionnaire.title', 'r0 r2 r1 r3'],
  ['?_type=Observation,QuestionnaireResponse&_sort=patient.birthdate&_id=a1,b1,r1', 'b1 a1 r1'],
  ['Patient/ann/Observation?_sort=-code,has-member.patient.birthdate', 'a1 v1 a2'],
  ['Patient?_sort=-organization.name', 'ann bob cid'],
]

const REFUSED: readonly (readonly [query: string, code: string, why: RegExp])[] = [
  ['_sort=patient.nothing', 'unknown-parameter', /has no search parameter `nothing`/],
  ['_sort=code.name', 'invalid-parameter', /a token, which leads to no other record/],
  ['_sort=patient.family:exact', 'invalid-parameter', /modifier `exact`, which has no meaning for an order/],
  ['_sort=_has:Observation:has-member:code', 'invalid-parameter', /a reverse chain does not sort/],
  ['_sort=subject:Practitioner.name', 'invalid-parameter', /leads to no `Practitioner`/],
  ['_sort=has-member:Observation.code-value-quantity', 'invalid-parameter', /a composite parameter compares/],
  ['_sort=a.b.c.d.e', 'invalid-parameter', /more than 3 references/],
  ['_sort=focus.start', 'invalid-parameter', /no order together/],
]

for (const store of OVER_STORES) {
  describe(`interactions / sort by chains / ${store}`, () => {
    let hub: Given
    let client: Client
    before(async () => {
      hub = await givenRecords(store, RECORDS)
      client = hub.as(undefined)
    })
    after(() => hub.stop())

    const page = async (address: string) => made(await client.get(address)) as Page
    const linkOf = ({ link }: Page, relation: string) =>
      link.find((one) => one.relation === relation)?.url.slice(hub.url.length)

    for (const [query, expected] of CASES)
      it(`answers ${query}`, async () => {
        const answer = await page(`/${query}&_total=accurate`)
        assert.equal(ids(answer), expected)
        assert.equal(answer.total, expected.split(' ').length)
      })

    for (const [query, code, why] of REFUSED)
      it(`refuses ${query}, and says why`, async () => {
        assert.match(refused(await client.get(`/Observation?${query}`), 400, code), why)
      })

    it('pages forward and back through the whole result while others write', async () => {
      const sorted = '/Observation?_sort=patient.birthdate,-code'
      const whole = ids(await page(sorted))
      for (const count of [1, 2, 5]) {
        const seen: string[] = []
        let last: Page | undefined
        for (
          let next: string | undefined = `${sorted}&_count=${count}&_total=accurate`;
          next;
          next = linkOf(last, 'next')
        ) {
          last = await page(next)
          assert.equal(last.total, 9)
          seen.push(ids(last))
          // A match more at the beginning, a match less, and other values of one on the way.
          const made1 = made(await client.post('/Observation', observation(undefined, 'Patient/bob', 'z'))) as Body
          made(await client.put('/Observation/c1', observation('c1', 'Patient/bob', 'z')))
          made(await client.put('/Patient/bob', patient('bob', 'Jones', '2001-01-01', 'acme')))
          await client.delete(`/Observation/${String(made1.id)}`)
        }
        assert.equal(seen.join(' '), whole)
        const back = [ids(last!)]
        for (let previous = linkOf(last!, 'previous'); previous; previous = linkOf(last, 'previous'))
          back.unshift(ids((last = await page(previous))))
        assert.equal(back.join(' '), whole)
        assert.equal(ids(await page(linkOf(last!, 'first') ?? '')), seen[0])
        made(await client.put('/Observation/c1', observation('c1', 'Patient/cid', 'x')))
        made(await client.put('/Patient/bob', patient('bob', 'Jones', '1970-01-01', 'acme')))
      }
    })

    it('takes the other parameters of a result', async () => {
      const sorted = '/Observation?_sort=-patient.birthdate&_count=2'
      const included = await page(`${sorted}&_include=Observation:patient&_elements=status`)
      assert.equal(ids(included), 'a1 a2')
      assert.equal(ids(included, 'include'), 'ann')
      assert.ok(included.entry?.every(({ resource }) => resource.subject === undefined))
      const counted = await page('/Observation?_sort=patient.birthdate&_count=0')
      assert.deepEqual([ids(counted), counted.total], ['', 9])
      assert.equal(ids(await page(`${sorted}&_asOf=${new Date().toISOString()}`)), 'a1 a2')
      const explained = await page(`${sorted}&_explain=true&_total=accurate`)
      assert.match(
        JSON.stringify(explained.entry?.at(-1)),
        /On the way over the reference `patient`: 3 records of `Patient`/,
      )
    })

    it('refuses the cursor of another order', async () => {
      const next = linkOf(await page('/Observation?_sort=patient.birthdate&_count=2'), 'next')!
      const cursor = new URLSearchParams(next.split('?')[1]).get('_cursor')!
      refused(
        await client.get(`/Observation?_sort=patient.family&_count=2&_cursor=${cursor}`),
        400,
        'invalid-parameter',
      )
    })
  })

  describe(`interactions / sort by chains, by who may know / ${store}`, () => {
    let hub: Given
    before(async () => (hub = await givenOver(store)))
    after(() => hub.stop())

    it('takes a record that the caller may not know of as missing', async () => {
      const [es, vr, board] = [hub.as('es'), hub.as('vr'), hub.as(undefined)]
      const refers = async (family: string, related: string) => {
        const subject = made(await es.post('/Patient', participant('es', { family }))) as Body & { id: string }
        made(await es.post('/Consent', consent(`Patient/${subject.id}`, 'es', 'vr')))
        return [subject.id, related] as const
      }
      const [shown] = await refers('Aaron', '')
      const hidden = made(await es.post('/Patient', participant('es', { family: 'Zeno' }))) as Body & { id: string }
      const made1 = made(await es.post('/Condition', condition(`Patient/${shown}`))) as Body & { id: string }
      const made2 = made(await es.post('/Condition', condition(`Patient/${hidden.id}`))) as Body & { id: string }
      const listOf = async (client: Client, sort: string) =>
        ids(made(await client.get(`/Condition?_sort=${sort}`)) as Page)
      assert.equal(await listOf(board, '-patient.family'), `${made2.id} ${made1.id}`)
      assert.equal(await listOf(vr, '-patient.family'), made1.id)
    })
  })
}

describe('interactions / sort by chains', () => {
  it('refuses a search with too many matches, or too many records on the way, and says what would do', async () => {
    const hub = await given({ HUB_RULES: 'open', HUB_SEED: 'none', HUB_CHAIN_RECORD_LIMIT: '3' })
    try {
      const client = hub.as(undefined)
      for (const id of ['1', '2', '3', '4']) {
        made(await client.put(`/Patient/${id}`, patient(id, 'x', '1990')))
        const { id: made1 } = made(
          await client.post('/Observation', observation(undefined, `Patient/${id}`, id)),
        ) as Body
        assert.ok(made1)
      }
      const sort = '_sort=patient.family'
      assert.match(
        refused(await client.get(`/Observation?${sort}`), 422, 'too-costly'),
        /sort by `patient.family`: more than 3 records meet the search/,
      )
      assert.equal((made(await client.get(`/Observation?${sort}&code=1,2,3`)) as Page).entry?.length, 3)
      assert.equal((made(await client.get(`/Observation?${sort}&_count=0`)) as Page).total, 4)
      const group = { hasMember: [] as object[] }
      for (const id of ['1', '2', '3', '4']) {
        const found = made(await client.get(`/Observation?code=${id}`)) as Page
        group.hasMember.push({ reference: `Observation/${found.entry![0]!.resource.id}` })
      }
      made(await client.post('/Observation', observation(undefined, undefined, 'all', group)))
      assert.match(
        refused(await client.get('/Observation?code=all&_sort=has-member.code'), 422, 'too-costly'),
        /over `has-member` to more than 3 records of `Observation`/,
      )
    } finally {
      await hub.stop()
    }
  })
})
