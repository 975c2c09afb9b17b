/**
 * What a Meta says of a resource: profiles, tags and security labels, added, taken away and united. Codings are the same
 * when system and code are. https://hl7.org/fhir/R4/resource.html#Meta
 */
import { items } from './element.ts'
import { carry } from './decimals.ts'
import type { Json, JsonObject } from './types.ts'

const CODINGS = ['security', 'tag'] as const

/** `base` with the profiles, tags and labels of `more` that it lacks; what it has stays as it is. */
export function metaWith(base: JsonObject, more: JsonObject): JsonObject {
  const added = CODINGS.map((name) => {
    const own = items(base[name])
    return [name, [...own, ...items(more[name]).filter((one) => !own.some((other) => isSame(one, other)))]] as const
  })
  return withLists(base, { profile: union(profilesOf(base), profilesOf(more)), ...Object.fromEntries(added) })
}

/** `base` without the profiles, tags and labels of `less`. */
export function metaWithout(base: JsonObject, less: JsonObject): JsonObject {
  const gone = profilesOf(less)
  const left = CODINGS.map(
    (name) =>
      [name, items(base[name]).filter((one) => !items(less[name]).some((other) => isSame(one, other)))] as const,
  )
  return withLists(base, {
    profile: profilesOf(base).filter((one) => !gone.includes(one)),
    ...Object.fromEntries(left),
  })
}

const isSame = (one: JsonObject, other: JsonObject): boolean => one.system === other.system && one.code === other.code

const profilesOf = ({ profile }: JsonObject): readonly Json[] => (Array.isArray(profile) ? (profile as Json[]) : [])
const union = (one: readonly Json[], other: readonly Json[]): readonly Json[] => [...new Set([...one, ...other])]

/** An empty list is none: FHIR allows no empty arrays. */
function withLists(base: JsonObject, lists: Readonly<Record<string, readonly Json[]>>): JsonObject {
  const others = Object.entries(base).filter(([name]) => !(name in lists))
  const kept = Object.entries(lists).filter(([, values]) => values.length > 0)
  return carry(base, Object.fromEntries([...others, ...kept]) as JsonObject)
}
