/** Patterns of file names: `*`, `?`, `**`, `[a-z]`, `{a,b}`, as a shell reads them. */
import path from 'node:path'

const SIGNS = /[*?[{]/

export const isPattern = (text: string): boolean => SIGNS.test(text)

/** `root` is the folder before the first sign; `matches` takes a path below it. */
export function matcher(pattern: string): { readonly root: string; readonly matches: (file: string) => boolean } {
  const parts = pattern.split('/')
  const first = parts.findIndex(isPattern)
  const root = parts.slice(0, first).join('/') || (pattern.startsWith('/') ? '/' : '.')
  const expression = new RegExp(`^${expressionOf(parts.slice(first).join('/'))}$`, 'u')
  return { root, matches: (file) => expression.test(file.split(path.sep).join('/')) }
}

/** Each sign with what it stands for in a regular expression; the first that fits is taken. */
const MEANING: readonly (readonly [sign: RegExp, meaning: (sign: string) => string])[] = [
  [/^\*\*\//, () => '(?:[^/]+/)*'],
  [/^\*+/, (sign) => (sign.length > 1 ? '.*' : '[^/]*')],
  [/^\?/, () => '[^/]'],
  [/^\[!?[^\]/]+\]/, (sign) => sign.replace(/^\[!/, '[^').replaceAll('\\', '\\\\')],
  [/^\{[^{}]*\}/, (sign) => `(?:${sign.slice(1, -1).split(',').map(expressionOf).join('|')})`],
]

function expressionOf(pattern: string): string {
  let rest = pattern
  let expression = ''
  while (rest !== '') {
    const found = MEANING.flatMap(([sign, meaning]) => {
      const taken = sign.exec(rest)?.[0]
      return taken === undefined ? [] : [{ taken, meaning }]
    })[0]
    const taken = found?.taken ?? String.fromCodePoint(rest.codePointAt(0)!)
    expression += found ? found.meaning(taken) : taken.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&')
    rest = rest.slice(taken.length)
  }
  return expression
}
