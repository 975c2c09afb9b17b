/** What is wrong with a profile that somebody sent, before anything is built on it. https://hl7.org/fhir/R4/profiling.html */
import { DefinitionFault } from '../fault.ts'
import { applyDifferential, isReadable, unfold } from './differential.ts'
import { lookAt, findOutOfOrder } from './narrowing.ts'
import { copyNode, valueOf, type ElementDefinition, type ElementNode } from './element.ts'
import { elementsOf, type StructureDefinition, type Structures } from './structure-definition.ts'

/** More than any real profile has; what is larger is not looked at here. */
const MOST_ELEMENTS = 5000
const LONGEST_PATH = 500

/** A sentence, or undefined when all is well or the base is not at hand. Never throws for what the definition contains. */
export function differentialFault(definition: StructureDefinition, structures: Structures): string | undefined {
  const elements = elementsOf(definition.differential)
  const base = definition.baseDefinition
  const url = String(definition.url)
  if (!elements || typeof base !== 'string' || !structures.find(base)) return undefined
  if (!areReadable(elements)) return undefined
  try {
    const tree = copyNode(structures.tree(base))
    const changed = fixedFault(tree, elements)
    if (changed) return changed
    applyDifferential(tree, elements, { url, structures, look: lookAt(url, structures) })
    // The paths must fit by themselves, too: an id may say something else.
    const byPath = elements.map(({ id: _, ...element }) => element as ElementDefinition)
    applyDifferential(copyNode(structures.tree(base)), byPath, { url, structures })
    return discriminatorFault(tree, structures)
  } catch (fault) {
    return fault instanceof DefinitionFault ? fault.what : undefined
  }
}

const areReadable = (elements: readonly unknown[]): boolean =>
  elements.length <= MOST_ELEMENTS && elements.every((one) => isReadable(one) && one.path.length < LONGEST_PATH)

/** What a base fixes stays fixed. */
function fixedFault(tree: ElementNode, elements: readonly ElementDefinition[]): string | undefined {
  for (const element of elements) {
    if ((element.id ?? element.path).includes(':')) continue
    const node = element.path
      .split('.')
      .slice(1)
      .reduce<ElementNode | undefined>((at, name) => at?.children.get(name), tree)
    const [before, now] = [node && valueOf(node.element, 'fixed'), valueOf(element, 'fixed')]
    if (before === undefined || now === undefined || JSON.stringify(before) === JSON.stringify(now)) continue
    return `\`${element.path}\` is fixed to ${JSON.stringify(before)} by the base; it cannot become ${JSON.stringify(now)}.`
  }
  return undefined
}

/** https://hl7.org/fhir/R4/valueset-discriminator-type.html */
const DISCRIMINATORS: ReadonlySet<string> = new Set(['value', 'exists', 'pattern', 'type', 'profile'])

/** Functions, none inside another: `extension('...')`, `resolve()`, `ofType(...)`. */
const PARENTHESES = /^[^()]*(?:\([^()]*\)[^()]*)*$/

/** A discriminator leads from the sliced element to one of its children. */
function discriminatorFault(node: ElementNode, structures: Structures): string | undefined {
  for (const { type, path } of node.element.slicing?.discriminator ?? []) {
    if (typeof type === 'string' && !DISCRIMINATORS.has(type))
      return `\`${node.path}\` has a discriminator of the type \`${type}\`. There are ${[...DISCRIMINATORS].join(', ')}.`
    if (typeof path === 'string' && !PARENTHESES.test(path))
      return `the discriminator \`${path}\` of \`${node.path}\` cannot be read: its parentheses do not match.`
    if (typeof path === 'string' && !leads(node, path, structures))
      return `the discriminator \`${path}\` leads to no element of \`${node.path}\`.`
  }
  for (const below of [...node.children.values(), ...node.slices.values()]) {
    const fault = discriminatorFault(below, structures)
    if (fault) return fault
  }
  return undefined
}

// What comes after a function (`resolve()`, `ofType()`, `extension()`) depends on the slice.
function leads(node: ElementNode, path: string, structures: Structures): boolean {
  let at = node
  for (const step of path.split('.')) {
    if (step === '$this' || step === '') continue
    if (step.includes('(') || at.element.type?.[0]?.code === 'Resource' || (at.element.type?.length ?? 0) > 1)
      return true
    const open = copyNode(at)
    unfold(open, open, structures)
    const next = open.children.get(step) ?? open.children.get(`${step}[x]`)
    if (!next) return open.children.size === 0
    at = next
  }
  return true
}

/** The first element that its base lists before the one that comes before it here. Never throws, either. */
export function lateElement(definition: StructureDefinition, structures: Structures): string | undefined {
  const elements = elementsOf(definition.differential)
  const base = definition.baseDefinition
  if (!elements || typeof base !== 'string' || !structures.find(base) || !areReadable(elements)) return undefined
  const late: ElementDefinition[] = []
  const look = findOutOfOrder((change) => late.push(change))
  try {
    applyDifferential(copyNode(structures.tree(base)), elements, { url: String(definition.url), structures, look })
  } catch {
    return undefined
  }
  return late[0] && (late[0].id ?? late[0].path)
}

/** What a profile says of itself as a whole: it is of the type that it constrains. */
export function headFault(definition: StructureDefinition, structures: Structures): string | undefined {
  const { url, type, baseDefinition, context } = definition
  const base = typeof baseDefinition === 'string' ? structures.find(baseDefinition) : undefined
  if (base && base.type !== type) return `its type is \`${type}\`, but its base is of the type \`${base.type}\`.`
  if (type !== 'Extension' && context !== undefined) return 'only an extension has a `context`.'
  const own = elementsOf(definition.differential)?.find(isUrl)?.fixedUri
  if (type !== 'Extension' || typeof own !== 'string' || own === url) return undefined
  return `its extensions have the url \`${own}\`, but it is published as \`${url}\`.`
}

const isUrl = (element: ElementDefinition | null): boolean => (element?.id ?? element?.path) === 'Extension.url'
