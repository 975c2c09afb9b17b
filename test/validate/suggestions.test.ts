/** The suggestions for a code that a value set does not allow. */
import assert from 'node:assert/strict'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { createTerminology } from '../../server/terminology/terminology.ts'
import { suggestionsFor, type SentCode } from '../../server/terminology/suggestions.ts'
import { ROOT } from '../checks/files.ts'

const HUB = 'https://no-wrong-door.example/fhir'
const system = `${HUB}/CodeSystem/program`

describe('a hint about a code', () => {
  let hint: (valueSet: string, sent: SentCode) => string
  before(async () => {
    const terminology = createTerminology(await loadDefinitions(ROOT))
    hint = (valueSet, sent) => suggestionsFor(valueSet, terminology)(sent)
  })

  it('lists a few codes, with their displays where those say more', () => {
    assert.equal(
      hint('http://hl7.org/fhir/ValueSet/administrative-gender', { code: 'm' }),
      ' It allows `male`, `female`, `other`, `unknown`.',
    )
    assert.match(hint(`${HUB}/ValueSet/local-area`, { code: 'west' }), /^ It allows `north` \(North area\), /)
  })

  it('names the nearest of many', () => {
    const text = hint(`${HUB}/ValueSet/program`, { system, code: 'snap-emplyoment' })
    assert.match(text, /^ Nearest of its 14 codes are `snap/)
    assert.equal(text.match(/`/g)?.length, 10)
  })

  it('knows a slip, and a code that goes by the name that was sent', () => {
    assert.match(hint(`${HUB}/ValueSet/program`, { system, code: 'tnaf' }), /^ Did you mean `tanf` \(Temporary Assist/)
    assert.match(hint(`${HUB}/ValueSet/program`, { system, code: 'Unemployment insurance' }), /^ Did you mean `ui` \(/)
    const display = 'unemployment insurance'
    assert.match(hint(`${HUB}/ValueSet/program`, { system, code: 'x', display }), /^ Did you mean `ui` \(/)
  })

  it('says whose the code is when the system is another one', () => {
    const text = hint(`${HUB}/ValueSet/program`, { system: 'http://example.org', code: 'snap' })
    assert.equal(text, ` It has the code \`snap\` of the system \`${system}\`.`)
  })

  it('says nothing of a set that cannot be listed', () => {
    assert.equal(hint('http://hl7.org/fhir/ValueSet/mimetypes', { code: 'picture' }), '')
    assert.equal(hint('http://example.org/ValueSet/none', { code: 'a' }), '')
  })

  it('takes a code of any length', () => {
    const begin = performance.now()
    assert.match(hint(`${HUB}/ValueSet/program`, { system, code: 'x'.repeat(1_000_000) }), /^ Nearest of its 14/)
    assert.ok(performance.now() - begin < 1000)
  })
})
