/** Extensions: each is walked once, against the type Extension and its own definition. */
import type { JsonObject } from '../../fhir/types.ts'
import type { Schema } from '../compile/schema.ts'
import { contextInvariantsOf } from '../context-invariant.ts'
import { contextViolation, isOrSpecializes } from '../extension-context.ts'
import type { ExtensionContext } from '../check-context.ts'
import { isAbsolute, isNestedExtension } from '../keywords/extensions.ts'
import type { CheckContext } from '../check-context.ts'
import type { TestCompiler } from './test-compiler.ts'
import { allOf, NEVER } from './quick-test.ts'
import type { QuickTest } from '../check-context.ts'

/** The element that holds the list, as extension contexts name it, and the property: `extension` or `modifierExtension`. */
type ExtensionProperty = { readonly holder: string; readonly name: string }

export function extensionTest(
  schemas: readonly Schema[],
  property: ExtensionProperty,
  compiler: TestCompiler,
): QuickTest {
  const nestedTest = compiler.value(schemas, property.name)
  // Only urls of definitions are cached: a client may send any number of others.
  const testsByUrl = new Map<string, QuickTest>()
  const testOf = (url: string): QuickTest => {
    const made = compileTest(url, schemas, { property, compiler })
    if (made !== NEVER) testsByUrl.set(url, made)
    return made
  }
  return (value, context, holder) => {
    const url = (value as { url?: unknown } | null)?.url
    if (typeof url !== 'string') return false
    const test = testsByUrl.get(url)
    if (test) return test(value, context, holder)
    if (isAbsolute(url)) return testOf(url)(value, context, holder)
    return (
      property.holder === 'Extension' &&
      isNestedExtension(url, holder, compiler.engine) &&
      nestedTest(value, context, holder)
    )
  }
}

type ExtensionTestContext = { readonly property: ExtensionProperty; readonly compiler: TestCompiler }

function compileTest(url: string, schemas: readonly Schema[], { property, compiler }: ExtensionTestContext): QuickTest {
  const { structures } = compiler.engine.definitions
  const definition = url.includes('|') ? undefined : structures.find(url)
  const profile = definition?.type === 'Extension' ? compiler.profile(url) : undefined
  if (!definition || !profile || contextInvariantsOf(url, definition.contextInvariant).length > 0) return NEVER
  const modifies = structures.tree(url).element.isModifier === true
  if (modifies !== (property.name === 'modifierExtension')) return NEVER
  return allOf([
    ...contextTest(url, definition.context ?? [], { property, compiler }),
    compiler.value([...schemas, profile], property.name),
  ])
}

/** Where the type of the holder does not decide, its path in the resource does. */
function contextTest(
  url: string,
  contexts: readonly ExtensionContext[],
  { property, compiler }: ExtensionTestContext,
): readonly QuickTest[] {
  const { name } = property
  const { structures } = compiler.engine.definitions
  const isMet = ({ type, expression }: ExtensionContext): boolean =>
    type === 'element' && isOrSpecializes(expression, property.holder, structures)
  if (contexts.length === 0 || contexts.some(isMet)) return []
  // A context in FHIRPath depends on the values of the resource; a context by element only on the path, so that is cached.
  const allowedPaths = contexts.some((one) => one.type !== 'element') ? undefined : new Set<string>()
  return [
    (_value, context, holder) => {
      const path = pathTo(holder, context)
      if (!path) return false
      const elementPath =
        context.root === context.resource
          ? `${String(context.root.resourceType)}/${path.filter(isName).join('/')}`
          : undefined
      if (elementPath !== undefined && allowedPaths?.has(elementPath)) return true
      const list = { instancePath: `${path.map(escaped).join('')}/${name}`, parentData: holder }
      const at = { ...list, parentDataProperty: name, rootData: context.root }
      if (contextViolation(url, contexts, { holder: property.holder, context, list: at }) !== undefined) return false
      if (elementPath !== undefined && allowedPaths && allowedPaths.size < MAX_PATHS) allowedPaths.add(elementPath)
      return true
    },
  ]
}

const MAX_PATHS = 200

const isName = (step: string): boolean => !/^\d+$/.test(step)
const escaped = (step: string): string => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`

/** Searches for the path of an object in one check: each walks the whole resource. */
const MAX_WALKS = 4
const walksByContext = new WeakMap<CheckContext, number>()

/** The path to an object in the outermost resource; undefined when the object occurs several times. */
function pathTo(target: JsonObject, context: CheckContext): readonly string[] | undefined {
  const before = walksByContext.get(context) ?? 0
  walksByContext.set(context, before + 1)
  if (before >= MAX_WALKS) return undefined
  const found: string[][] = []
  collectPaths(context.root, target, found)
  return found.length === 1 ? found[0]?.reverse() : undefined
}

/** Adds the reversed path of each occurrence of the target. */
function collectPaths(value: object, target: object, found: string[][]): void {
  for (const key in value) {
    const one = (value as JsonObject)[key]
    if (typeof one !== 'object' || one === null) continue
    const before = found.length
    if (one === target) found.push([])
    collectPaths(one, target, found)
    for (let index = before; index < found.length; index++) found[index]?.push(key)
  }
}
