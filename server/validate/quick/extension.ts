/** Extensions: each is walked once, as an Extension and as what its definition says. */
import type { Schema } from '../compile/schema.ts'
import { contextFault, isAtHome, type Context } from '../contexts.ts'
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
  if (!definition || !profile) return NEVER
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
  return [
    (_value, run, bag) => {
      const pointer = pointerTo(bag, run)
      if (pointer === undefined) return false
      const list = { instancePath: `${pointer}/${name}`, parentData: bag, parentDataProperty: name, rootData: run.root }
      return contextFault(url, contexts, { holder, run, list }) === undefined
    },
  ]
}

/** How often a place is looked for in one check: it costs a walk through the whole. */
const MOST_WALKS = 4
const walks = new WeakMap<Run, number>()

/** The pointer to an object in the outermost resource, where it stands once. */
function pointerTo(wanted: Bag, run: Run): string | undefined {
  const before = walks.get(run) ?? 0
  walks.set(run, before + 1)
  if (before >= MOST_WALKS) return undefined
  const found: string[] = []
  const look = (value: unknown, pointer: string): void => {
    if (value === wanted) found.push(pointer)
    if (typeof value !== 'object' || value === null || found.length > 1) return
    for (const key in value) look((value as Bag)[key], `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
  }
  look(run.root, '')
  return found.length === 1 ? found[0] : undefined
}
