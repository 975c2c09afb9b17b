/** References and their targets. https://hl7.org/fhir/R4/references.html */
import type { Structures } from '../../../server/definitions/structures/structure-definition.ts'
import { add, isObject, replace, type Edit, type Mutator, type Site } from '../mutation.ts'

const isReference = ({ value, type, isList }: Site): boolean => type === 'Reference' && !isList && isObject(value)

/** The allowed target types, by the profile if it restricts them. */
const typesOf = ({ node, profiled }: Site, structures: Structures): readonly string[] => {
  const targets = [profiled, node].map((one) =>
    (one?.element.type ?? []).flatMap(({ targetProfile = [] }) => targetProfile),
  )
  const urls = targets.find((list) => list.length > 0) ?? []
  return urls.flatMap((url) => structures.find(url)?.type ?? []).filter((type) => type !== 'Resource')
}

const badReference: Mutator = {
  name: 'bad reference',
  edit(site, { random, resourceTypes }) {
    if (!isReference(site)) return undefined
    const type = random.pick(resourceTypes)
    const toAnother = [{ reference: `${type}/1` }, { reference: `${type}/1`, type }, { type, display: 'somebody' }]
    return replace(site, random.chance(1 / 3) ? random.pick(toAnother) : { reference: random.pick(BAD) })
  },
}

const BAD = [
  'nobody',
  'Patient/',
  'Patient/has space',
  'patient/1',
  'Patiant/1',
  '/Patient/1',
  'Patient/1/_history/',
  'Patient/1/2/3',
  '#nowhere',
  '#',
  '',
  'urn:uuid:1234',
  'urn:oid:x',
  'https://state.example/ fhir/Patient/1',
]

const otherTarget: Mutator = {
  name: 'another right reference',
  edit(site, { random, structures }) {
    const types = isReference(site) ? typesOf(site, structures) : []
    if (types.length === 0) return undefined
    const type = random.pick(types)
    return replace(site, random.pick(RIGHT)(type))
  },
}

const RIGHT: readonly ((type: string) => object)[] = [
  (type) => ({ reference: `${type}/other-1` }),
  (type) => ({ reference: `https://state.example/fhir/${type}/2` }),
  (type) => ({ reference: `${type}/3/_history/2`, type }),
  (type) => ({ type, identifier: { system: 'https://state.example/id', value: '7' } }),
  () => ({ display: 'only words' }),
  () => ({ reference: 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520' }),
]

const contained: Mutator = {
  name: 'contained broken',
  edit(site, ground) {
    const homes = ground.sites.filter(isReference)
    if (site.at !== '' || homes.length === 0 || !isDomain(site.value)) return undefined
    const home = ground.random.pick(homes)
    const own = Array.isArray(ground.resource.contained) ? (ground.resource.contained as unknown[]) : []
    return ground.random.pick(ground.random.chance(0.3) ? [well] : UNWELL)(own, {
      home,
      type: typesOf(home, ground.structures)[0] ?? 'Patient',
    })
  },
}

const NO_DOMAIN = ['Bundle', 'Binary', 'Parameters']

const isDomain = (value: unknown): boolean =>
  isObject(value) && !NO_DOMAIN.includes(String(value.resourceType)) && !('entry' in value && 'type' in value)

/** The contained resources, the reference that is to lead to one of them, and an allowed target type. */
type Contain = (own: readonly unknown[], to: { readonly home: Site; readonly type: string }) => readonly Edit[]

const put = (own: readonly unknown[], more: object): readonly Edit[] => add('/contained', [...own, more])

const inside = (resourceType: string) => ({ resourceType, id: 'inside' })

/** Valid, if the target has no required elements. */
const well: Contain = (own, { home, type }) => [...put(own, inside(type)), ...replace(home, { reference: '#inside' })]

const UNWELL: readonly Contain[] = [
  // No reference leads there.
  (own) => put(own, { resourceType: 'Patient', id: 'alone' }),
  (own, { home }) => [
    ...put(own, { resourceType: 'Patient', id: 'inside' }),
    ...replace(home, { reference: '#inside' }),
  ],
  (own, { home }) => [...put(own, { resourceType: 'Patient' }), ...replace(home, { reference: '#inside' })],
  (own, { home, type }) => [
    ...put(own, { ...inside(type), meta: { versionId: '1' } }),
    ...replace(home, { reference: '#inside' }),
  ],
  (own, { home, type }) => [
    ...put(own, { ...inside(type), meta: { security: [{ code: 'R' }] } }),
    ...replace(home, { reference: '#inside' }),
  ],
  (own, { home, type }) => [
    ...put(own, { ...inside(type), contained: [{ resourceType: 'Patient', id: 'deeper' }] }),
    ...replace(home, { reference: '#inside' }),
  ],
  (own, { home }) => [
    ...put(own, { resourceType: 'Patiant', id: 'inside' }),
    ...replace(home, { reference: '#inside' }),
  ],
  (own, { home, type }) => [
    ...put(own, { ...inside(type), colour: 'red' }),
    ...replace(home, { reference: '#inside' }),
  ],
]

export const REFERENCES: readonly Mutator[] = [badReference]
export const OTHER_REFERENCES: readonly Mutator[] = [otherTarget]
export const CONTAINED: readonly Mutator[] = [contained]
