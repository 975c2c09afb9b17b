/** The sample agencies, centers and programs of a store that holds no agency yet. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseJson } from '../fhir/json.ts'
import type { Caller, Resource } from '../fhir/types.ts'
import { ALL } from '../search/query.ts'
import { retryOnConflict } from '../write/conflict.ts'
import type { WriteNeeds } from '../write/needs.ts'
import { write } from '../write/pipeline.ts'
import { BOARD } from '../write/reserved-agencies.ts'

const BOARD_CALLER: Caller = { agency: BOARD, role: 'board' }

/**
 * Writes the resources of a folder as the board does, through the same write path as everybody's. When another process
 * does so at the same time, one of the two finds them there.
 */
export async function seedSamples(needs: WriteNeeds, folder: string, now: number): Promise<void> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()
  const resources = await Promise.all(
    files.map(
      async (name) => parseJson(await readFile(join(folder, name), 'utf8')).value as Resource & { readonly id: string },
    ),
  )
  await retryOnConflict(async () => {
    if (await hasAgencies(needs)) return
    await write(
      needs,
      { caller: BOARD_CALLER, now },
      resources.map((resource) => ({ kind: 'put', create: false, resource, at: resource.resourceType })),
    )
  })
}

async function hasAgencies({ store }: WriteNeeds): Promise<boolean> {
  const { versions } = await store.find({ type: 'Organization', where: ALL, viewer: 'unrestricted', limit: 1 })
  return versions.length > 0
}
