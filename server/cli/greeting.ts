/** What `npm start` prints once the hub listens: at most 15 lines, each worth reading. */
import type { StoreAddress } from '../store/address.ts'

export type Greeting = {
  /** The FHIR base address. */
  readonly url: string
  readonly agencies: readonly { readonly id: string; readonly name: string }[]
  readonly store: StoreAddress
}

const WIDTH = 116
const MOST_LINES = 4

/** Out: the text to print, without a line end. */
export function greeting({ url, agencies, store }: Greeting): string {
  const kept = placeOf(store)
  const others = agencies.filter(({ id }) => id !== 'board')
  const as = others[0] ? `-H 'X-Agency: ${(others.find(({ id }) => id === 'es') ?? others[0]).id}' ` : ''
  return [
    `No Wrong Door listens at ${url} and keeps its records ${kept}.`,
    ...speakers(others, url),
    '',
    'Worth trying:',
    `  curl ${url}/metadata`,
    `  curl ${as}'${url}/HealthcareService?_count=5'`,
    `  curl -i ${as}-H 'Content-Type: application/fhir+json' -d '{"resourceType":"Patient"}' ${url}/Patient`,
    '',
    'Ctrl-C stops it. Continue with README.md.',
  ].join('\n')
}

/** Without the user and password that the URL of a MongoDB may have. */
function placeOf(store: StoreAddress): string {
  if (store.kind === 'memory') return 'in memory (lost when it stops)'
  if (store.kind === 'sqlite') return `in ${store.path}`
  return `in MongoDB at ${store.url.replace(/^mongodb(\+srv)?:\/\/([^/]*@)?/, '').replace(/\?.*/, '')}`
}

/** The agencies in a few lines; without X-Agency the caller is the board. */
function speakers(agencies: Greeting['agencies'], url: string): string[] {
  if (agencies.length === 0) return ['It holds no agency yet; the board (no X-Agency header) may create some.']
  const lines = wrapped(agencies.map(({ id, name }) => `${id} (${name})`))
  const shown =
    lines.length > MOST_LINES ? [...lines.slice(0, MOST_LINES - 1), `  and more: ${url}/Organization`] : lines
  return ['Sample agencies; speak as one with the header `X-Agency: <id>`, as the board without it:', ...shown]
}

/** Words joined by commas into lines that a terminal takes. */
function wrapped(words: readonly string[]): string[] {
  const lines: string[] = []
  for (const word of words) {
    const longer = `${lines.at(-1)}, ${word}`
    if (lines.length > 0 && longer.length <= WIDTH) lines[lines.length - 1] = longer
    else lines.push(`  ${word}`)
  }
  return lines
}
