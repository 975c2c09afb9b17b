/** Extensions: each is walked once, as an Extension and as what its definition says. */
import type { Schema } from '../compile/schema.ts'
import { conditionsOf } from '../conditions.ts'
import { contextViolation, isAtHome, type Context } from '../contexts.ts'
import { isAbsolute, isPart } from '../keywords/extensions.ts'
import type { Run } from '../run.ts'
import type { Compiler } from './compile.ts'
import { all, NEVER, type Bag, type Test } from './test.ts'

/** The element that holds the list, as contexts name it, and the property: `extension` or `modifierExtension`. */
type Place = { readonly holder: string; readonly name: string }

export function extensionTest(stated: readonly Schema[], place: Place, compiler: Compiler): Test {
  const part = compiler.value(stated, place.name)
  // Only definitions that are at hand are remembered: anybody may send any number of urls.
  const known = new Map<string, Test>()
  const testOf = (url: string): Test => {
    const made = makeTest(url, stated, { place, compiler })
    if (made !== NEVER) known.set(url, made)
    return made
  }
  return (value, run, bag) => {
    const url = (value as { url?: unknown } | null)?.url
    if (typeof url !== 'string') return false
    const test = known.get(url)
    if (test) return test(value, run, bag)
    if (isAbsolute(url)) return testOf(url)(value, run, bag)
    return place.holder === 'Extension' && isPart(url, bag, compiler.engine) && part(value, run, bag)
  }
}

type Setting = { readonly place: Place; readonly compiler: Compiler }

function makeTest(url: string, stated: readonly Schema[], { place, compiler }: Setting): Test {
  const { structures } = compiler.engine.definitions
  const definition = url.includes('|') ? undefined : structures.find(url)
  const profile = definition?.type === 'Extension' ? compiler.profile(url) : undefined
  if (!definition || !profile || conditionsOf(url, definition.contextInvariant).length > 0) return NEVER
  const modifies = structures.tree(url).element.isModifier === true
  if (modifies !== (place.name === 'modifierExtension')) return NEVER
  return all([
    ...contextTest(url, definition.context ?? [], { place, compiler }),
    compiler.value([...stated, profile], place.name),
  ])
}

/** Where the holder alone does not tell, its place in the resource does. */
function contextTest(url: string, contexts: readonly Context[], { place, compiler }: Setting): readonly Test[] {
  const { holder, name } = place
  const { structures } = compiler.engine.definitions
  const isMet = ({ type, expression }: Context): boolean =>
    type === 'element' && isAtHome(expression, holder, structures)
  if (contexts.length === 0 || contexts.some(isMet)) return []
  // The elements that a rule in FHIRPath picks depend on the resource; those that a name picks, on the path.
  const known = contexts.some((one) => one.type !== 'element') ? undefined : new Set<string>()
  return [
    (_value, run, bag) => {
      const path = pathTo(bag, run)
      if (!path) return false
      const way =
        run.root === run.resource ? `${String(run.root.resourceType)}/${path.filter(isName).join('/')}` : undefined
      if (way !== undefined && known?.has(way)) return true
      const list = { instancePath: `${path.map(escaped).join('')}/${name}`, parentData: bag }
      const at = { ...list, parentDataProperty: name, rootData: run.root }
      if (contextViolation(url, contexts, { holder, run, list: at }) !== undefined) return false
      if (way !== undefined && known && known.size < MOST_PATHS) known.add(way)
      return true
    },
  ]
}

const MOST_PATHS = 200

const isName = (step: string): boolean => !/^\d+$/.test(step)
const escaped = (step: string): string => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`

/** How often a place is looked for in one check: it costs a walk through the whole. */
const MOST_WALKS = 4
const walks = new WeakMap<Run, number>()

/** The steps to an object in the outermost resource, where it stands once. */
function pathTo(wanted: Bag, run: Run): readonly string[] | undefined {
  const before = walks.get(run) ?? 0
  walks.set(run, before + 1)
  if (before >= MOST_WALKS) return undefined
  const found: string[][] = []
  look(run.root, wanted, found)
  return found.length === 1 ? found[0]?.reverse() : undefined
}

/** Adds the way back from each place where it stands. */
function look(value: object, wanted: object, found: string[][]): void {
  for (const key in value) {
    const one = (value as Bag)[key]
    if (typeof one !== 'object' || one === null) continue
    const before = found.length
    if (one === wanted) found.push([])
    look(one, wanted, found)
    for (let index = before; index < found.length; index++) found[index]?.push(key)
  }
}
