/** The tokens of FHIRPath. https://hl7.org/fhirpath/N1/#lexical-elements */
import { Unsupported } from './tree.ts'

const TIME = String.raw`\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?`
const DATE = String.raw`\d{4}(?:-\d\d(?:-\d\d)?)?`

/** What a token may be, each form in a group of its own; the first is no token. */
const FORMS: readonly string[] = [
  String.raw`\/\*[\s\S]*?\*\/|\/\/[^\n]*`, // a comment
  String.raw`'(?:[^'\\]|\\.)*'`, // a string
  `@T${TIME}|@${DATE}(?:T(?:${TIME})?(?:Z|[+-]\\d\\d:\\d\\d)?)?`, // a date, a time
  String.raw`\d+(?:\.\d+)?`, // a number
  "%?[A-Za-z_$][\\w$]*|%?`(?:[^`\\\\]|\\\\.)+`|%'(?:[^'\\\\]|\\\\.)*'", // a name, a variable
  String.raw`<=|>=|!=|!~|[()[\]{}.,|<>=&+*/~-]`, // a sign
]

const TOKEN = new RegExp(String.raw`\s*(?:${FORMS.map((form) => `(${form})`).join('|')})`, 'y')

type Token = { readonly text: string; readonly at: number }

/** @throws Unsupported that names the text from where on nothing can be read. */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  const scan = new RegExp(TOKEN)
  const end = text.trimEnd().length
  while (scan.lastIndex < end) {
    const at = scan.lastIndex
    const [whole, comment] = scan.exec(text) ?? []
    if (whole === undefined) throw new Unsupported(`it cannot be read from \`${text.slice(at).trim()}\` on`)
    const token = whole.trim()
    if (comment === undefined) tokens.push({ text: token, at: scan.lastIndex - token.length })
  }
  return tokens
}
