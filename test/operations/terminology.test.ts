/** The terminology operations of R4, over HTTP. https://hl7.org/fhir/R4/terminology-service.html */
import assert from 'node:assert/strict'
import { codeSystem, ROOT, valueSet } from '../../server/fhir/canonical.ts'
import { given, made, refused, type Answer, type Client, type Given } from '../given.ts'

type OperationParameter = {
  readonly name: string
  readonly part?: readonly OperationParameter[]
  readonly [value: string]: unknown
}

const V3 = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'
const ENCOUNTERS = 'http://terminology.hl7.org/ValueSet/v3-ActEncounterCode'

/** The values of a Parameters answer by name: the last one of each. */
function values(answer: Answer): Readonly<Record<string, unknown>> {
  return plain((made(answer).parameter ?? []) as OperationParameter[])
}

const plain = (parameters: readonly OperationParameter[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(parameters.map(({ name, part, ...value }) => [name, part ? plain(part) : Object.values(value)[0]]))

const query = (parameters: Readonly<Record<string, string>>): string => new URLSearchParams(parameters).toString()

const body = (...parameter: readonly object[]) => ({ resourceType: 'Parameters', parameter })

describe('terminology operations', () => {
  let hub: Given
  let es: Client
  before(async () => {
    hub = await given()
    es = hub.as('es')
  })
  after(() => hub.stop())

  const get = (path: string, parameters: Readonly<Record<string, string>>) => es.get(`${path}?${query(parameters)}`)

  describe('ValueSet/$expand', () => {
    const expand = async (parameters: Readonly<Record<string, string>>) =>
      made(await get('/ValueSet/$expand', parameters)).expansion

    it('lists the codes of a value set of the hub, by url and at its address', async () => {
      const url = valueSet('working')
      const byUrl = await expand({ url })
      const atAddress = made(await es.get('/ValueSet/working/$expand'))
      assert.deepEqual(byUrl.contains, atAddress.expansion.contains)
      assert.deepEqual(
        byUrl.contains.map(({ system, code }: OperationParameter) => [system, code]),
        ['no', 'yes-need-better', 'yes-meets-needs'].map((code) => [codeSystem('working'), code]),
      )
      assert.equal(byUrl.total, 3)
      assert.equal(atAddress.url, url)
      assert.equal(atAddress.compose, undefined)
    })

    it('answers a value set of R4 with its status, which a ValueSet must have', async () => {
      const url = 'http://hl7.org/fhir/ValueSet/administrative-gender'
      assert.equal(made(await get('/ValueSet/$expand', { url })).status, 'active')
    })

    it('lists by filters of R4, with displays, and marks what only groups others', async () => {
      const { contains } = await expand({ url: ENCOUNTERS })
      const codes = new Map<unknown, OperationParameter>(contains.map((one: OperationParameter) => [one.code, one]))
      assert.equal(codes.get('AMB')?.display, 'ambulatory')
      assert.equal(codes.get('_ActEncounterCode')?.abstract ?? true, true)
      assert.equal(codes.has('_ActAccountCode'), false)
    })

    it('narrows by words, whatever their case', async () => {
      const { contains, parameter } = await expand({ url: ENCOUNTERS, filter: 'AMBULATORY' })
      assert.deepEqual(
        contains.map(({ code }: OperationParameter) => code),
        ['AMB'],
      )
      assert.deepEqual(parameter, [{ name: 'filter', valueString: 'AMBULATORY' }])
    })

    it('answers pages that are the whole when put together', async () => {
      const url = valueSet('barrier')
      const whole = await expand({ url })
      const pages: unknown[] = []
      for (let offset = 0; offset < whole.total; offset += 4) {
        const page = await expand({ url, offset: String(offset), count: '4' })
        assert.equal(page.offset, offset)
        assert.equal(page.total, whole.total)
        assert.ok(page.contains.length <= 4)
        pages.push(...page.contains)
      }
      assert.deepEqual(pages, whole.contains)
      const none = await expand({ url, count: '0' })
      assert.deepEqual([none.total, none.contains], [whole.total, undefined])
    })

    it('takes a value set that is sent along, with imports, excludes and designations', async () => {
      const sent = {
        resourceType: 'ValueSet',
        status: 'draft',
        url: 'http://example.org/sent',
        compose: {
          include: [
            { valueSet: [valueSet('working')] },
            {
              system: 'http://hl7.org/fhir/administrative-gender',
              concept: [{ code: 'female', display: 'Woman', designation: [{ language: 'es', value: 'Mujer' }] }],
            },
          ],
          exclude: [{ system: codeSystem('working'), concept: [{ code: 'no' }] }],
        },
      }
      const include = { name: 'includeDesignations', valueBoolean: true }
      const answer = made(await es.post('/ValueSet/$expand', body({ name: 'valueSet', resource: sent }, include)))
      assert.deepEqual(
        answer.expansion.contains.map(({ code }: OperationParameter) => code),
        ['yes-need-better', 'yes-meets-needs', 'female'],
      )
      assert.equal(answer.expansion.contains[2].display, 'Woman')
      assert.equal(answer.expansion.contains[2].designation[0].value, 'Mujer')
      const circle = { ...sent, compose: { include: [{ valueSet: [sent.url] }] } }
      refused(await es.post('/ValueSet/$expand', body({ name: 'valueSet', resource: circle })), 422, 'code-unchecked')
    })

    it('says that a fragment is not all', async () => {
      const { extension } = await expand({ url: valueSet('onet-soc') })
      assert.equal(extension[0].valueBoolean, true)
    })

    it('refuses what is too long, what has no list, and what is not there', async () => {
      const url = 'http://terminology.hl7.org/ValueSet/v3-ActCode'
      assert.match(refused(await get('/ValueSet/$expand', { url }), 422, 'too-costly'), /count/)
      assert.equal((await expand({ url, count: '10' })).contains.length, 10)
      for (const [wrong, status, code] of [
        ['http://hl7.org/fhir/ValueSet/mimetypes', 422, 'code-unchecked'],
        ['http://hl7.org/fhir/ValueSet/observation-codes', 422, 'code-unchecked'],
        ['http://example.org/nowhere', 404, 'not-found'],
        [codeSystem('working'), 404, 'not-found'],
      ] as const)
        refused(await get('/ValueSet/$expand', { url: wrong }), status, code)
      refused(await es.get('/ValueSet/nobody/$expand'), 404, 'not-found')
      refused(await es.get('/ValueSet/$expand'), 400, 'invalid-parameter')
      refused(await get('/ValueSet/$expand', { url, count: '-1' }), 400, 'invalid-parameter')
      refused(await get('/ValueSet/$expand', { url, context: 'x' }), 400, 'unknown-parameter')
    })
  })

  describe('ValueSet/$validate-code', () => {
    const request = { url: valueSet('working'), system: codeSystem('working') }
    const check = async (parameters: Readonly<Record<string, string>>) =>
      values(await get('/ValueSet/$validate-code', { ...request, ...parameters }))

    it('tells a code of the set from another, and a right display from a wrong one', async () => {
      assert.equal((await check({ code: 'no' })).result, true)
      const wrong = await check({ code: 'perhaps' })
      assert.equal(wrong.result, false)
      assert.match(String(wrong.message), /`perhaps`|\|perhaps`/)
      const { display } = await check({ code: 'no' })
      assert.equal((await check({ code: 'no', display: String(display).toUpperCase() })).result, true)
      const misnamed = await check({ code: 'no', display: 'Certainly' })
      assert.deepEqual([misnamed.result, misnamed.display], [false, display])
    })

    it('takes a coding, and a concept of which one coding is right', async () => {
      const right = { system: codeSystem('working'), code: 'no' }
      const wrong = { system: 'http://hl7.org/fhir/administrative-gender', code: 'male' }
      const path = '/ValueSet/working/$validate-code'
      assert.equal(values(await es.post(path, body({ name: 'coding', valueCoding: right }))).result, true)
      assert.equal(values(await es.post(path, body({ name: 'coding', valueCoding: wrong }))).result, false)
      const valueCodeableConcept = { coding: [wrong, right] }
      const concept = body({ name: 'codeableConcept', valueCodeableConcept })
      assert.equal(values(await es.post(path, concept)).result, true)
    })

    it('takes an abstract code only with the parameter `abstract`', async () => {
      const one = { url: 'http://terminology.hl7.org/ValueSet/v3-ActCode', system: V3, code: '_ActEncounterCode' }
      const plainly = values(await get('/ValueSet/$validate-code', one))
      const anyway = values(await get('/ValueSet/$validate-code', { ...one, abstract: 'true' }))
      assert.deepEqual([plainly.result, anyway.result], [false, true])
    })

    it('recognises units and languages by their form', async () => {
      const url = 'http://hl7.org/fhir/ValueSet/all-languages'
      const language = (code: string) => get('/ValueSet/$validate-code', { url, system: 'urn:ietf:bcp:47', code })
      assert.equal(values(await language('es-MX')).result, true)
      assert.equal(values(await language('es_MX')).result, false)
    })

    it('says that it cannot tell where the system is not available', async () => {
      const url = 'http://hl7.org/fhir/ValueSet/observation-codes'
      const answer = await get('/ValueSet/$validate-code', { url, system: 'http://loinc.org', code: '1-8' })
      refused(answer, 422, 'code-unchecked')
      const older = await get('/ValueSet/$validate-code', { ...request, code: 'no', systemVersion: '9.9' })
      refused(older, 422, 'code-unchecked')
    })

    it('refuses a code that is not given, given twice, or without system', async () => {
      const { url } = request
      const wrongs: readonly Readonly<Record<string, string>>[] = [{ url }, { url, code: 'no' }]
      for (const wrong of wrongs) refused(await get('/ValueSet/$validate-code', wrong), 400, 'invalid-parameter')
      const valueCoding = { system: request.system, code: 'no' }
      const twice = body({ name: 'coding', valueCoding }, { name: 'code', valueCode: 'no' })
      refused(await es.post('/ValueSet/working/$validate-code', twice), 400, 'invalid-parameter')
      const empty = body({ name: 'coding', valueCoding: { system: request.system } })
      refused(await es.post('/ValueSet/working/$validate-code', empty), 400, 'invalid-parameter')
    })
  })

  describe('CodeSystem/$lookup', () => {
    it('answers name, version, display and properties of a code', async () => {
      const answer = await get('/CodeSystem/$lookup', {
        system: codeSystem('credential-type'),
        code: 'SecondarySchoolDiploma',
      })
      const found = values(answer)
      assert.equal(found.name, 'CredentialType')
      assert.equal(found.display, 'Secondary School Diploma')
      const properties = (answer.body.parameter as OperationParameter[]).filter(({ name }) => name === 'property')
      const pirl = properties.map(({ part = [] }) => plain(part)).find(({ code }) => code === 'pirl')
      assert.equal(pirl?.value, '1')
    })

    it('answers the parents of a code, and only the requested properties', async () => {
      const answer = await get('/CodeSystem/$lookup', { system: V3, code: 'AMB', property: 'parent' })
      const properties = (answer.body.parameter as OperationParameter[]).filter(({ name }) => name === 'property')
      assert.ok(properties.length > 0)
      for (const { part = [] } of properties) assert.equal(plain(part).code, 'parent')
    })

    it('recognises units, and refuses what is no code', async () => {
      assert.equal(
        values(await get('/CodeSystem/$lookup', { system: 'http://unitsofmeasure.org', code: 'mg' })).display,
        'mg',
      )
      for (const wrong of [
        { system: 'http://unitsofmeasure.org', code: 'kilogram' },
        { system: V3, code: 'nothing' },
        { system: 'http://loinc.org', code: '1-8' },
      ])
        refused(await get('/CodeSystem/$lookup', wrong), 404, 'not-found')
      refused(await get('/CodeSystem/$lookup', { code: 'mg' }), 400, 'invalid-parameter')
      refused(await es.get('/CodeSystem/working/$lookup?code=no'), 404, 'unknown-address')
    })
  })

  describe('CodeSystem/$subsumes', () => {
    const outcome = async (codeA: string, codeB: string) =>
      values(await get('/CodeSystem/$subsumes', { system: V3, codeA, codeB })).outcome

    it('says how two codes stand to each other', async () => {
      assert.equal(await outcome('AMB', 'AMB'), 'equivalent')
      assert.equal(await outcome('_ActEncounterCode', 'AMB'), 'subsumes')
      assert.equal(await outcome('AMB', '_ActEncounterCode'), 'subsumed-by')
      assert.equal(await outcome('AMB', 'EMER'), 'not-subsumed')
    })

    it('takes codings at the address of a system, and refuses those of another', async () => {
      const coding = (name: string, code: string, system = codeSystem('working')) => ({
        name,
        valueCoding: { system, code },
      })
      const path = '/CodeSystem/working/$subsumes'
      const same = await es.post(path, body(coding('codingA', 'no'), coding('codingB', 'no')))
      assert.equal(values(same).outcome, 'equivalent')
      const foreign = await es.post(path, body(coding('codingA', 'no'), coding('codingB', 'no', V3)))
      refused(foreign, 400, 'invalid-parameter')
      refused(await get('/CodeSystem/$subsumes', { system: V3, codeA: 'AMB' }), 400, 'invalid-parameter')
      refused(await get('/CodeSystem/$subsumes', { system: V3, codeA: 'AMB', codeB: 'no' }), 404, 'not-found')
    })
  })

  describe('CodeSystem/$validate-code', () => {
    const check = async (url: string, code: string) => values(await get('/CodeSystem/$validate-code', { url, code }))

    it('tells a code of the system from another', async () => {
      assert.equal((await check(codeSystem('working'), 'no')).result, true)
      assert.equal((await check(codeSystem('working'), 'NO')).result, false)
      assert.equal((await check('http://unitsofmeasure.org', 'mm[Hg]')).result, true)
      assert.equal((await check('http://unitsofmeasure.org', 'mmHg')).result, false)
      assert.equal(values(await es.get('/CodeSystem/working/$validate-code?code=no')).result, true)
    })

    it('takes a code system that is sent along', async () => {
      const concept = [{ code: 'One', display: 'Number one' }]
      const sent = {
        resourceType: 'CodeSystem',
        url: 'http://example.org/own',
        content: 'complete',
        caseSensitive: false,
        concept,
      }
      const answer = (code: string, display: string) =>
        es.post(
          '/CodeSystem/$validate-code',
          body(
            { name: 'codeSystem', resource: sent },
            { name: 'code', valueCode: code },
            { name: 'display', valueString: display },
          ),
        )
      assert.equal(values(await answer('ONE', 'number  ONE')).result, true)
      assert.equal(values(await answer('one', 'Number two')).result, false)
      assert.equal(values(await answer('two', 'Number two')).result, false)
    })

    it('cannot tell of a fragment what is not in it', async () => {
      const url = 'http://onetonline.org/onet-soc'
      refused(await get('/CodeSystem/$validate-code', { url, code: '99-9999.99' }), 422, 'code-unchecked')
      refused(await get('/CodeSystem/$validate-code', { url: 'http://example.org/no', code: 'a' }), 404, 'not-found')
    })
  })

  describe('ConceptMap/$translate', () => {
    const url = `${ROOT}/ConceptMap/credential-type-to-pirl`
    const system = codeSystem('credential-type')

    it('translates a code, and back', async () => {
      const forth = values(await get('/ConceptMap/$translate', { url, system, code: 'AssociateDegree' }))
      assert.equal(forth.result, true)
      const match = forth.match as { equivalence: string; concept: { system: string; code: string } }
      assert.deepEqual([match.equivalence, match.concept.code], ['wider', '2'])
      assert.equal(match.concept.system, codeSystem('pirl-credential-type'))
      const back = await es.get(
        `/ConceptMap/credential-type-to-pirl/$translate?${query({ system: match.concept.system, code: '2', reverse: 'true' })}`,
      )
      const returned = values(back).match as typeof match
      assert.deepEqual([returned.equivalence, returned.concept.code], ['narrower', 'AssociateDegree'])
    })

    it('says where there is no translation, and refuses a map that is not there', async () => {
      assert.equal(values(await get('/ConceptMap/$translate', { url, system, code: 'nothing' })).result, false)
      assert.equal(
        values(await get('/ConceptMap/$translate', { url, system: V3, code: 'AssociateDegree' })).result,
        false,
      )
      const elsewhere = { url, system, code: 'AssociateDegree', targetsystem: V3 }
      assert.equal(values(await get('/ConceptMap/$translate', elsewhere)).result, false)
      refused(await get('/ConceptMap/$translate', { url: system, system, code: 'x' }), 404, 'not-found')
    })

    it('translates what a map does not list as the map says', async () => {
      const group = (unmapped: object) => ({
        resourceType: 'ConceptMap',
        status: 'draft',
        url: 'http://example.org/map',
        group: [
          {
            source: 'urn:a',
            target: 'urn:b',
            element: [{ code: 'gone', target: [{ equivalence: 'unmatched' }] }],
            unmapped,
          },
        ],
      })
      const ask = async (unmapped: object, code: string) =>
        values(
          await es.post(
            '/ConceptMap/$translate',
            body(
              { name: 'conceptMap', resource: group(unmapped) },
              { name: 'coding', valueCoding: { system: 'urn:a', code } },
            ),
          ),
        ) as { result: boolean; match?: { concept?: { code: string } } }
      assert.equal((await ask({ mode: 'provided' }, 'same')).match?.concept?.code, 'same')
      assert.equal((await ask({ mode: 'fixed', code: 'other' }, 'same')).match?.concept?.code, 'other')
      assert.equal((await ask({ mode: 'provided' }, 'gone')).result, false)
    })
  })
})
