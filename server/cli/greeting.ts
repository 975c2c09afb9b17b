/** What `npm start` prints once the hub listens: at most 15 lines, each worth reading. */
import type { StoreAddress } from '../config.ts'

export type Greeting = {
  /** The FHIR base address. */
  readonly url: string
  readonly agencies: readonly { readonly id: string; readonly name: string }[]
  readonly store: StoreAddress
}

/** Out: the text to print, without a line end. */
export function greeting({ url, agencies, store }: Greeting): string {
  const kept = store.kind === 'memory' ? 'in memory (gone at the end)' : `in ${store.path}`
  const who = agencies.find((agency) => agency.id !== 'board')?.id
  return [
    `No Wrong Door listens at ${url} and keeps its records ${kept}.`,
    ...speakers(agencies),
    '',
    'Worth trying:',
    `  curl ${url}/metadata`,
    ...(who
      ? [
          `  curl -H 'X-Agency: ${who}' ${url}/HealthcareService`,
          `  curl -H 'X-Agency: ${who}' '${url}/Patient?family=Presley&_include=*'`,
        ]
      : [`  curl ${url}/Organization`, `  curl '${url}/Patient?_count=10'`]),
    '',
    'Ctrl-C stops it. docs/index.md says what else there is.',
  ].join('\n')
}

/** The agencies in one or two lines; without X-Agency the caller is the board. */
function speakers(agencies: Greeting['agencies']): string[] {
  if (agencies.length === 0) return ['It holds no agency yet; the board (no X-Agency header) may create some.']
  const names = agencies.map(({ id, name }) => `${id} (${name})`)
  const half = Math.ceil(names.length / 2)
  const lines = names.length > 4 ? [names.slice(0, half), names.slice(half)] : [names]
  return [
    'Agencies, spoken for with the header `X-Agency: <id>` (without it, the board speaks):',
    ...lines.map((line) => `  ${line.join(', ')}`),
  ]
}
