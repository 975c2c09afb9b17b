/**
 * Puts what the hub publishes into its store, so that definitions are read, searched and referred to like any record:
 * at the first start, and again when a definition has changed. An empty store also gets the sample agencies.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseJson, serialize } from '../fhir/json.ts'
import { DefinitionFault } from '../definitions/fault.ts'
import { keyText, type Caller, type Resource } from '../fhir/types.ts'
import { EVERYONE, type Audience } from '../search/query.ts'
import type { Write } from '../store/store.ts'
import { referenceEntries } from '../write/index-entries.ts'
import { BOARD } from '../write/reserved-agencies.ts'
import { write } from '../write/pipeline.ts'
import type { WriteNeeds } from '../write/needs.ts'

const BOARD_CALLER: Caller = { agency: BOARD, role: 'board' }

/** Internal record: the digest of the definitions that the store holds, and their keys. */
const PUBLISHED = { type: 'Published', id: 'definitions' } as const

type Publishable = Resource & { readonly id: string }
type Published = { readonly digest?: string; readonly keys?: readonly string[] }

/**
 * `needs.definitions`: what the hub was started with. What it published before and has no more is deleted.
 * Throws DefinitionFault for two definitions that would be one record.
 */
export async function publishDefinitions(needs: WriteNeeds): Promise<void> {
  const resources = needs.definitions.all.filter(
    (one): one is typeof one & Publishable =>
      typeof one.id === 'string' && needs.definitions.capability(one.resourceType) !== undefined,
  )
  refuseDoubles(resources)
  const digest = createHash('sha256').update(serialize(resources)).digest('hex')
  const stored = await needs.store.read(PUBLISHED, 'unrestricted')
  const known = stored ? (JSON.parse(stored.text) as Published) : {}
  if (known.digest === digest) return
  const keys = resources.map((one) => keyText({ type: one.resourceType, id: one.id }))
  const gone = (known.keys ?? []).filter((key) => !keys.includes(key))
  await needs.store.commit({
    writes: [
      ...resources.map((resource) =>
        written(resource, [...needs.index.extract(resource), ...referenceEntries(resource)]),
      ),
      ...gone.map(withdrawn),
      written({ resourceType: PUBLISHED.type, id: PUBLISHED.id, digest, keys }, [], []),
    ],
  })
}

function refuseDoubles(resources: readonly (Publishable & { readonly url: string })[]): void {
  const seen = new Map<string, string>()
  for (const { resourceType, id, url } of resources) {
    const key = keyText({ type: resourceType, id })
    const other = seen.get(key)
    if (other !== undefined)
      throw new DefinitionFault(url, `its record would be \`${key}\`, as that of ${other}. Give it an id of its own.`)
    if (!/^[A-Za-z0-9\-.]{1,64}$/.test(id))
      throw new DefinitionFault(url, `its id \`${id}\` is not a FHIR id: 1 to 64 letters, digits, \`-\` and \`.\`.`)
    seen.set(key, url)
  }
}

function withdrawn(key: string): Write {
  const [type = '', id = ''] = key.split('/')
  return { kind: 'remove', key: { type, id }, entries: [], audience: [{ agency: EVERYONE }], author: BOARD }
}

function written(
  resource: Publishable,
  entries: ReturnType<WriteNeeds['index']['extract']>,
  audience: readonly Audience[] = [{ agency: EVERYONE }],
): Write {
  const meta = { ...resource.meta, source: `Organization/${BOARD}` }
  return { kind: 'put', method: 'PUT', resource: { ...resource, meta }, entries, audience, author: BOARD }
}

/** Invented agencies, centers and programs, through the same write path as everybody's. */
export async function seedSamples(needs: WriteNeeds, folder: string, now: number): Promise<void> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()
  const resources = await Promise.all(
    files.map(async (name) => parseJson(await readFile(join(folder, name), 'utf8')).value as Publishable),
  )
  await write(
    needs,
    { caller: BOARD_CALLER, now },
    resources.map((resource) => ({ kind: 'put', create: false, resource, at: resource.resourceType })),
  )
}
