/** The XHTML of a narrative: only text, links, images and tables; nothing that runs. https://hl7.org/fhir/R4/narrative.html#xhtml */

const ELEMENTS = new Set(
  (
    'a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img li map area ' +
    'ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var u s kbd del ins center font'
  ).split(' '),
)

const TAG = /<(\/?)([A-Za-z][\w:.-]*)((?:[^<>"']|"[^"<]*"|'[^'<]*')*)>/g

/** Are all elements and attributes of a text allowed, and its tags closed in order? (rule txt-1) */
export function allowedXhtml(text: string): boolean {
  const open: string[] = []
  let end = 0
  const bare = text.replace(/<!--[\s\S]*?-->/g, '')
  if (FOREIGN_ENTITY.test(bare)) return false
  for (const tag of bare.matchAll(TAG)) {
    if (bare.slice(end, tag.index).includes('<')) return false
    end = tag.index + tag[0].length
    const [, close, name = '', attributes = ''] = tag
    if (!ELEMENTS.has(name) || unsafe(attributes)) return false
    if (close) {
      if (open.pop() !== name) return false
    } else if (!attributes.endsWith('/')) open.push(name)
  }
  return open.length === 0 && !bare.slice(end).includes('<')
}

/** "There is no support for HTML entities like &nbsp; or &copy;": XML's five and characters by number. */
const FOREIGN_ENTITY = /&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[0-9A-Fa-f]+);)/

/** Event handlers and addresses that run something. */
const unsafe = (attributes: string): boolean =>
  /(^|\s)on\w+\s*=/i.test(attributes) || /=\s*["']\s*(javascript|vbscript|data:text)/i.test(attributes)
