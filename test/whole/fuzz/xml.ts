/** The same requests in XML, and what only XML lets go wrong. https://hl7.org/fhir/R4/xml.html */
import type { XmlFormat } from '../../../server/definitions/xml/format.ts'
import type { Random } from '../../../scripts/random.ts'
import type { Request } from './requests.ts'

/** Some of the requests, with their bodies in XML, and answers asked for in it. */
export async function inXml(material: readonly Request[], xml: XmlFormat): Promise<readonly Request[]> {
  const inJson = material.filter(({ body, headers }) => body?.startsWith('{') && isFhir(headers['Content-Type']))
  const withBody = inJson.filter((_, index) => index % 4 === 0)
  const made: Request[] = []
  for (const request of withBody) {
    const headers = { ...request.headers, 'Content-Type': XML, Accept: XML }
    made.push({ ...request, headers, body: await xml.write(request.body!) })
  }
  return made
}

const XML = 'application/fhir+xml'
const isFhir = (type: string | undefined): boolean => type === 'application/fhir+json'

export const isXml = ({ headers, body }: Request): boolean =>
  headers['Content-Type'] === XML && (body ?? '').startsWith('<')

const PIECES = [
  '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;">]>',
  '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x">',
  '<?xml version="1.1"?>',
  '<?xml version="1.0" encoding="UTF-16"?>',
  '<?php echo 1 ?>',
  '<!-- comment -->',
  '<![CDATA[<b>&]]>',
  ']]>',
  '&c;',
  '&nbsp;',
  '&#0;',
  '&#xD800;',
  '&#xDFFF;',
  '&#x10FFFF;',
  '&#x110000;',
  '\u0000',
  '\ufeff',
  '\uffff',
  '<',
  '>',
  '/>',
  '"',
  '&',
  'text',
  ' xmlns="urn:hl7-org:v3"',
  ' xmlns=""',
  ' xmlns:f="http://hl7.org/fhir"',
  ' f:x="1"',
  ' id="x"',
  ' value="x"',
  `<extension url="u">`.repeat(40),
  `<extension url="u">`.repeat(5000),
  `<div xmlns="http://www.w3.org/1999/xhtml">${'<b>'.repeat(300)}`,
  '<contained><Patient/></contained>',
  '<contained/>',
  '<__proto__ value="x"/>',
  '<constructor><prototype value="x"/></constructor>',
  '<_id value="x"/>',
  '<resourceType value="Patient"/>',
  `<x ${Array.from({ length: 3000 }, (_, index) => `a${index}="1"`).join(' ')}/>`,
  `<id value="${'x'.repeat(100_000)}"/>`,
]

/** One change of the text of XML. */
export function mutateXml(request: Request, random: Random): Request {
  const body = request.body ?? ''
  const [at, length] = [random.below(body.length + 1), random.below(60)]
  const tags = [...body.matchAll(/<[^>]*>/g)]
  const tag = tags.length > 0 ? random.pick(tags) : undefined
  const piece = random.pick(PIECES)
  const ways = [
    () => body.slice(0, at),
    () => body.slice(0, at) + body.slice(at + length),
    () => body.slice(0, at) + piece + body.slice(at),
    () => (tag ? body.slice(0, tag.index) + piece + body.slice(tag.index) : piece),
    () => (tag ? body.slice(0, tag.index) + tag[0] + body.slice(tag.index) : piece),
    () => (tag ? body.slice(0, tag.index) + body.slice(tag.index + tag[0].length) : piece),
    () => body.replace(/value="[^"]*"/g, (one) => (random.chance(0.05) ? random.pick(VALUES) : one)),
    () => body.replace(/xmlns="[^"]*"/, random.pick(['', 'xmlns="x"', 'xmlns="http://www.w3.org/1999/xhtml"'])),
    () => body.replace(/<(\/?)([A-Z]\w+)/g, '<$1f:$2').replace('xmlns=', 'xmlns:f='),
    () => body + body,
    () => piece + body,
    () => '',
  ]
  return { ...request, body: random.pick(ways)() }
}

const VALUES = [
  'value=""',
  "value='x'",
  'value="1.50"',
  'value="true"',
  'value="&#10;"',
  'value="😀"',
  'value',
  'id="x"',
]
