/** Markdown of the generated pages. */

const NOTE = '<!-- Written by scripts/docs.ts from the definitions; do not edit. -->'

export const page = (title: string, ...parts: readonly string[]): string =>
  `${[`# ${title}`, NOTE, ...parts].join('\n\n')}\n`

/** Escapes cells for a table: one line, no bars. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

const cell = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('|', '\\|').replaceAll('<', '&lt;').trim()

export const code = (text: string): string => (text === '' ? '' : `\`${text}\``)

/** The last part of a canonical. */
export const tail = (canonical: string): string => canonical.split('|')[0]?.split('/').at(-1) ?? canonical

export const string = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''
