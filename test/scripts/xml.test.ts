/** The reader of FHIR XML that the conformance run uses. https://hl7.org/fhir/R4/xml.html */
import assert from 'node:assert/strict'
import { readFhirXml } from '../../scripts/conformance/xml.ts'
import { createDefinitions } from '../../server/definitions/load.ts'

describe('FHIR XML', () => {
  const { structures } = createDefinitions([])
  const read = (inner: string): unknown =>
    readFhirXml(`<?xml version="1.0"?><Patient xmlns="http://hl7.org/fhir">${inner}</Patient>`, structures)

  it('becomes lists, choices, numbers and what stands beside a primitive', () => {
    const made = read(`
      <!-- said aside -->
      <extension url="https://state.example/x"><valueInteger value="3"/></extension>
      <active value="true"/>
      <name id="n"><given value="A &amp; B"/><given value="&#67;"/></name>
      <birthDate value="2000"><extension url="https://state.example/y"><valueCode value="z"/></extension></birthDate>
      <contact><name><text value="x"/></name></contact>`)
    assert.deepEqual(made, {
      resourceType: 'Patient',
      extension: [{ url: 'https://state.example/x', valueInteger: 3 }],
      active: true,
      name: [{ id: 'n', given: ['A & B', 'C'] }],
      birthDate: '2000',
      _birthDate: { extension: [{ url: 'https://state.example/y', valueCode: 'z' }] },
      contact: [{ name: { text: 'x' } }],
    })
  })

  it('keeps a narrative as it is written, and resources inside', () => {
    const div = '<div xmlns="http://www.w3.org/1999/xhtml"><p>x &amp; y</p></div>'
    const made = read(
      `<text><status value="generated"/>${div}</text><contained><Basic><id value="b"/></Basic></contained>`,
    )
    assert.deepEqual(made, {
      resourceType: 'Patient',
      text: { status: 'generated', div },
      contained: [{ resourceType: 'Basic', id: 'b' }],
    })
  })

  it('refuses a document type, tags that do not match and elements that are not defined', () => {
    assert.throws(() => readFhirXml('<!DOCTYPE x [<!ENTITY e "x">]><Patient/>', structures), /document type/)
    assert.throws(() => read('<name></nome>'), /closes/)
    assert.throws(() => read('<nome/>'), /not an element/)
  })
})
