/**
 * What the definitions say about tokens: whether the case of a code counts, and which system a plain code is of. Posted
 * definitions do not count: the index would depend on when a record was written.
 * https://hl7.org/fhir/R4/search.html#token
 */
import type { Definitions, SearchParameter } from '../definitions/definitions.ts'
import type { ElementDefinition } from '../definitions/structures/element.ts'
import { parse } from '../fhirpath/parse.ts'
import { isTypeName, Unsupported, unionParts, type Tree } from '../fhirpath/tree.ts'
import { UCUM } from '../terminology/ucum.ts'
import type { CodeFacts } from './type.ts'

type FactSources = Pick<Definitions, 'find' | 'structures' | 'isPosted'>

/** Answers are kept: clients name any number of systems, so not all of them. */
const MAX_SYSTEMS = 5_000

export function createCodeFacts(definitions: FactSources): CodeFacts {
  const systems = new Map<string, boolean>()
  const implied = new WeakMap<SearchParameter, { readonly system: string | undefined }>()
  return {
    isCaseSensitive(system) {
      const cached = systems.get(system)
      if (cached !== undefined) return cached
      if (systems.size >= MAX_SYSTEMS) systems.clear()
      const found = isCaseSensitive(system, definitions)
      systems.set(system, found)
      return found
    },
    impliedSystem(parameter) {
      const cached = implied.get(parameter) ?? { system: impliedSystem(parameter.expression, definitions) }
      implied.set(parameter, cached)
      return cached.system
    },
  }
}

/** Those that the hub itself and the settings publish: what the index depends on. */
export const caseSensitiveSystems = ({ published }: Pick<Definitions, 'published'>): readonly string[] =>
  published('CodeSystem')
    .filter((one) => one.caseSensitive === true)
    .map((one) => one.url)
    .sort()

/** "Some code systems are case sensitive (e.g. UCUM)"; the others are where their CodeSystem says so. */
function isCaseSensitive(system: string, { find, isPosted }: FactSources): boolean {
  if (system === UCUM) return true
  const found = isPosted(system) ? undefined : find(system)
  return found?.resourceType === 'CodeSystem' && found.caseSensitive === true
}

/** The one system of the value set that the element of every part of the expression is bound to. */
function impliedSystem(expression: string, definitions: FactSources): string | undefined {
  const systems = new Set(
    pathsOf(expression).map((path) => path && systemOf(elementAt(path, definitions), definitions)),
  )
  const [only] = systems
  return systems.size === 1 ? only : undefined
}

/** The names of each path of the union; undefined for a part that is no plain path from a type. */
function pathsOf(expression: string): readonly (readonly string[] | undefined)[] {
  try {
    return unionParts(parse(expression)).map(namesOf)
  } catch (error) {
    if (error instanceof Unsupported) return [undefined]
    throw error
  }
}

function namesOf(tree: Tree): readonly string[] | undefined {
  if (tree.kind !== 'member') return undefined
  if (!tree.of) return isTypeName(tree.name) ? [tree.name] : undefined
  const before = namesOf(tree.of)
  return before && [...before, tree.name]
}

/** Through the types of the elements: of `Patient.name.use` the last is one of HumanName. */
function elementAt(
  [type = '', ...names]: readonly string[],
  { structures }: FactSources,
): ElementDefinition | undefined {
  if (!structures.find(type)) return undefined
  let node = structures.tree(type)
  for (const name of names) {
    const own = node.children.get(name)
    const [only] = node.element.type ?? []
    const next = own ?? (only && structures.find(only.code) ? structures.tree(only.code).children.get(name) : undefined)
    if (!next) return undefined
    node = next
  }
  return node.element
}

type Compose = { readonly include?: readonly { readonly system?: string; readonly valueSet?: unknown }[] }

function systemOf(element: ElementDefinition | undefined, { find }: FactSources): string | undefined {
  const isCode = element?.type?.length === 1 && element.type[0]?.code === 'code'
  if (!isCode || element.binding?.strength !== 'required' || !element.binding.valueSet) return undefined
  const { include = [] } = (find(element.binding.valueSet)?.compose ?? {}) as Compose
  const systems = new Set(include.map((one) => (one.valueSet === undefined ? one.system : undefined)))
  const [only] = systems
  return systems.size === 1 ? only : undefined
}
