/**
 * Lays a differential over the tree of its base: unfolds the children of data types where it walks into them, follows
 * content references, opens slices and reslices, and reads `valueQuantity` as the slice of `value[x]` that it is.
 * https://hl7.org/fhir/R4/profiling.html#differential
 */
import { DefinitionFault } from '../fault.ts'
import { choiceName, copyNodes, isChoice, type ElementDefinition, type ElementNode } from './element.ts'
import type { Structures } from './structure-definition.ts'

/** The elements that lead to one of a differential, and the slice of each; what it changes is not yet laid over it. */
export type Trail = readonly {
  readonly parent: ElementNode
  readonly whole: ElementNode
  readonly node: ElementNode
  readonly slice?: string
}[]

type DifferentialContext = {
  readonly url: string
  readonly structures: Structures
  /** Called with each element before it is laid over what its base says. */
  readonly look?: (change: ElementDefinition, node: ElementNode, trail: Trail) => void
}
type PathStep = { readonly name: string; readonly slices: readonly string[] }

/** Changes `root`, a copy. Throws DefinitionFault naming the first element that does not fit. */
export function applyDifferential(
  root: ElementNode,
  elements: readonly ElementDefinition[],
  setting: DifferentialContext,
): void {
  const current = new Map<string, string>()
  const sliced = new Map<ElementNode, Set<ElementNode>>()
  for (const [index, element] of elements.entries()) {
    if (!isReadable(element))
      throw new DefinitionFault(
        setting.url,
        `the element ${index} of its differential has no \`path\` as text. Give it one.`,
      )
    const odd = oddity(element)
    if (odd !== undefined) throw new DefinitionFault(setting.url, `\`${element.id ?? element.path}\` ${odd}`)
    const trail = locate(root, stepsOf(element, current), element, setting)
    const node = trail.at(-1)?.node ?? root
    setting.look?.(element, node, trail)
    node.element = merge(node.element, element)
    for (const { whole, node: slice } of trail) if (slice !== whole && isChoice(whole)) add(sliced, whole, slice)
  }
  for (const [choice, slices] of sliced) closeChoice(choice, slices)
}

function add(sliced: Map<ElementNode, Set<ElementNode>>, choice: ElementNode, slice: ElementNode): void {
  const slices = sliced.get(choice)
  if (slices) slices.add(slice)
  else sliced.set(choice, new Set([slice]))
}

/**
 * A choice keeps the types of its slices alone where the slicing is closed, and where a differential names some
 * (`Observation.valueQuantity`) without a `slicing`: so R4's own snapshots read it, such as that of
 * https://hl7.org/fhir/R4/bodyweight.html
 */
function closeChoice(choice: ElementNode, named: ReadonlySet<ElementNode>): void {
  const { slicing, type = [] } = choice.element
  if (slicing !== undefined && slicing.rules !== 'closed') return
  const slices = slicing === undefined ? named : choice.slices.values()
  const codes = new Set([...slices].flatMap(({ element }) => (element.type ?? []).map(({ code }) => code)))
  const kept = type.filter(({ code }) => codes.has(code))
  if (kept.length > 0 && kept.length < type.length) choice.element = { ...choice.element, type: kept }
}

/** Has it a path, and an id, if any, that are texts? Whoever reads a folder may meet anything. */
export const isReadable = (element: unknown): element is ElementDefinition => {
  const { path, id } = (element ?? {}) as { path?: unknown; id?: unknown }
  return typeof path === 'string' && (id === undefined || typeof id === 'string')
}

/** What would be stumbled over later: a type without a code, a contentReference that is no text. */
function oddity({ type, contentReference }: ElementDefinition): string | undefined {
  if (contentReference !== undefined && typeof contentReference !== 'string')
    return 'has a `contentReference` that is no text.'
  if (type === undefined) return undefined
  const isOdd = (one: unknown): boolean => typeof (one as { code?: unknown } | null)?.code !== 'string'
  return !Array.isArray(type) || type.some(isOdd)
    ? 'has a `type` that is no list of types, each with a `code`.'
    : undefined
}

/** Gives a leaf the children of its type (or of what its content reference points at); does nothing to others. */
export function unfold(node: ElementNode, root: ElementNode, structures: Structures): void {
  if (node.children.size > 0) return
  const source = sourceOf(node, root, structures)
  if (source) for (const [name, child] of copyNodes(source.children)) node.children.set(name, child)
}

