/**
 * Faults against the restrictions of any profile: bounds, types, targets, codes, patterns, rules, slicing.
 * https://hl7.org/fhir/R4/profiling.html#resources
 */
import type { ElementDefinition, ElementNode } from '../../../server/definitions/structures/element.ts'
import type { Structures } from '../../../server/definitions/structures/structure-definition.ts'
import { add, isElement, isObject, replace, token, type Ground, type Mutator, type Site } from '../mutation.ts'

const isRequired = ({ profileNodes }: Site, is: (element: ElementDefinition) => boolean): boolean =>
  profileNodes.some(({ element }) => is(element))

/** The simplest value of each type. */
const PLAIN: Readonly<Record<string, unknown>> = {
  Annotation: { text: 'x' },
  boolean: true,
  code: 'x',
  CodeableConcept: { text: 'x' },
  Coding: { code: 'x' },
  date: '2020-02-02',
  dateTime: '2020-02-02',
  decimal: 1.5,
  HumanName: { text: 'x' },
  Identifier: { value: 'x' },
  instant: '2020-02-02T02:02:02Z',
  integer: 1,
  Period: { start: '2020-02-02' },
  positiveInt: 1,
  Quantity: { value: 1 },
  Range: { low: { value: 1 } },
  Reference: { display: 'x' },
  string: 'x',
  uri: 'https://state.example/x',
}

const needed: Mutator = {
  name: 'element removed that a profile requires',
  edit: (site) =>
    isElement(site) && isRequired(site, ({ min = 0 }) => min > 0) ? [{ op: 'remove', path: site.at }] : undefined,
}

const crowded: Mutator = {
  name: 'more than a profile allows',
  edit(site, { random }) {
    const [max] = site.profileNodes.map(({ element }) => Number(element.max)).filter((one) => one >= 1 && one < 6)
    if (!site.isList || max === undefined) return undefined
    const items = site.value as unknown[]
    const more = Array.from({ length: Math.max(1, max + 1 - items.length) }, () => random.pick(items))
    return items.length === 0 ? undefined : replace(site, [...items, ...more])
  },
}

const forbidden: Mutator = {
  name: 'element that a profile forbids',
  edit(site, { random }) {
    if (!isObject(site.value)) return undefined
    const none = site.profileNodes
      .flatMap(({ children }) => [...children.values()])
      .filter(({ element }) => element.max === '0')
    if (none.length === 0) return undefined
    const { name, element, path } = random.pick(none)
    const value = PLAIN[element.type?.[0]?.code ?? '']
    if (value === undefined || name.endsWith('[x]') || name in site.value) return undefined
    return add(`${site.at}/${token(name)}`, isMany(element, path) ? [value] : value)
  },
}

const isMany = ({ base }: ElementDefinition, path: string): boolean =>
  (base as { max?: string } | undefined)?.max === '*' || /\.(identifier|note|category|extension|name)$/.test(path)

const otherType: Mutator = {
  name: 'type that a profile rules out',
  edit(site, { random }) {
    const choice = site.profileNodes.find(({ name }) => name.endsWith('[x]'))
    if (!choice || !isElement(site)) return undefined
    const stem = choice.name.slice(0, -3)
    const [type, value] = random.pick(Object.entries(PLAIN))
    const key = stem + type.charAt(0).toUpperCase() + type.slice(1)
    return key === site.key ? undefined : [{ op: 'remove', path: site.at }, ...add(`${site.holder}/${key}`, value)]
  },
}

const otherTarget: Mutator = {
  name: 'reference to what a profile does not name',
  edit(site, { random, structures, resourceTypes }) {
    if (site.type !== 'Reference' || !isObject(site.value)) return undefined
    const [wide, narrow] = [
      targetsOf(site.node ? [site.node] : [], structures),
      targetsOf(site.profileNodes, structures),
    ]
    const between = (wide.includes('Resource') ? resourceTypes : wide).filter((type) => !narrow.includes(type))
    return narrow.length > 0 && between.length > 0
      ? replace(site, { ...site.value, reference: `${random.pick(between)}/1` })
      : undefined
  },
}

const targetsOf = (nodes: readonly ElementNode[], structures: Structures): readonly string[] =>
  nodes
    .flatMap(({ element }) => element.type ?? [])
    .flatMap(({ targetProfile = [] }) => targetProfile)
    .map((url) => structures.find(url)?.type ?? 'Resource')

