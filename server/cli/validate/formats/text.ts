/** For people and editors: `file:line:column: severity code expression: sentence`. */
import type { Format } from './format.ts'

export const text = (): Format => ({
  begin: () => '',
  verdict: ({ file, issues }) =>
    issues
      .map(
        ({ severity, detail, expression, text: text, position: { line, column } }) =>
          `${file}:${line}:${column}: ${severity} ${detail} ${expression ?? '-'}: ${oneLine(text)}\n`,
      )
      .join(''),
  end: ({ valid, invalid }) => `${valid} valid, ${invalid} invalid\n`,
})

// A value that is quoted must not look like another line, nor steer the terminal.
const oneLine = (text: string): string =>
  text.replace(/[\p{Cc}\u2028\u2029]/gu, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`)
