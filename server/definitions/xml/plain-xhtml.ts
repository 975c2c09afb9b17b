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

/** Is a text one XHTML `div` that can stand in an XML document as it is? */
export function isXhtml(text: string): boolean {
  let root: string | undefined
  const parser = new SaxesParser({ xmlns: true, defaultXMLVersion: '1.0', forceXMLVersion: true })
  parser.on('opentag', ({ uri, local }) => {
    root ??= `${uri} ${local}`
  })
  for (const event of ['doctype', 'xmldecl', 'error'] as const)
    parser.on(event, () => {
      throw new Error(event)
    })
  try {
    parser.write(text).close()
  } catch {
    return false
  }
  return root === `${XHTML} div` && text.startsWith('<') && text.endsWith('>')
}
