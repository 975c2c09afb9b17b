/** Writes and reads as tests say them: short, with the parts that do not matter filled in. */
import type { Key, Resource } from '../../server/fhir/types.ts'
import { ALL } from '../../server/search/query.ts'
import type { Audience, Filter, IndexEntry, Query } from '../../server/search/query.ts'
import type { Expect, Version, Write } from '../../server/store/store.ts'

export const EVERYTHING = 'unrestricted' as const
export const OPEN: readonly Audience[] = [{ agency: '*' }]

type Parts = {
  readonly body?: Omit<Resource, 'resourceType' | 'id'>
  readonly entries?: readonly IndexEntry[]
  readonly audience?: readonly Audience[]
  readonly author?: string
  readonly expect?: Expect
  readonly method?: 'POST' | 'PUT'
}

export const key = (text: string): Key => {
  const [type, id] = text.split('/')
  return { type: type!, id: id! }
}

/** put('Patient/1', { body: { active: true } }) */
export function put(
  text: string,
  { body = {}, entries = [], audience = OPEN, author = 'mdes', expect, method = 'PUT' }: Parts = {},
): Write {
  const { type, id } = key(text)
  const resource = { resourceType: type, id, ...body } as Resource & { id: string }
  return { kind: 'put', method, resource, entries, audience, author, ...(expect ? { expect } : {}) }
}

export function remove(text: string, { entries = [], audience = OPEN, author = 'mdes', expect }: Parts = {}): Write {
  return { kind: 'remove', key: key(text), entries, audience, author, ...(expect ? { expect } : {}) }
}

export const circle = (text: string, ...audience: Audience[]): Write => ({ kind: 'audience', key: key(text), audience })

export const query = (type: string, parts: Partial<Query> = {}): Query => ({
  type,
  where: ALL,
  viewer: EVERYTHING,
  limit: 1000,
  ...parts,
})

export const token = (param: string, code: string, system?: string): IndexEntry =>
  system === undefined ? { kind: 'token', param, code } : { kind: 'token', param, code, system }

export const isToken = (param: string, code: string): Filter => ({ op: 'token', param, code })

/** `Patient/1#2` */
export const named = (version: Version | undefined): string | undefined =>
  version && `${version.type}/${version.id}#${version.version}`
export const ids = (versions: readonly Version[]): string => versions.map(({ id }) => id).join(' ')
