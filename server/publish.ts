/**
 * Puts what the hub publishes into its store, so that definitions are read, searched and referred to like any record:
 * at the first start, and again when a definition has changed. An empty store also gets the sample agencies.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseJson, serialize } from './fhir/json.ts'
import type { Caller, Resource } from './fhir/types.ts'
import { EVERYONE, type Audience } from './search/query.ts'
import type { Write } from './store/store.ts'
import { BOARD } from './interactions/write/audiences.ts'
import { apply } from './interactions/write/apply.ts'
import type { WriteNeeds } from './interactions/write/needs.ts'

const BOARD_CALLER: Caller = { agency: BOARD, role: 'board' }

/** Internal record: the digest of the definitions that the store holds. */
const PUBLISHED = { type: 'Published', id: 'definitions' } as const

type Publishable = Resource & { readonly id: string }

export async function publishDefinitions(needs: WriteNeeds): Promise<void> {
  const resources = needs.definitions.all.filter(
    (one): one is typeof one & Publishable =>
      typeof one.id === 'string' && needs.definitions.offer(one.resourceType) !== undefined,
  )
  const digest = createHash('sha256').update(serialize(resources)).digest('hex')
  const known = await needs.store.read(PUBLISHED, 'everything')
  if (known && (JSON.parse(known.text) as { digest?: string }).digest === digest) return
  const writes = resources.map((resource) => written(resource, needs.extract(resource)))
  await needs.store.commit({
    writes: [...writes, written({ resourceType: PUBLISHED.type, id: PUBLISHED.id, digest }, [], [])],
  })
}

function written(
  resource: Publishable,
  entries: ReturnType<WriteNeeds['extract']>,
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
  await apply(
    needs,
    { caller: BOARD_CALLER, now },
    resources.map((resource) => ({ kind: 'put', create: false, resource, at: resource.resourceType })),
  )
}
