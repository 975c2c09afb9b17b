/**
 * Writes the requests of the story as .http files (the format of the HTTP clients of IntelliJ and httpYac), one file
 * for each step and for each agency that reacted to an event. What the hub assigned, such as ids, becomes a variable.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Agency, AgencyReport } from './agency-processes.ts'
import type { DemoResource } from './fhir.ts'
import type { Exchange } from './messages.ts'
import { createVariables } from './variables.ts'

type AgencyExchange = Exchange & { readonly agency: Agency }
type Group = { readonly name: string; readonly isReaction: boolean; readonly exchanges: AgencyExchange[] }

export type Recorder = {
  readonly record: (scene: number, one: AgencyReport) => void
  /** Writes what was recorded, and deletes the files of an earlier recording. */
  readonly save: (folder: string) => Promise<void>
}

export function createRecorder(): Recorder {
  const scenes: Group[][] = []
  return {
    record(scene, one) {
      if (one.kind !== 'exchange' || one.routine) return
      const groups = (scenes[scene] ??= [])
      const name = `${one.agency}-${one.cause}`
      const existing = groups.find((group) => group.name === name)
      if (existing) return void existing.exchanges.push(one)
      groups.push({ name, isReaction: one.cause.startsWith('on-'), exchanges: [one] })
    },
    async save(folder) {
      mkdirSync(folder, { recursive: true })
      for (const file of readdirSync(folder).filter((file) => /\.(http|json)$/.test(file))) rmSync(join(folder, file))
      const groups = scenes.flatMap((all) => [
        ...all.filter(({ isReaction }) => !isReaction),
        ...all.filter(({ isReaction }) => isReaction),
      ])
      for (const [file, text] of await filesOf(groups)) writeFileSync(join(folder, file), text)
    },
  }
}

async function filesOf(groups: readonly Group[]): Promise<readonly (readonly [string, string])[]> {
  // Only a recording needs the formatter; running the demo does not.
  const { format } = await import('prettier')
  const variables = createVariables(groups.flatMap(({ exchanges }) => exchanges))
  const files: (readonly [string, string])[] = []
  for (const [index, group] of groups.entries()) {
    const name = `${String(index + 1).padStart(2, '0')}-${group.name}`
    const bundles = group.exchanges.filter(isTransaction)
    const bodies = new Map<AgencyExchange, string>()
    for (const one of group.exchanges) {
      if (!one.request) continue
      const text = await format(variables.replace(JSON.stringify(withoutServerMeta(one.request))), PRETTY)
      const number = bundles.length > 1 && isTransaction(one) ? `-${bundles.indexOf(one) + 1}` : ''
      if (isTransaction(one)) files.push([`${name}${number}.json`, text])
      bodies.set(one, isTransaction(one) ? `<@ ./${name}${number}.json` : text.trimEnd())
    }
    const requests = group.exchanges.map((one) => requestText(one, bodies.get(one), variables))
    files.push([`${name}.http`, ['@hub = http://127.0.0.1:8080/fhir', ...requests].join('\n\n') + '\n'])
  }
  return files
}

const PRETTY = { parser: 'json', printWidth: 120 } as const

const isTransaction = (one: AgencyExchange): boolean => one.path === ''

type Variables = ReturnType<typeof createVariables>

function requestText(one: AgencyExchange, body: string | undefined, variables: Variables): string {
  const lines = [
    `### ${one.note}`,
    `# expect ${one.expected}`,
    `${one.method} {{hub}}${one.path === '' ? '' : `/${variables.replace(one.path)}`}`,
    `X-Agency: ${one.agency}`,
    'Prefer: return=representation',
    ...(body ? ['Content-Type: application/fhir+json'] : []),
    ...(one.ifMatch ? [`If-Match: W/"${one.ifMatch}"`] : []),
    ...(body ? ['', body] : []),
  ]
  const set = variables.setBy(one).map(({ name, path }) => `client.global.set("${name}", response.body${path})`)
  return [...lines, ...(set.length > 0 ? ['', '> {%', ...set, '%}'] : [])].join('\n')
}

/** The hub writes these itself; the version goes into If-Match. */
function withoutServerMeta(value: DemoResource): DemoResource {
  return JSON.parse(JSON.stringify(value), (key, one: unknown) => {
    if (key !== 'meta' || typeof one !== 'object') return one
    const { versionId: _v, lastUpdated: _l, source: _s, ...meta } = one as Readonly<Record<string, unknown>>
    return Object.keys(meta).length > 0 ? meta : undefined
  }) as DemoResource
}