const otherCode: Mutator = {
  name: 'code outside the value set of a profile',
  edit(site, { random }) {
    if (!isRequired(site, ({ binding }) => binding?.strength === 'required' || binding?.strength === 'extensible'))
      return undefined
    if (typeof site.value === 'string') return replace(site, 'unheard-of')
    if (!isObject(site.value)) return undefined
    const coding = { system: 'https://state.example/codes', code: 'x' }
    if (!Array.isArray(site.value.coding)) return 'code' in site.value ? replace(site, coding) : undefined
    return replace(site, random.pick([{ coding: [coding] }, { text: 'x' }, { coding: [...site.value.coding, coding] }]))
  },
}

const isPatterned = (element: ElementDefinition): boolean =>
  Object.keys(element).some((key) => /^(fixed|pattern)[A-Z]/.test(key))

const patternBroken: Mutator = {
  name: 'pattern broken inside',
  edit(site, { random, sites }) {
    if (!isRequired(site, isPatterned)) return undefined
    const below = sites.filter(
      ({ at, value }) => (at === site.at || at.startsWith(`${site.at}/`)) && typeof value === 'string',
    )
    if (below.length === 0) return undefined
    const one = random.pick(below)
    return random.chance(1 / 3) && isElement(one)
      ? [{ op: 'remove', path: one.at }]
      : replace(one, `${String(one.value)}x`)
  },
}

/** Removes or replaces something that the text of a rule names. */
const ruled: Mutator = {
  name: 'what a rule of a profile names',
  edit(site, { random }) {
    if (!isObject(site.value)) return undefined
    const own = new Set((site.node?.element.constraint ?? []).map(({ key }) => key))
    const rules = site.profileNodes
      .flatMap(({ element }) => element.constraint ?? [])
      .filter(({ key }) => !own.has(key) && !/^(ele|ext|dom)-1?/.test(key))
    const words = new Set(rules.flatMap(({ expression = '' }) => expression.match(/[a-zA-Z]+/g) ?? []))
    const named = Object.keys(site.value).filter((key) => key !== 'resourceType' && words.has(stemOf(key, words)))
    if (named.length === 0) return undefined
    const key = random.pick(named)
    const path = `${site.at}/${token(key)}`
    return typeof site.value[key] === 'string' && random.chance(1 / 2)
      ? [{ op: 'replace', path, value: `${site.value[key]}x` }]
      : [{ op: 'remove', path }]
  },
}

/** `valueQuantity` is `value` in an expression. */
const stemOf = (key: string, words: ReadonlySet<string>): string =>
  words.has(key) ? key : (/^[a-z]+/.exec(key)?.[0] ?? key)

const isSliced = ({ profileNodes, isList }: Site): boolean =>
  isList && profileNodes.some(({ slices }) => slices.size > 0)

const strange: Mutator = {
  name: 'item of no slice',
  edit(site, { random }) {
    const items = isSliced(site) ? (site.value as unknown[]).filter(isObject) : []
    return items.length === 0 ? undefined : add(`${site.at}/${random.pick(['-', '0'])}`, estranged(random.pick(items)))
  },
}

/** The same with every text changed, so that no value of a discriminator matches. */
const estranged = (item: object): unknown =>
  JSON.parse(
    JSON.stringify(item, (key, value: unknown) => (typeof value === 'string' && key !== 'use' ? `${value}x` : value)),
  )

const shuffled: Mutator = {
  name: 'sliced items in another order',
  edit: (site, { random }) =>
    isSliced(site) && (site.value as unknown[]).length > 1
      ? replace(site, random.shuffle(site.value as unknown[]))
      : undefined,
}

const lacking: Mutator = {
  name: 'item of a slice without one of its elements',
  edit(site, { random, sites }: Ground) {
    if (!isSliced(site)) return undefined
    const below = sites.filter((one) => one.at.startsWith(`${site.at}/`) && isElement(one))
    return below.length === 0 ? undefined : [{ op: 'remove', path: random.pick(below).at }]
  },
}

export const BOUNDS: readonly Mutator[] = [needed, crowded, forbidden]
export const NARROWED: readonly Mutator[] = [otherType, otherTarget, otherCode]
export const PATTERNS: readonly Mutator[] = [patternBroken]
export const RULES: readonly Mutator[] = [ruled]
export const SLICINGS: readonly Mutator[] = [strange, shuffled, lacking]
