import assert from 'node:assert/strict'
import { loadDefinitions } from '../../../server/definitions/load.ts'
import { createXmlFormat, type XmlFormat } from '../../../server/definitions/xml/format.ts'
import { serialize } from '../../../server/fhir/json.ts'
import { OutcomeError, type Issue } from '../../../server/fhir/outcome.ts'
import { ROOT } from '../../checks/files.ts'

const NS = 'xmlns="http://hl7.org/fhir"'
const XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'

let xml: XmlFormat
const json = async (text: string): Promise<string> => serialize(await xml.read(text))
const patient = (content: string): string => `<Patient ${NS}>${content}</Patient>`

async function refusal(text: string): Promise<Issue> {
  try {
    await xml.read(text)
  } catch (error) {
    assert.ok(error instanceof OutcomeError, `not an OutcomeError: ${String(error)} for ${text.slice(0, 200)}`)
    assert.equal(error.status, 400)
    assert.ok(error.issues[0]!.position)
    return error.issues[0]!
  }
  return assert.fail(`read: ${text.slice(0, 300)}`)
}

describe('reading FHIR from XML', () => {
  before(async () => {
    xml = createXmlFormat((await loadDefinitions(ROOT)).structures)
  })

  it('gives numbers with their digits, booleans, and white space as it was written', async () => {
    assert.equal(
      await json(`<Observation ${NS}><valueQuantity><value value="1.50"/></valueQuantity></Observation>`),
      '{"resourceType":"Observation","valueQuantity":{"value":1.50}}',
    )
    assert.equal(
      await json(patient('<active value="true"/><birthDate value=" 1&#10;&#13;&#9;2&#x1F600;&lt; "/>')),
      JSON.stringify({ resourceType: 'Patient', active: true, birthDate: ' 1\n\r\t2😀< ' }),
    )
  })

  it('keeps what is no value of its type as text, for the validator to refuse', async () => {
    const text = `<Observation ${NS}><valueInteger value="01"/></Observation>`
    assert.equal(await json(text), '{"resourceType":"Observation","valueInteger":"01"}')
    assert.equal(await json(patient('<active value="1"/>')), '{"resourceType":"Patient","active":"1"}')
    const strange = await xml.read(
      patient('<hobby value="song"/><hobby><a value="1"/></hobby><constructor value="y"/>'),
    )
    assert.equal(serialize(strange), '{"resourceType":"Patient","hobby":["song",{"a":"1"}],"constructor":"y"}')
  })

  it('puts ids and extensions of primitives beside their values', async () => {
    const text = patient(
      '<name id="n"><given value="A"/><given id="g"><extension url="u"><valueString value="v"/></extension></given></name>' +
        '<birthDate><extension url="u"><valueCode value="c"/></extension></birthDate>',
    )
    assert.deepEqual(JSON.parse(await json(text)), {
      resourceType: 'Patient',
      name: [
        {
          id: 'n',
          given: ['A', null],
          _given: [null, { id: 'g', extension: [{ url: 'u', valueString: 'v' }] }],
        },
      ],
      _birthDate: { extension: [{ url: 'u', valueCode: 'c' }] },
    })
  })

  it('takes prefixes, comments, a byte order mark, schemaLocation and a stylesheet', async () => {
    const text =
      '\ufeff<?xml version="1.0" encoding="utf-8"?>\r\n<?xml-stylesheet href="x"?><!-- c -->' +
      '<f:Patient xmlns:f="http://hl7.org/fhir" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b">' +
      '<!-- c --><f:active value="false"/></f:Patient>'
    assert.equal(await json(text), '{"resourceType":"Patient","active":false}')
  })

  it('keeps XHTML as it is, and makes it stand alone where it did not', async () => {
    const div = (inner: string) => JSON.parse(inner) as { text: { div: string } }
    const read = async (source: string, root = NS) =>
      div(await json(`<Patient ${root}><text><status value="generated"/>${source}</text></Patient>`)).text.div
    const same = `<div ${XHTML} >\r\n <p  a='1'>x&#160;&amp;<br/></p ><!-- c --></div>`
    assert.equal(await read(same), same)
    assert.equal(
      await read(
        '<h:div><h:p title="&quot;&#10;">a<![CDATA[<b>]]></h:p></h:div>',
        `${NS} xmlns:h="http://www.w3.org/1999/xhtml"`,
      ),
      `<div ${XHTML}><p title="&quot;&#10;">a&lt;b&gt;</p></div>`,
    )
  })

  it('reads resources in resources, and an element named resourceType', async () => {
    assert.equal(
      await json(`<Bundle ${NS}><entry><resource><Basic><id value="b"/></Basic></resource></entry></Bundle>`),
      '{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Basic","id":"b"}}]}',
    )
    assert.equal(
      await json(`<ExampleScenario ${NS}><instance><resourceType value="Patient"/></instance></ExampleScenario>`),
      '{"resourceType":"ExampleScenario","instance":[{"resourceType":"Patient"}]}',
    )
  })

  const REFUSED: readonly (readonly [what: string, text: string, code: string, sentence: RegExp])[] = [
    ['nothing', '', 'xml-malformed', /root element/],
    ['text', 'hello', 'xml-malformed', /./],
    ['JSON', '{"resourceType":"Patient"}', 'xml-malformed', /./],
    ['an end that is missing', `<Patient ${NS}><active value="true"/>`, 'xml-malformed', /unclosed tag/i],
    ['two roots', `${`<Patient ${NS}/>`.repeat(2)}`, 'xml-malformed', /one root/],
    ['an attribute twice', patient('<active value="true" value="false"/>'), 'xml-malformed', /duplicate attribute/i],
    ['a half surrogate pair', patient('<id value="&#xD800;"/>'), 'xml-malformed', /character/i],
    ['a control character', patient('<id value="&#1;"/>'), 'xml-malformed', /character/i],
    ['an HTML entity', patient('<id value="&nbsp;"/>'), 'xml-malformed', /entity/i],
    [
      'a document type',
      `<!DOCTYPE Patient SYSTEM "file:///etc/passwd"><Patient ${NS}/>`,
      'xml-malformed',
      /document type/,
    ],
    [
      'entities',
      `<!DOCTYPE P [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><Patient ${NS}><id value="&b;"/></Patient>`,
      'xml-malformed',
      /document type/,
    ],
    ['XML 1.1', `<?xml version="1.1"?><Patient ${NS}/>`, 'xml-malformed', /1\.1/],
    ['another encoding', `<?xml version="1.0" encoding="UTF-16"?><Patient ${NS}/>`, 'xml-malformed', /UTF-16/],
    ['no namespace', '<Patient/>', 'xml-structure', /no namespace/],
    ['another namespace', '<Patient xmlns="urn:hl7-org:v3"/>', 'xml-structure', /urn:hl7-org:v3/],
    ['another namespace inside', patient('<active xmlns="" value="true"/>'), 'xml-structure', /no namespace/],
    ['a narrative in the FHIR namespace', patient('<text><div>x</div></text>'), 'xml-structure', /1999\/xhtml/],
    ['FHIR inside a narrative', patient(`<text><div ${XHTML}><p ${NS}/></div></text>`), 'xml-structure', /xhtml/],
    ['text between elements', patient('<active value="true"/>yes'), 'xml-structure', /`yes`/],
    ['a value as text', patient('<active>true</active>'), 'xml-structure', /attribute `value`/],
    [
      'an unknown attribute',
      patient('<active value="true" unit="x"/>'),
      'xml-structure',
      /`active` has no attribute `unit`/,
    ],
    ['a value on an object', patient('<name value="x"/>'), 'xml-structure', /`name` has no attribute `value`/],
    ['an id on a resource', `<Patient ${NS} id="a"/>`, 'xml-structure', /`Patient` has no attribute `id`/],
    ['xml:lang', patient('<name xml:lang="en"/>'), 'xml-structure', /xml:lang/],
    [
      'elements in another order',
      patient('<birthDate value="2000"/><active value="true"/>'),
      'xml-structure',
      /`active`.*order/,
    ],
    [
      'repetitions apart',
      patient('<name><given value="a"/><family value="b"/></name>'),
      'xml-structure',
      /`family`.*order/,
    ],
    ['one element twice', patient('<active value="true"/><active value="true"/>'), 'xml-structure', /twice/],
    ['a name of JSON', patient('<_birthDate id="a"/>'), 'xml-structure', /_birthDate/],
    ['a resourceType', patient('<resourceType value="Patient"/>'), 'xml-structure', /resourceType/],
    ['two contained in one', patient('<contained><Basic/><Basic/></contained>'), 'xml-structure', /second/],
    ['an empty contained', patient('<contained/>'), 'xml-structure', /holds no resource/],
    ['a processing instruction inside', patient('<?php x?>'), 'xml-structure', /processing instruction/],
    ['a url as an element', patient('<extension><url value="x"/></extension>'), 'xml-structure', /attribute/],
  ]
  for (const [what, text, code, sentence] of REFUSED) {
    it(`refuses ${what}`, async () => {
      const issue = await refusal(text)
      assert.equal(issue.detail, code, issue.text)
      assert.match(issue.text, sentence)
    })
  }

  it('names the line and the column of the tag', async () => {
    const issue = await refusal(`<Patient ${NS}>\n  <active value="true"/>\r\n  <name foo="1"/>\n</Patient>`)
    assert.deepEqual(issue.position, { line: 3, column: 3 })
    assert.match(issue.text, /at line 3, column 3\. `name` has no attribute `foo`\./)
  })

  it('limits nesting, attributes, and neither hangs nor overflows on anything large', async () => {
    const nested = (depth: number) => patient(`${'<extension url="u">'.repeat(depth)}${'</extension>'.repeat(depth)}`)
    assert.equal((await refusal(nested(33))).detail, 'xml-too-deep')
    await xml.read(nested(31))
    assert.equal((await refusal(patient('<extension url="u">'.repeat(300_000)))).detail, 'xml-too-deep')
    const div = `<text><div ${XHTML}>${'<b>'.repeat(300_000)}`
    assert.equal((await refusal(patient(div))).detail, 'xml-too-deep')
    const attributes = Array.from({ length: 100_000 }, (_, index) => `a${index}="1"`).join(' ')
    assert.equal((await refusal(patient(`<name ${attributes}/>`))).detail, 'xml-structure')
    assert.equal((await refusal(`<!DOCTYPE a [${'<!ENTITY x "y">'.repeat(50_000)}]><a/>`)).detail, 'xml-malformed')
    const long = 'x'.repeat(2_000_000)
    assert.equal(JSON.parse(await json(patient(`<id value="${long}"/>`))).id, long)
  })

  it('reads across the pieces in which it takes a large text', async () => {
    const names = Array.from({ length: 9000 }, (_, index) => `<given value="é😀${index}&amp;"/>\r\n`).join('')
    const div = `<div ${XHTML}>${'<p>😀</p>\r\n'.repeat(9000)}</div>`
    const read = JSON.parse(await json(patient(`<text>${div}</text><name>${names}</name>`)))
    assert.equal(read.name[0].given.length, 9000)
    assert.equal(read.name[0].given[8999], 'é😀8999&')
    assert.equal(read.text.div, div)
  })
})
