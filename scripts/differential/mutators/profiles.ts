/** What a profile requires in addition to R4: slices, fixed values, the claim itself. https://hl7.org/fhir/R4/profiling.html */
import { add, isObject, replace, type Mutator, type Site } from '../mutation.ts'

const isSliced = ({ profiled, isList }: Site): boolean => isList && (profiled?.slices.size ?? 0) > 0

const sliceGone: Mutator = {
  name: 'slice removed',
  edit(site, { random }) {
    if (!isSliced(site)) return undefined
    const items = site.value as unknown[]
    if (items.length < 2) return [{ op: 'remove', path: site.at }]
    return [{ op: 'remove', path: `${site.at}/${random.below(items.length)}` }]
  },
}

const sliceChanged: Mutator = {
  name: 'discriminator changed',
  edit(site, { sites, random }) {
    if (!isSliced(site)) return undefined
    const below = sites.filter(
      (one) => one.at.startsWith(`${site.at}/`) && typeof one.value === 'string' && KEYS.includes(one.key),
    )
    return below.length > 0 ? replace(random.pick(below), random.pick(['https://state.example/x', 'x'])) : undefined
  },
}

/** Usual paths of a discriminator. */
const KEYS = ['url', 'system', 'code', 'use', 'type', 'linkId', 'reference']

const sliceRepeated: Mutator = {
  name: 'slice repeated',
  edit(site, { random }) {
    if (!isSliced(site)) return undefined
    const items = site.value as unknown[]
    return items.length === 0 ? undefined : add(`${site.at}/-`, random.pick(items))
  },
}

const fixedChanged: Mutator = {
  name: 'fixed value changed',
  edit(site, { random }) {
    if (!site.profiled || !Object.keys(site.profiled.element).some((key) => /^(fixed|pattern)[A-Z]/.test(key)))
      return undefined
    if (typeof site.value === 'string') return replace(site, random.pick(['x', 'active', 'https://state.example/x']))
    if (site.isList || !isObject(site.value)) return undefined
    return replace(site, random.pick([{ ...site.value, id: 'more' }, { text: 'x' }, { coding: [{ code: 'x' }] }]))
  },
}

const claimChanged: Mutator = {
  name: 'another profile claimed',
  edit: (site, { random, resource }) =>
    site.at === ''
      ? add('/meta', { ...(isObject(resource.meta) ? resource.meta : {}), profile: [random.pick(URLS)] })
      : undefined,
}

const URLS = [
  'http://hl7.org/fhir/StructureDefinition/Patient',
  'http://hl7.org/fhir/StructureDefinition/DomainResource',
  'http://hl7.org/fhir/StructureDefinition/vitalsigns',
  'http://hl7.org/fhir/StructureDefinition/Observation',
  'https://state.example/fhir/StructureDefinition/unheard-of',
  'https://no-wrong-door.example/fhir/StructureDefinition/hub-participant',
  'https://no-wrong-door.example/fhir/StructureDefinition/hub-goal',
  'not-absolute',
]

export const SLICES: readonly Mutator[] = [sliceGone, sliceChanged, sliceRepeated]
export const CLAIMS: readonly Mutator[] = [claimChanged]
export const FIXED: readonly Mutator[] = [fixedChanged]
