/**
 * Mutants: as many of each kind as of any other, each of a seed picked at random; one of three is changed twice. The same
 * number gives the same mutants.
 */
import type { Definitions } from '../../server/definitions/definitions.ts'
import { applyJsonPatch, parseJsonPatch } from '../../server/fhir/json-patch.ts'
import type { Json } from '../../server/fhir/types.ts'
import { createTerminology } from '../../server/terminology/terminology.ts'
import type { Edit, Ground, Mutator, Resource, Site } from './mutation.ts'
import { FAULTS, OF_GUIDES, VARIANTS, type Kinds } from './mutators/index.ts'
import { createRandom, type Random } from '../random.ts'
import type { Seed } from './seeds.ts'
import { sitesOf } from './sites.ts'

export type Mutant = {
  readonly seed: string
  /** One or two names of mutators. */
  readonly mutations: readonly string[]
  readonly patch: readonly Edit[]
  readonly resource: Resource
}

export type MutantOptions = {
  readonly number: number
  readonly count: number
  readonly definitions: Definitions
  /** Seeds of a guide: also faults against the profiles that they claim. */
  readonly isOfGuide?: boolean
}

const TWICE = 1 / 3
const TRIES = 400

/** Fewer than `count` only if a mutator finds nothing to change in the seeds. */
export function mutantsOf(
  seeds: readonly Seed[],
  { number, count, definitions, isOfGuide = false }: MutantOptions,
): readonly Mutant[] {
  const mutate = mutationsBy(definitions)
  const seen = new Set(seeds.map(({ resource }) => JSON.stringify(resource)))
  const mutants: Mutant[] = []
  for (let index = 0; index < count; index++) {
    const random = createRandom(number, index)
    const mutant = mutantOf(seeds, mutatorAt(index, isOfGuide ? [...faults, ...ofGuides] : faults), {
      random,
      seen,
      mutate,
    })
    if (mutant) mutants.push(mutant)
  }
  return mutants
}

const listOf = (kinds: Kinds): Choice['kinds'] => Object.values(kinds)
const faults = listOf(FAULTS)
const variants = listOf(VARIANTS)
const ofGuides = listOf(OF_GUIDES)

/** A mutator, and the kinds that a second one is taken from. */
type Choice = { readonly first: Mutator; readonly kinds: readonly (readonly Mutator[])[] }

// Kind by kind; and of a kind, one mutator after the other.
function mutatorAt(index: number, wrong: Choice['kinds']): Choice {
  const kinds = [...wrong, ...variants]
  const kind = kinds[index % kinds.length] as readonly Mutator[]
  const first = kind[Math.floor(index / kinds.length) % kind.length] as Mutator
  return { first, kinds: variants.includes(kind) ? variants : wrong }
}

/** The resource after a patch. Throws when the patch does not fit it. */
export const patched = (resource: Resource, patch: readonly Edit[]): Resource =>
  applyJsonPatch(structuredClone(resource) as Json, parseJsonPatch(patch as unknown as Json)) as Resource

type Mutate = (resource: Resource, mutator: Mutator, random: Random) => readonly Edit[] | undefined
type Tools = { readonly random: Random; readonly seen: Set<string>; readonly mutate: Mutate }

function mutantOf(
  seeds: readonly Seed[],
  { first, kinds }: Choice,
  { random, seen, mutate }: Tools,
): Mutant | undefined {
  for (let tries = 0; tries < TRIES; tries++) {
    const seed = random.pick(seeds)
    const patch = mutate(seed.resource, first, random)
    if (!patch) continue
    const once = patched(seed.resource, patch)
    const second = random.chance(TWICE) ? random.pick(random.pick(kinds)) : undefined
    const more = second && mutate(once, second, random)
    const resource = more ? patched(once, more) : once
    const text = JSON.stringify(resource)
    if (seen.has(text)) continue
    seen.add(text)
    const mutations = more && second ? [first.name, second.name] : [first.name]
    return { seed: seed.name, mutations, patch: [...patch, ...(more ?? [])], resource }
  }
  return undefined
}

function mutationsBy(definitions: Definitions): Mutate {
  const { structures } = definitions
  const terminology = createTerminology(definitions)
  const resourceTypes = [...definitions.resourceTypes].sort()
  const sitesByResource = new WeakMap<Resource, readonly Site[]>()
  return (resource, mutator, random) => {
    const sites = sitesByResource.get(resource) ?? sitesOf(resource, structures)
    sitesByResource.set(resource, sites)
    const ground: Ground = { resource, sites, random, structures, terminology, resourceTypes }
    for (const site of random.shuffle(sites)) {
      const edits = mutator.edit(site, ground)
      // As JSON writes them: without properties that have no value.
      if (edits && edits.length > 0) return JSON.parse(JSON.stringify(edits)) as readonly Edit[]
    }
    return undefined
  }
}
