/** TerminologyCapabilities: https://hl7.org/fhir/R4/terminologycapabilities.html */
import assert from 'node:assert/strict'
import { address, codeSystem } from '../builders/definitions.ts'
import { given, made, type Given } from '../given.ts'

describe('the terminology capabilities', () => {
  let hub: Given
  before(async () => {
    hub = await given()
  })
  after(() => hub.stop())

  const systems = async (): Promise<readonly string[]> =>
    (await hub.as('abe').get('/metadata?mode=terminology')).body.codeSystem.map((one: { uri: string }) => one.uri)

  it('name code systems that $lookup and $validate-code know', async () => {
    const all = await systems()
    assert.ok(all.includes('https://no-wrong-door.example/fhir/CodeSystem/barrier'))
    for (const uri of all.slice(0, 5)) {
      const { text } = await hub.as('abe').get(`/CodeSystem/$validate-code?url=${encodeURIComponent(uri)}&code=nothing`)
      assert.match(text, /Parameters/)
    }
  })

  it('name a code system that the board posts, and no longer once it is deleted', async () => {
    const board = hub.as(undefined)
    const posted = made(await board.post('/CodeSystem', codeSystem('posted', ['a'])))
    assert.ok((await systems()).includes(address('CodeSystem', 'posted')))
    await board.delete(`/CodeSystem/${posted.id}`)
    assert.ok(!(await systems()).includes(address('CodeSystem', 'posted')))
  })

  it('list the parameters of $expand, each of which is taken', async () => {
    const { expansion } = (await hub.as('abe').get('/metadata?mode=terminology')).body
    const values: Readonly<Record<string, string>> = { filter: 'e', offset: '0', count: '2' }
    for (const { name } of expansion.parameter) {
      if (['url', 'valueSet', 'valueSetVersion'].includes(name)) continue
      const query = `url=http://hl7.org/fhir/ValueSet/task-status&${name}=${values[name] ?? 'true'}`
      assert.equal((await hub.as('abe').get(`/ValueSet/$expand?${query}`)).status, 200, name)
    }
  })
})
