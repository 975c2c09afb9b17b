import assert from 'node:assert/strict'
import { loadDefinitions } from '../../../server/definitions/load.ts'
import { createXmlFormat, type XmlFormat } from '../../../server/definitions/xml/format.ts'
import { ROOT } from '../../checks/files.ts'

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
const NS = 'xmlns="http://hl7.org/fhir"'

let xml: XmlFormat
const written = async (value: object): Promise<string> =>
  (await xml.write(JSON.stringify(value))).slice(HEAD.length).replace(` ${NS}`, '')

describe('writing FHIR in XML', () => {
  before(async () => {
    xml = createXmlFormat((await loadDefinitions(ROOT)).structures)
  })

  it('puts the elements in the order of the definition, ids and urls in attributes', async () => {
    const patient = {
      resourceType: 'Patient',
      name: [{ family: 'F', use: 'official', id: 'n' }],
      active: true,
      extension: [{ valueString: 'x', url: 'u' }],
      id: 'p',
    }
    assert.equal(
      await written(patient),
      '<Patient><id value="p"/><extension url="u"><valueString value="x"/></extension><active value="true"/>' +
        '<name id="n"><use value="official"/><family value="F"/></name></Patient>',
    )
  })

  it('lays it out for people when asked, the XHTML as it is', async () => {
    const div = '<div xmlns="http://www.w3.org/1999/xhtml"><p>a\n b</p></div>'
    const text = await xml.write(JSON.stringify({ resourceType: 'Basic', id: 'b', text: { status: 'empty', div } }), {
      pretty: true,
    })
    const lines = [
      HEAD,
      `<Basic ${NS}>`,
      '  <id value="b"/>',
      '  <text>',
      '    <status value="empty"/>',
      `    ${div}`,
      '  </text>',
      '</Basic>',
    ]
    assert.equal(text, lines.join('\n'))
  })

  it('writes what an old record may hold and R4 does not define, last and as far as XML can', async () => {
    const strange = {
      resourceType: 'Patient',
      hobby: [{ a: { b: [1, null, { resourceType: 'X' }] } }],
      'not a name': 1,
      '<': 2,
      _ghost: { id: 'g' },
      nothing: null,
      none: [],
      active: { text: 'an object where a value belongs' },
      name: 'a value where an object belongs',
      gender: [['x']],
      id: 'p\u0001\ud800\uffff',
    }
    const text = await written(strange)
    assert.match(text, /^<Patient><id value="p\ufffd\ufffd\ufffd"\/><active>/)
    assert.match(text, /<name value="a value where an object belongs"\/>/)
    assert.match(text, /<hobby><a><b value="1"\/><b\/><b>/)
    await xml.read(`${HEAD}${text.replace('<Patient>', `<Patient ${NS}>`)}`).catch((error: Error) => {
      assert.doesNotMatch(error.message, /not XML/)
    })
    assert.equal(await written({ resourceType: 'Gone', a: 1 }), '<Gone><a value="1"/></Gone>')
    assert.equal(await written({ resourceType: '<x/>' }), '<Resource/>')
  })

  it('writes a narrative that nests without end in linear time', async () => {
    const [open, shut] = ['<b>'.repeat(100_000), '</b>'.repeat(100_000)]
    const div = `<div xmlns="http://www.w3.org/1999/xhtml">${open}x${shut}</div>`
    assert.ok((await written({ resourceType: 'Basic', text: { div } })).includes(div))
  })

  it('never lets a narrative break out of the document', async () => {
    const div = (text: string) => written({ resourceType: 'Basic', text: { div: text } })
    for (const text of [
      '<div xmlns="http://www.w3.org/1999/xhtml">&nbsp;</div>',
      '<div xmlns="http://www.w3.org/1999/xhtml"></div></text><active/>',
      'just text & more',
      '<!DOCTYPE x><div xmlns="http://www.w3.org/1999/xhtml"/>',
      '<?xml version="1.0"?><div xmlns="http://www.w3.org/1999/xhtml"/>',
      '<div xmlns="http://www.w3.org/1999/xhtml"><p:b>x</p:b></div>',
      '<div xmlns="http://www.w3.org/1999/xhtml"><p xmlns="http://hl7.org/fhir">x</p></div>',
      '<div xmlns="http://www.w3.org/1999/xhtml" a:b="c">x</div>',
      '<script xmlns="http://www.w3.org/1999/xhtml">x</script>',
      '',
    ]) {
      assert.match(
        await div(text),
        /^<Basic><text><div xmlns="http:\/\/www.w3.org\/1999\/xhtml">[^<]*<\/div><\/text><\/Basic>$/,
      )
    }
    assert.equal(
      await div('<div><b>x</b></div>'),
      '<Basic><text><div xmlns="http://www.w3.org/1999/xhtml"><b>x</b></div></text></Basic>',
    )
  })
})
