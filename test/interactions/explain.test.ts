/** `_explain` over HTTP: for the board and with open rules, in both stores; for everybody else there is no such parameter. */
import assert from 'node:assert/strict'
import { condition, participant, type Body } from '../builders/index.ts'
import { given, givenRecords, made, OVER_STORES, refused, type Answer, type Client, type Given } from '../given.ts'

type Figures = { readonly text: string; readonly data: Record<string, any> } // eslint-disable-line @typescript-eslint/no-explicit-any -- figures as a client reads them

/** The informations of an explanation. */
function explanation(answer: Answer): readonly Figures[] {
  const entries = (made(answer).entry ?? []) as { search: { mode: string }; resource: Body }[]
  const [outcome, ...others] = entries.filter(({ search }) => search.mode === 'outcome')
  assert.equal(others.length, 0)
  const issues = (outcome?.resource.issue ?? []) as {
    severity: string
    diagnostics: string
    details: { text: string; coding: { code: string }[] }
  }[]
  return issues
    .filter(({ details }) => details.coding[0]?.code === 'search-explained')
    .map(({ details, diagnostics, severity }) => {
      assert.equal(severity, 'information')
      return { text: details.text, data: JSON.parse(diagnostics) as Record<string, unknown> }
    })
}

const observation = (id: string, patient: string, code: string): Body => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'urn:c', code }] },
  subject: { reference: `Patient/${patient}` },
})

const RECORDS: readonly Body[] = [
  { resourceType: 'Patient', id: 'ann', gender: 'female' },
  { resourceType: 'Patient', id: 'bob', gender: 'male' },
  { resourceType: 'Patient', id: 'cid', gender: 'male' },
  ...['a1', 'a2', 'a3'].map((id) => observation(id, 'ann', 'x')),
  observation('b1', 'bob', 'y'),
]

for (const store of OVER_STORES) {
  describe(`interactions / explain / ${store}`, () => {
    let hub: Given
    let client: Client
    before(async () => {
      hub = await givenRecords(store, RECORDS)
      client = hub.as(undefined)
    })
    after(() => hub.stop())

    it('says how the search is read, what is on the way, what is read, and how long it takes', async () => {
      const query = '/Observation?subject:Patient.gender=male&code=y&_total=accurate&_count=10&_explain=true'
      const answer = await client.get(query)
      const [tree, way, page, total, time] = explanation(answer) as [Figures, Figures, Figures, Figures, Figures]
      assert.equal(answer.body.entry[0].resource.id, 'b1')
      assert.deepEqual([tree.data.type, tree.data.limit], ['Observation', 10])
      assert.match(
        JSON.stringify(tree.data.where),
        /"param":"code".*"op":"reference","param":"subject","type":"Patient"/,
      )
      assert.match(JSON.stringify(tree.data.where), /"id":\["bob","cid"\]/)
      assert.deepEqual(way.data, { types: ['Patient'], param: 'subject', records: 2 })
      assert.match(way.text, /the reference `subject`: 2 records of `Patient`/)
      assert.deepEqual([page.data.purpose, total.data.purpose], ['page', 'total'])
      assert.deepEqual(page.data.from, store === 'memory' ? { kind: 'every' } : page.data.from)
      assert.equal(page.data.read, store === 'memory' ? 4 : 1)
      assert.match(
        page.text,
        store === 'memory' ? /read from every record of the type: 4 records read/ : /: 1 record read/,
      )
      assert.equal(typeof time.data.ms, 'number')
      assert.match(time.text, /ms (on the event loop|in a reader thread)/)
    })

    it('finds the same as without, and stays in the links of the pages', async () => {
      const shown = ({ body }: Answer) =>
        body.entry
          .filter((one: { search: { mode: string } }) => one.search.mode === 'match')
          .map((one: { resource: { id: string } }) => one.resource.id)
      const page = await client.get('/Observation?_explain=true&_count=2&code=x')
      assert.deepEqual(shown(page), shown(await client.get('/Observation?_count=2&code=x')))
      const link = (name: string): string =>
        page.body.link.find(({ relation }: { relation: string }) => relation === name).url.slice(hub.url.length)
      assert.match(link('self'), /_explain=true/)
      const next = await client.get(link('next'))
      assert.deepEqual([shown(next), explanation(next).length], [['a3'], 3])
      assert.deepEqual(explanation(await client.get('/Observation?_explain=false')), [])
    })

    it('explains a search of several types, in a compartment, and of the past', async () => {
      const purposes = async (path: string) =>
        explanation(await client.get(path)).flatMap(({ data }) => (data.purpose === undefined ? [] : [data.purpose]))
      assert.deepEqual(await purposes('/?_type=Patient,Observation&_explain=true'), ['page'])
      assert.deepEqual(await purposes('/Patient/ann/Observation?_explain=true'), ['page'])
      assert.deepEqual(await purposes('/Observation?_asOf=1&_explain=true'), ['page'])
      assert.deepEqual(await purposes('/Observation?_summary=count&_explain=true'), ['total'])
    })

    it('cuts long lists', async () => {
      const ids = Array.from({ length: 30 }, (_, index) => `i${index}`).join()
      const [tree] = explanation(await client.get(`/Observation?_id=${ids}&_explain=true`))
      assert.deepEqual([tree!.data.where.ids.length, tree!.data.where.more], [20, 10])
    })

    it('takes true and false, once', async () => {
      refused(await client.get('/Observation?_explain=yes'), 400, 'invalid-parameter')
      refused(await client.get('/Observation?_explain='), 400, 'invalid-parameter')
      refused(await client.get('/Observation?_explain=true&_explain=true'), 400, 'invalid-parameter')
      refused(await client.get('/Observation?_explain:not=true'), 400, 'unknown-parameter')
    })
  })
}

describe('interactions / explain', () => {
  let hub: Given
  after(() => hub.stop())

  it('is there for the board alone, and counts only what the board may know of', async () => {
    hub = await given()
    const [board, es] = [hub.as(undefined), hub.as('es')]
    const { id } = made(await es.post('/Patient', participant('es')))
    made(await es.post('/Condition', condition(`Patient/${id}`)))
    assert.equal(explanation(await board.get('/Condition?_explain=true'))[1]!.data.read, 1)
    const answers = [await es.get('/Condition?_explain=true'), await es.get('/Condition?_explaim=true')]
    for (const answer of answers) refused(answer, 400, 'unknown-parameter')
    const [there, typo] = answers.map(({ text }) => text.replaceAll('_explaim', '_explain'))
    assert.equal(there, typo)
    const lenient = { headers: { Prefer: 'handling=lenient' } }
    assert.match((await es.get('/Condition?_explain=true', lenient)).text, /`_explain` is not supported here/)
    assert.doesNotMatch(JSON.stringify((await es.get('/metadata')).body), /_explain/)
  })
})
