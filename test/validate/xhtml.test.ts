/** Which narratives are allowed. https://hl7.org/fhir/R4/narrative.html#xhtml */
import assert from 'node:assert/strict'
import { parseXhtml } from '../../server/validate/xhtml.ts'

const div = (inside: string): string => `<div xmlns="http://www.w3.org/1999/xhtml">${inside}</div>`

const ALLOWED = [
  'Elvis',
  '<p>a <b>b</b><br/></p>',
  '<table><tr><td style="color: red">1 &lt; 2 &#160;</td></tr></table>',
  '<a href="#x">x</a><p id="x">y</p>',
  '<img src="data:image/png;base64,AAAA" alt="x"/>',
  '<!-- said aside -->x',
]

const REFUSED: readonly (readonly [inside: string, why: RegExp])[] = [
  ['<script>x</script>', /element `script`/],
  ['<form>x</form>', /element `form`/],
  ['<p onclick="x()">x</p>', /attribute `onclick`/],
  ['<p OnClick="x()">x</p>', /attribute `OnClick`/],
  ['<a href="javascript:x()">x</a>', /url in `href`/],
  ['<a href=" java&#10;script:x()">x</a>', /url in `href`/],
  ['<a href="&#106;avascript:x()">x</a>', /url in `href`/],
  ['<p xlink:href="x">x</p>', /attribute `xlink:href`/],
  ['<b><i>x</b></i>', /not XML/],
  ['<b>x', /not XML/],
  ['a & b', /not XML/],
  ['&nbsp;', /not XML/],
  ['<p class=x>x</p>', /not XML/],
  ['<p id="a" id="b">x</p>', /not XML/],
  ['<!-- a -- b -->x', /not XML/],
  ['<![CDATA[x]]>', /CDATA/],
  ['<?php x ?>x', /processing instruction/],
]

describe('validate / XHTML', () => {
  for (const inside of ALLOWED) it(`takes ${inside}`, () => assert.equal(parseXhtml(div(inside)).reason, undefined))
  for (const [inside, why] of REFUSED)
    it(`refuses ${inside}`, () => assert.match(parseXhtml(div(inside)).reason ?? 'nothing said', why))

  it('refuses a document type, which may define what a reader would then open', () => {
    const text = `<!DOCTYPE div [<!ENTITY x "y">]>${div('&x;')}`
    assert.match(parseXhtml(text).reason ?? 'nothing said', /document type|not XML/)
  })

  it('sees text or an image as content, and nothing else', () => {
    assert.equal(parseXhtml(div(' <p> </p><br/> ')).hasContent, false)
    assert.equal(parseXhtml(div('<p>x</p>')).hasContent, true)
    assert.equal(parseXhtml(div('<img src="x.png" alt="x"/>')).hasContent, true)
  })

  it('knows the links into the document and the places that they may lead to', () => {
    const { localLinks, anchors } = parseXhtml(
      div('<a href="#a">x</a><a name="b">x</a><p id="c">x</p><a href="x#d">x</a>'),
    )
    assert.deepEqual([[...localLinks], [...anchors]], [['a'], ['b', 'c']])
  })
})
