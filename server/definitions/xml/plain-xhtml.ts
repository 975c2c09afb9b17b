/**
 * XHTML that means the same where it stands alone: `<h:div>` of a document that binds `h` becomes `<div xmlns="...">`,
 * and a CDATA section becomes text. https://hl7.org/fhir/R4/narrative.html#xhtml
 */
import { SaxesParser } from 'saxes'
import { escapeAttribute, escapeText } from './escape.ts'

export const XHTML = 'http://www.w3.org/1999/xhtml'

/**
 * @param source one element, well-formed
 * @param resolve the namespace of a prefix that the document around it binds
 */
export function plainXhtml(source: string, resolve: (prefix: string) => string | undefined): string {
  const parser = new SaxesParser({ xmlns: true, resolvePrefix: resolve })
  const out: string[] = []
  parser.on('opentag', ({ local, attributes }) => {
    const written = Object.values(attributes)
      .filter(({ uri, prefix }) => prefix !== 'xmlns' && uri !== 'http://www.w3.org/2000/xmlns/')
      .map(({ prefix, local: name, value }) => ` ${prefix === 'xml' ? 'xml:' : ''}${name}="${escapeAttribute(value)}"`)
    out.push(`<${local}${out.length === 0 ? ` xmlns="${XHTML}"` : ''}${written.join('')}>`)
  })
  parser.on('text', (text) => out.push(escapeText(text)))
  parser.on('cdata', (text) => out.push(escapeText(text)))
  parser.on('comment', (text) => out.push(`<!--${text}-->`))
  parser.on('closetag', ({ local }) => out.push(`</${local}>`))
  parser.write(source).close()
  return out.join('')
}

/**
 * Is a text one XHTML `div` that can stand in an XML document as it is? In linear time, so without the parser's own resolution of
 * namespaces, which walks up the open elements: a stored narrative may nest as deep as it likes.
 */
export function isXhtml(text: string): boolean {
  if (!text.startsWith('<div') || !text.endsWith('>')) return false
  let isRoot = true
  const parser = new SaxesParser({ xmlns: false, defaultXMLVersion: '1.0', forceXMLVersion: true })
  const refuse = (): void => {
    throw new Error('This is no XHTML that stands alone.')
  }
  parser.on('opentag', ({ name, attributes }) => {
    const { xmlns } = attributes
    if (isRoot ? name !== 'div' || xmlns !== XHTML : xmlns !== undefined && xmlns !== XHTML) refuse()
    if (name.includes(':') || Object.keys(attributes).some((one) => /^(?!xml:(?:lang|space)$).*:/.test(one))) refuse()
    isRoot = false
  })
  for (const event of ['doctype', 'xmldecl', 'error'] as const) parser.on(event, refuse)
  try {
    parser.write(text).close()
    return true
  } catch {
    return false
  }
}