function sourceOf(node: ElementNode, root: ElementNode, structures: Structures): ElementNode | undefined {
  const reference = node.element.contentReference
  if (reference) return descend(root, reference.slice(reference.indexOf('#') + 1))
  const types = node.element.type ?? []
  const type = types[0]
  if (typeof type?.code !== 'string') return undefined
  // Several types share only what every element has: id and extension.
  if (types.length > 1) return structures.tree('Element')
  const profile = type.profile?.length === 1 ? type.profile[0] : undefined
  return profile && structures.find(profile) ? structures.tree(profile) : structures.tree(type.code)
}

function descend(root: ElementNode, path: string): ElementNode | undefined {
  const steps = path.split('.').slice(1)
  return steps.reduce<ElementNode | undefined>((node, step) => node?.children.get(step), root)
}

function locate(
  root: ElementNode,
  steps: readonly PathStep[],
  element: ElementDefinition,
  setting: DifferentialContext,
): Trail {
  const trail: Trail[number][] = []
  let node = root
  for (const step of steps) {
    const next = child(node, step.name, root, setting.structures)
    if (!next) {
      const existing = [...node.children.keys()].join(', ')
      throw new DefinitionFault(
        setting.url,
        `the differential names \`${element.id ?? element.path}\`, but \`${node.path}\` has no element \`${step.name}\`. It has: ${existing}.`,
      )
    }
    const parent = node
    node = step.slices.reduce(slice, next)
    const whole = parent.children.get(next.name) ?? next
    const name = step.slices.join('/') || (next === whole ? undefined : step.name)
    trail.push({ parent, whole: whole ?? next, node, ...(name === undefined ? {} : { slice: name }) })
  }
  return trail
}

function child(node: ElementNode, name: string, root: ElementNode, structures: Structures): ElementNode | undefined {
  unfold(node, root, structures)
  return node.children.get(name) ?? choiceSlice(node, name)
}

// `Observation.valueQuantity` in a differential is a short form of the slice `Observation.value[x]:valueQuantity`.
function choiceSlice(node: ElementNode, name: string): ElementNode | undefined {
  for (const choice of node.children.values()) {
    const type = isChoice(choice)
      ? choice.element.type?.find((one) => choiceName(choice.name, one.code) === name)
      : undefined
    if (!type) continue
    const made = slice(choice, name)
    made.element = { ...made.element, type: [type] }
    return made
  }
  return undefined
}

function slice(node: ElementNode, name: string): ElementNode {
  const existing = node.slices.get(name)
  if (existing) return existing
  const { slicing: _, ...element } = node.element
  const made: ElementNode = {
    ...node,
    element: { ...element, min: 0, ...typeByName(node, name) },
    children: copyNodes(node.children),
    slices: new Map(),
  }
  node.slices.set(name, made)
  return made
}

function typeByName(node: ElementNode, name: string): { type?: ElementDefinition['type'] } {
  if (!isChoice(node)) return {}
  const type = node.element.type?.find((one) => choiceName(node.name, one.code) === name)
  return type ? { type: [type] } : {}
}

// The id says it all (`Patient.identifier:hubId.system`); without one, a path belongs to the slice last opened on it.
function stepsOf(element: ElementDefinition, current: Map<string, string>): readonly PathStep[] {
  if (element.sliceName) current.set(element.path, element.sliceName)
  const names = element.path.split('.')
  const ids = element.id?.split('.')
  if (ids && ids.length === names.length) return ids.slice(1).map(step)
  return names.slice(1).map((name, index) => {
    const path = names.slice(0, index + 2).join('.')
    const isLast = index === names.length - 2
    const sliced = isLast ? element.sliceName : current.get(path)
    return step(sliced ? `${name}:${sliced}` : name)
  })
}

// A reslice is written `slice/reslice`.
function step(text: string): PathStep {
  const colon = text.indexOf(':')
  return colon < 0
    ? { name: text, slices: [] }
    : { name: text.slice(0, colon), slices: text.slice(colon + 1).split('/') }
}

const KEPT = new Set(['path', 'id', 'sliceName', 'constraint'])

function merge(base: ElementDefinition, change: ElementDefinition): ElementDefinition {
  const made: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(change)) if (!KEPT.has(key)) made[key] = value
  const stated = Array.isArray(change.constraint) ? change.constraint.filter(Boolean) : []
  const keys = new Set(stated.map((one) => one.key))
  const constraint = [...(base.constraint ?? []).filter((one) => !keys.has(one.key)), ...stated]
  if (constraint.length > 0) made.constraint = constraint
  if (change.sliceName) made.sliceName = change.sliceName
  return made as ElementDefinition
}
