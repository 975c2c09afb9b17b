/** What the tests read out of Markdown pages: tables, links, code blocks. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './files.ts'

export const textOf = (page: string): string => readFileSync(join(ROOT, page), 'utf8')

/** The rows of every table with this heading, in order; cells trimmed, `\|` read as `|`. */
export function tableRows(text: string, heading: readonly string[]): string[][] {
  const rows: string[][] = []
  let inside = false
  for (const line of text.split('\n')) {
    const cells = line.startsWith('|') ? cellsOf(line) : undefined
    if (!cells) inside = false
    else if (cells.join('|') === heading.join('|')) inside = true
    else if (inside && !cells.every((cell) => /^:?-+:?$/.test(cell))) rows.push(cells)
  }
  return rows
}

function cellsOf(line: string): string[] {
  const cells = line
    .trim()
    .replace(/^\||\|$/g, '')
    .split(/(?<!\\)\|/)
  return cells.map((cell) => cell.trim().replaceAll('\\|', '|'))
}

/** Where the page links to, code blocks aside. */
export function links(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```/gm, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '')
}

export function codeBlocks(text: string): string[] {
  return [...text.matchAll(/^```\w*\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? '')
}

/** The anchor of a heading. */
export function slug(heading: string): string {
  const words = heading
    .replace(/^#+ /, '')
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
  return words.trim().replaceAll(' ', '-')
}
