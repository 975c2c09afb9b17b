/** Extensions: each is walked once, as an Extension and as what its definition says. */
import type { JsonObject } from '../../fhir/types.ts'
import type { Schema } from '../compile/schema.ts'
import { contextInvariantsOf } from '../context-invariant.ts'
import { contextViolation, isOrSpecializes } from '../extension-context.ts'
import type { ExtensionContext } from '../check-context.ts'
import { isAbsolute, isNestedExtension } from '../keywords/extensions.ts'
import type { CheckContext } from '../check-context.ts'
import type { TestCompiler } from './test-compiler.ts'
import { allOf, NEVER } from './test.ts'
import type { QuickTest } from '../check-context.ts'

/** The element that holds the list, as contexts name it, and the property: `extension` or `modifierExtension`. */
type Place = { readonly holder: string; readonly name: string }

export function extensionTest(stated: readonly Schema[], place: Place, compiler: TestCompiler): QuickTest {
  const part = compiler.value(stated, place.name)
  // Only definitions that are at hand are remembered: anybody may send any number of urls.
  const known = new Map<string, QuickTest>()
  const testOf = (url: string): QuickTest => {
    const made = makeTest(url, stated, { place, compiler })
    if (made !== NEVER) known.set(url, made)
    return made
  }
  return (value, context, bag) => {
    const url = (value as { url?: unknown } | null)?.url
    if (typeof url !== 'string') return false
    const test = known.get(url)
    if (test) return test(value, context, bag)
    if (isAbsolute(url)) return testOf(url)(value, context, bag)
    return place.holder === 'Extension' && isNestedExtension(url, bag, compiler.engine) && part(value, context, bag)
  }
}

type Setting = { readonly place: Place; readonly compiler: TestCompiler }

function makeTest(url: string, stated: readonly Schema[], { place, compiler }: Setting): QuickTest {
  const { structures } = compiler.engine.definitions
  const definition = url.includes('|') ? undefined : structures.find(url)
  const profile = definition?.type === 'Extension' ? compiler.profile(url) : undefined
  if (!definition || !profile || contextInvariantsOf(url, definition.contextInvariant).length > 0) return NEVER
  const modifies = structures.tree(url).element.isModifier === true
  if (modifies !== (place.name === 'modifierExtension')) return NEVER
  return allOf([
    ...contextTest(url, definition.context ?? [], { place, compiler }),
    compiler.value([...stated, profile], place.name),
  ])
}

/** Where the holder alone does not tell, its place in the resource does. */
function contextTest(
  url: string,
  contexts: readonly ExtensionContext[],
  { place, compiler }: Setting,
): readonly QuickTest[] {
  const { holder, name } = place
  const { structures } = compiler.engine.definitions
  const isMet = ({ type, expression }: ExtensionContext): boolean =>
    type === 'element' && isOrSpecializes(expression, holder, structures)
  if (contexts.length === 0 || contexts.some(isMet)) return []
  // The elements that a rule in FHIRPath picks depend on the resource; those that a name picks, on the path.
  const known = contexts.some((one) => one.type !== 'element') ? undefined : new Set<string>()
  return [
    (_value, context, bag) => {
      const path = pathTo(bag, context)
      if (!path) return false
      const way =
        context.root === context.resource
          ? `${String(context.root.resourceType)}/${path.filter(isName).join('/')}`
          : undefined
      if (way !== undefined && known?.has(way)) return true
      const list = { instancePath: `${path.map(escaped).join('')}/${name}`, parentData: bag }
      const at = { ...list, parentDataProperty: name, rootData: context.root }
      if (contextViolation(url, contexts, { holder, context, list: at }) !== undefined) return false
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
const walks = new WeakMap<CheckContext, number>()

/** The steps to an object in the outermost resource, where it stands once. */
function pathTo(wanted: JsonObject, context: CheckContext): readonly string[] | undefined {
  const before = walks.get(context) ?? 0
  walks.set(context, before + 1)
  if (before >= MOST_WALKS) return undefined
  const found: string[][] = []
  look(context.root, wanted, found)
  return found.length === 1 ? found[0]?.reverse() : undefined
}

/** Adds the way back from each place where it stands. */
function look(value: object, wanted: object, found: string[][]): void {
  for (const key in value) {
    const one = (value as JsonObject)[key]
    if (typeof one !== 'object' || one === null) continue
    const before = found.length
    if (one === wanted) found.push([])
    look(one, wanted, found)
    for (let index = before; index < found.length; index++) found[index]?.push(key)
  }
}
