/** Prints the demo: one line for each request, one for who was notified; colours only on a terminal. */
import type { AgencyReport } from './agency-processes.ts'
import type { Exchange } from './messages.ts'

export type Printer = {
  line(text?: string): void
  title(text: string): void
  report(one: AgencyReport): void
  /** One request and its answer. */
  request(agency: string, one: PrintedRequest): void
  notified(text: string): void
  good(text: string): void
  bad(text: string): void
}

export type PrintedRequest = Pick<Exchange, 'method' | 'path' | 'ifMatch' | 'status' | 'expected' | 'note' | 'issues'>

const WIDTH = 118

/** Writes lines through `write`; `colour` adds ANSI colours (ECMA-48 8.3.117). */
export function createPrinter(write: (line: string) => void, colour: boolean): Printer {
  const paint = (code: number) => (text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text)
  const [bold, dim, red, green, cyan] = [paint(1), paint(2), paint(31), paint(32), paint(36)] as const
  const line = (text = '') => write(text)
  const request = (agency: string, one: PrintedRequest) => {
    const status =
      one.status === one.expected ? (one.status < 400 ? green : cyan)(`${one.status}`) : red(`${one.status}`)
    const sent = `${one.method.padEnd(4)} ${short(one.path)}${one.ifMatch ? ` (If-Match ${one.ifMatch})` : ''}`
    line(`  ${bold(agency.padEnd(7))} ${sent.padEnd(54)} ${status}  ${one.note}`.trimEnd())
    for (const issue of [...new Set(one.issues)].slice(0, 3)) line(`            ${dim(cut(issue, WIDTH - 12))}`)
  }
  return {
    line,
    title: (text) => line(`\n${bold(text)}`),
    report(one) {
      if (one.kind === 'exchange') request(one.agency, one)
      if (one.kind === 'line') line(`  ${bold(one.agency.padEnd(7))} ${one.text}`)
      if (one.kind === 'trouble') line(`  ${red(one.text)}`)
    },
    request,
    notified: (text) => line(`  ${dim('notified:')} ${dim(text)}`),
    good: (text) => line(green(text)),
    bad: (text) => line(red(text)),
  }
}

/** Ids are 26 characters long; the last four distinguish them. */
const short = (path: string): string =>
  cut((path === '' ? '/ (transaction)' : path).replace(/[0-9a-z]{22}([0-9a-z]{4})/g, '..$1'), 54)

const cut = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text)
