/** Elements that are missing, duplicated, moved, renamed or of another JSON type. */
import { add, isElement, isObject, isPrimitive, replace, token, type Mutator, type Site } from '../mutation.ts'

const removed: Mutator = {
  name: 'element removed',
  edit: (site) => (isElement(site) || site.isItem ? [{ op: 'remove', path: site.at }] : undefined),
}

const requiredRemoved: Mutator = {
  name: 'required element removed',
  edit: (site) => (isElement(site) && isRequired(site) ? [{ op: 'remove', path: site.at }] : undefined),
}

const isRequired = ({ node, profiled }: Site): boolean => (node?.element.min ?? 0) + (profiled?.element.min ?? 0) > 0

const duplicated: Mutator = {
  name: 'item duplicated',
  edit: ({ isItem, holder, value }) => (isItem ? add(`${holder}/-`, value) : undefined),
}

const reordered: Mutator = {
  name: 'items in another order',
  edit: (site, { random }) =>
    site.isList && (site.value as unknown[]).length > 1
      ? replace(site, random.shuffle(site.value as unknown[]))
      : undefined,
}

const moved: Mutator = {
  name: 'element moved',
  edit(site, { sites, random }) {
    if (!isElement(site)) return undefined
    const homes = sites.filter(
      (one) => isObject(one.value) && one.at !== site.holder && !`${one.at}/`.startsWith(`${site.at}/`),
    )
    if (homes.length === 0) return undefined
    const path = `${random.pick(homes).at}/${token(site.key)}`
    return [{ op: 'remove', path: site.at }, ...add(path, site.value)]
  },
}

const misspelt: Mutator = {
  name: 'element misspelt',
  edit(site, { random }) {
    if (!isElement(site) || site.key.length < 3) return undefined
    const name = random.pick(SPELLINGS)(site.key, 1 + random.below(site.key.length - 2))
    const path = `${site.holder}/${token(name)}`
    return name === site.key ? undefined : [{ op: 'remove', path: site.at }, ...add(path, site.value)]
  },
}

const SPELLINGS: readonly ((name: string, at: number) => string)[] = [
  (name, at) => name.slice(0, at) + name.slice(at + 1),
  (name, at) => name.slice(0, at) + name.slice(at, at + 1) + name.slice(at),
  (name, at) => name.slice(0, at) + name.slice(at, at + 1).toUpperCase() + name.slice(at + 1),
  (name) => `${name}s`,
  (name) => name.charAt(0).toUpperCase() + name.slice(1),
]

const unknown: Mutator = {
  name: 'unknown element added',
  edit: ({ at, value }, { random }) =>
    isObject(value) ? add(`${at}/${random.pick(UNKNOWN)}`, random.pick(['x', true, { a: 1 }])) : undefined,
}

const UNKNOWN = ['colour', 'remark', 'statusCode', 'fhir_comments', 'x-note', 'createdBy']

const listed: Mutator = {
  name: 'list for a single value, or a single value for a list',
  edit(site) {
    if (!isElement(site)) return undefined
    if (!site.isList) return replace(site, [site.value])
    const [first] = site.value as readonly unknown[]
    return first === undefined ? undefined : replace(site, first)
  },
}

const nested: Mutator = {
  name: 'object for a primitive, or a primitive for an object',
  edit(site, { random }) {
    if (site.at === '' || site.isList || site.key === 'resourceType') return undefined
    if (isObject(site.value)) return replace(site, random.pick(['x', 1, true]))
    return replace(site, random.pick([{ value: site.value }, {}, { text: String(site.value) }]))
  },
}

const otherType: Mutator = {
  name: 'string for a number or boolean, or the other way',
  edit(site, { random }) {
    if (!isPrimitive(site.value) || site.key === 'resourceType') return undefined
    return replace(site, typeof site.value === 'string' ? random.pick([1, 20.5, true, false]) : String(site.value))
  },
}

const empty: Mutator = {
  name: 'empty value',
  edit(site, { random }) {
    if (site.at === '' || site.key === 'resourceType') return undefined
    const own = site.isList ? [] : isObject(site.value) ? {} : ''
    return replace(site, random.pick([own, own, '', [], {}, ' ']))
  },
}

const nothing: Mutator = {
  name: 'null',
  edit(site, { random }) {
    if (site.at === '' || site.key === 'resourceType') return undefined
    return site.isList && random.chance(0.5) ? add(`${site.at}/-`, null) : replace(site, null)
  },
}

const tooMany: Mutator = {
  name: 'more items than allowed',
  edit(site) {
    const max = Number(site.profiled?.element.max ?? site.node?.element.max)
    if (!isElement(site) || !Number.isFinite(max)) return undefined
    const [first] = site.isList ? (site.value as unknown[]) : [site.value]
    return replace(site, Array<unknown>(max + 1).fill(first))
  },
}

const another: Mutator = {
  name: 'element of the definition added',
  edit({ at, value, node }, { random, sites }) {
    if (!isObject(value) || !node) return undefined
    const existing = sites.filter((one) => one.path !== undefined && isElement(one))
    const absent = [...node.children.values()].filter((one) => !(one.name in value) && !one.name.endsWith('[x]'))
    const filled = absent.filter((one) => existing.some((other) => other.type === one.element.type?.[0]?.code))
    if (filled.length === 0) return undefined
    const chosen = random.pick(filled)
    const like = random.pick(existing.filter((other) => other.type === chosen.element.type?.[0]?.code))
    const single = like.isList ? (like.value as unknown[])[0] : like.value
    return add(`${at}/${chosen.name}`, chosen.element.max === '1' ? single : [single])
  },
}

export const REMOVALS: readonly Mutator[] = [removed, requiredRemoved]
export const DUPLICATES: readonly Mutator[] = [duplicated]
export const MOVES: readonly Mutator[] = [moved]
export const NAMES: readonly Mutator[] = [misspelt, unknown]
export const SHAPES: readonly Mutator[] = [listed, nested, otherType]
export const EMPTIES: readonly Mutator[] = [empty, nothing]
export const NUMBERS: readonly Mutator[] = [tooMany]
export const ORDERS: readonly Mutator[] = [reordered]
export const OTHER_ELEMENTS: readonly Mutator[] = [another]
