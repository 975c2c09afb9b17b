/**
 * The XHTML of a narrative: text, links, images and tables, without scripts. It is parsed as XML, so that malformed XML is
 * reported as such. https://hl7.org/fhir/R4/narrative.html#xhtml
 */
import { SaxesParser, type SaxesTagPlain } from 'saxes'

export type Xhtml = {
  /** Why the XHTML is not allowed (txt-1); undefined when it is. */
  readonly reason?: string
  /** Has it text or an image (txt-2)? True for malformed XML, which txt-1 reports. */
  readonly hasContent: boolean
  /** Targets of its links and images in the same document: `x` of `href="#x"`. */
  readonly localLinks: ReadonlySet<string>
  /** Targets that it defines: values of `id` and `name`. */
  readonly anchors: ReadonlySet<string>
}

const ELEMENTS = new Set(
  (
    'a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img li map area ' +
    'ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var u s kbd del ins center font'
  ).split(' '),
)

/** Elements that are not allowed inside a paragraph. https://www.w3.org/TR/html401/struct/text.html#h-9.3.1 */
const BLOCKS = new Set(['p', 'div', 'blockquote', 'table', 'ul', 'ol'])

/** Several rules use the same narrative, and so does every link to it. */
export function cachedXhtml(text: string, cache: { narratives?: Map<string, Xhtml> }): Xhtml {
  const narratives = (cache.narratives ??= new Map<string, Xhtml>())
  const parsed = narratives.get(text) ?? parseXhtml(text)
  narratives.set(text, parsed)
  return parsed
}

/** `<div xmlns="...">` around plain text, as many systems generate it: needs no parser. */
const PLAIN = /^<div xmlns="http:\/\/www\.w3\.org\/1999\/xhtml">[\n ]*[!-%'-;=?-\\^-~][\n -%'-;=?-\\^-~]*<\/div>$/
const PLAIN_XHTML: Xhtml = { hasContent: true, localLinks: new Set(), anchors: new Set() }

export function parseXhtml(text: string): Xhtml {
  if (text.length < 2000 && PLAIN.test(text)) return PLAIN_XHTML
  let reason: string | undefined
  let hasContent = false
  const localLinks = new Set<string>()
  const anchors = new Set<string>()
  const parser = new SaxesParser<{ xmlns: false }>({ xmlns: false })
  parser.on('text', (run) => {
    hasContent ||= /\S/.test(run)
  })
  // Open paragraphs.
  let paragraphs = 0
  parser.on('closetag', ({ name }) => {
    if (name === 'p') paragraphs -= 1
  })
  parser.on('opentag', (tag) => {
    hasContent ||= tag.name === 'img'
    reason ??= refusedTag(tag)
    if (paragraphs > 0 && BLOCKS.has(tag.name))
      reason ??= `The element \`${tag.name}\` is not allowed inside a paragraph.`
    if (tag.name === 'p') paragraphs += 1
    const { id, name, href, src } = tag.attributes
    for (const anchor of [id, name]) if (anchor) anchors.add(anchor)
    for (const link of [href, src]) if (link?.startsWith('#') && link.length > 1) localLinks.add(link.slice(1))
  })
  for (const event of ['doctype', 'processinginstruction', 'cdata', 'xmldecl'] as const)
    parser.on(event, () => {
      reason ??= `It has a ${MARKUP[event]}.`
    })
  try {
    parser.write(text).close()
  } catch (error) {
    reason ??= `It is not XML: ${(error as Error).message.slice(0, 200).replace(/\.?$/, '.')}`
    hasContent = true
  }
  return { reason: reason, hasContent, localLinks, anchors: anchors }
}

const MARKUP = {
  doctype: 'document type',
  processinginstruction: 'processing instruction',
  cdata: 'CDATA section',
  xmldecl: 'XML declaration',
}

/** Elements that are not allowed, event handlers, and urls that run a script. */
function refusedTag({ name, attributes }: SaxesTagPlain): string | undefined {
  if (!ELEMENTS.has(name)) return `The element \`${name.slice(0, 50)}\` is not allowed.`
  for (const [key, value] of Object.entries(attributes)) {
    if (/^(on|xlink:)/i.test(key)) return `The attribute \`${key.slice(0, 50)}\` is not allowed.`
    // Without the characters that browsers ignore in a url.
    const address = value.slice(0, 200).replace(/[\s\u0000-\u0020]+/g, '')
    if (/^(javascript|vbscript|data:text)/i.test(address)) return `The url in \`${key}\` would run a script.`
  }
  return undefined
}
