/**
 * Puts what the hub publishes into its store, so that definitions are read, searched and referred to like any record:
 * at the first start, and again when a definition has changed. Several processes may start on one store, in different
 * versions of the software: the newest version's definitions stay (docs/decisions/0012).
 */
import { createHash } from 'node:crypto'
import { serialize } from '../fhir/json.ts'
import { DefinitionFault } from '../definitions/fault.ts'
import { FHIR_ID, keyFrom, keyText, type Resource } from '../fhir/types.ts'
import { EVERYONE, type IndexEntry } from '../search/query.ts'
import { currentResource } from '../records/resource.ts'
import { unrestricted } from '../records/view.ts'
import { CommitConflict } from '../store/errors.ts'
import type { Version, Write } from '../store/store.ts'
import { retryOnConflict, WriteConflict } from '../write/conflict.ts'
import { referenceEntries } from '../write/index-entries.ts'
import type { WriteNeeds } from '../write/needs.ts'
import { BOARD } from '../write/reserved-agencies.ts'
import { isNewer } from './software-version.ts'

/** Internal record: the digest of the definitions that the store holds, their keys, and the software that wrote them. */
const PUBLISHED = { type: 'Published', id: 'definitions' } as const

type Publishable = Resource & { readonly id: string }
type Published = { readonly digest?: string; readonly keys?: readonly string[]; readonly software?: string }

export type PublishNeeds = Pick<WriteNeeds, 'store' | 'definitions'> & {
  readonly index: Pick<WriteNeeds['index'], 'extract'>
}

/** `newer`: the store holds the definitions of a newer version of the software, which were left as they are. */
export type Publication = 'unchanged' | 'written' | 'newer'

/**
 * `needs.definitions`: what the hub was started with. What it published before and has no more is deleted.
 * `software`: the version of this hub (semver). Throws DefinitionFault for two definitions that would be one record.
 */
export async function publishDefinitions(needs: PublishNeeds, software: string): Promise<Publication> {
  const resources = needs.definitions.all.filter(
    (one): one is typeof one & Publishable =>
      typeof one.id === 'string' && needs.definitions.capability(one.resourceType) !== undefined,
  )
  refuseDoubles(resources)
  const digest = createHash('sha256').update(serialize(resources)).digest('hex')
  const keys = resources.map((one) => keyText({ type: one.resourceType, id: one.id }))
  return retryOnConflict(async () => {
    const stored = await unrestricted(needs.store).read(PUBLISHED)
    const held = (currentResource(stored) ?? {}) as Published
    if (isNewer(held.software, software)) return 'newer'
    if (held.digest === digest && held.software === software) return 'unchanged'
    const gone = (held.keys ?? []).filter((key) => !keys.includes(key))
    const definitions =
      held.digest === digest
        ? []
        : [...resources.map((resource) => written(resource, entriesOf(needs, resource))), ...gone.map(withdrawn)]
    await commit(needs, [...definitions, publishedRecord({ digest, keys, software }, stored)])
    return 'written'
  })
}

/** @throws WriteConflict when another process published meanwhile */
async function commit({ store }: PublishNeeds, writes: readonly Write[]): Promise<void> {
  try {
    await store.commit({ writes })
  } catch (error) {
    throw error instanceof CommitConflict ? new WriteConflict(error.message) : error
  }
}

const publishedRecord = (published: Required<Published>, stored: Version | undefined): Write => ({
  kind: 'put',
  method: 'PUT',
  resource: { resourceType: PUBLISHED.type, id: PUBLISHED.id, ...published },
  entries: [],
  audience: [],
  author: BOARD,
  expect: stored ? { version: [stored.version] } : 'absent',
})

function refuseDoubles(resources: readonly (Publishable & { readonly url: string })[]): void {
  const seen = new Map<string, string>()
  for (const { resourceType, id, url } of resources) {
    const key = keyText({ type: resourceType, id })
    const other = seen.get(key)
    if (other !== undefined)
      throw new DefinitionFault(url, `its record would be \`${key}\`, as that of ${other}. Give it an id of its own.`)
    if (!FHIR_ID.test(id))
      throw new DefinitionFault(url, `its id \`${id}\` is not a FHIR id: 1 to 64 letters, digits, \`-\` and \`.\`.`)
    seen.set(key, url)
  }
}

function withdrawn(key: string): Write {
  return { kind: 'remove', key: keyFrom(key), entries: [], audience: [{ agency: EVERYONE }], author: BOARD }
}

const entriesOf = ({ index }: PublishNeeds, resource: Publishable): readonly IndexEntry[] => [
  ...index.extract(resource),
  ...referenceEntries(resource),
]

function written(resource: Publishable, entries: readonly IndexEntry[]): Write {
  const meta = { ...resource.meta, source: `Organization/${BOARD}` }
  const audience = [{ agency: EVERYONE }]
  return { kind: 'put', method: 'PUT', resource: { ...resource, meta }, entries, audience, author: BOARD }
}
