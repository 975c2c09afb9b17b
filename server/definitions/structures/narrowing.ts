/**
 * A profile narrows what its base says, never widens it, and names the elements in their order.
 * https://hl7.org/fhir/R4/profiling.html#limitations, https://hl7.org/fhir/R4/elementdefinition.html#interpretation
 */
import { DefinitionFault } from '../fault.ts'
import type { Trail } from './differential.ts'
import { choiceName, isChoice, type ElementDefinition, type ElementNode, type TypeRef } from './element.ts'
import type { Structures } from './structure-definition.ts'

type Look = (change: ElementDefinition, node: ElementNode, trail: Trail) => void
type NarrowingRule = (change: ElementDefinition, node: ElementNode, structures: Structures) => string | undefined

/** Looks at the elements of a differential in turn; throws DefinitionFault for the first that does not narrow its base. */
export function lookAt(url: string, structures: Structures): Look {
  return (change, node, trail) => {
    const fault = NARROWING.map((rule) => rule(change, node, structures)).find((one) => one !== undefined)
    const what = fault ?? slicingFault(change, trail)
    if (what !== undefined) throw new DefinitionFault(url, `\`${change.id ?? change.path}\` ${what}`)
  }
}

/** Tells the elements that the base lists before those that come before them here. */
export function findOutOfOrder(report: (change: ElementDefinition) => void): Look {
  let before: readonly ElementPosition[] = []
  return (change, _node, trail) => {
    const position = positionOf(trail)
    if (isBefore(position, before)) report(change)
    before = position
  }
}

/** Least and most: the most of a slice is that of the slice, not of the list. */
const cardinality: NarrowingRule = ({ min, max, sliceName }, { element }) => {
  const [least, most] = [element.min ?? 0, number(element.max)]
  if (typeof min === 'number' && min < least) return `has the min \`${min}\`, but the base asks for \`${least}\`.`
  // Rule eld-2: min is not above max, whichever of them is the base's.
  const [from, to] = [typeof min === 'number' ? min : least, typeof max === 'string' ? number(max) : most]
  if (from > to) return `has the min \`${from}\`, which is above its max \`${to}\`.`
  if (typeof max !== 'string' || sliceName !== undefined || number(max) <= most) return undefined
  return `has the max \`${max}\`, but the base allows \`${String(element.max)}\`.`
}

const number = (max: string | undefined): number => (max === undefined || max === '*' ? Infinity : Number(max))

const types: NarrowingRule = ({ type }, { element }, structures) => {
  const allowed = element.type ?? []
  if (!Array.isArray(type) || allowed.length === 0) return undefined
  const other = (type as readonly TypeRef[]).find(
    ({ code }) => isName(code) && !allowed.some((one) => isKindOf(code, one.code, structures)),
  )
  if (other) return `has the type \`${other.code}\`; the base allows ${list(allowed.map(({ code }) => code))}.`
  return (type as readonly TypeRef[]).flatMap((one) => targetFault(one, allowed, structures) ?? []).at(0)
}

/** Types of FHIR, not those of FHIRPath (`http://hl7.org/fhirpath/System.String`). */
const isName = (code: unknown): code is string => typeof code === 'string' && !code.includes('/')

function targetFault({ code, targetProfile }: TypeRef, allowed: readonly TypeRef[], structures: Structures) {
  const before = allowed.filter((one) => one.code === code).flatMap((one) => one.targetProfile ?? [])
  if (code !== 'Reference' || !Array.isArray(targetProfile) || before.length === 0) return undefined
  const bases = before.map((url) => structures.find(url)?.type)
  if (bases.includes(undefined)) return undefined
  const other = targetProfile.find((url) => {
    const type = structures.find(String(url))?.type
    return type !== undefined && !bases.some((base) => isKindOf(type, String(base), structures))
  })
  return other && `refers to \`${other}\`; the base allows ${list(bases.map(String))}.`
}

/** Is the type the other one, or made from it? */
function isKindOf(type: string, other: string, structures: Structures): boolean {
  if (type === other || other === '*') return true
  const seen = new Set<string>()
  for (
    let at = structures.find(type);
    at?.baseDefinition && !seen.has(at.url);
    at = structures.find(at.baseDefinition)
  ) {
    seen.add(at.url)
    if (structures.find(at.baseDefinition)?.type === other) return true
  }
  return false
}

const VALUE = /^(?:fixed|pattern)([A-Z]\w*)$/

/** What is fixed, and a pattern, are of a type that the element has. */
const values: NarrowingRule = (change, { element }) => {
  const codes = (Array.isArray(change.type) ? change.type : (element.type ?? [])).map(({ code }) => code).filter(isName)
  if (codes.length === 0) return undefined
  const key = Object.keys(change).find((one) => VALUE.test(one))
  const name = key && VALUE.exec(key)?.[1]
  if (!key || codes.some((code) => choiceName('[x]', code) === name)) return undefined
  return `has \`${key}\`; its type is ${list(codes)}.`
}

const binding: NarrowingRule = ({ binding: now }, { element }) => {
  const { strength } = element.binding ?? {}
  if (strength !== 'required' || now?.strength === undefined || now.strength === 'required') return undefined
  return `has a ${now.strength} binding; that of the base is required.`
}

const NARROWING: readonly NarrowingRule[] = [cardinality, types, values, binding]

const list = (names: readonly string[]): string => [...new Set(names)].map((one) => `\`${one}\``).join(' or ')

/** A slice is one of a list that is sliced; extensions are sliced by their url, choices by their type. */
function slicingFault({ id, sliceName }: ElementDefinition, trail: Trail): string | undefined {
  const last = trail.at(-1)
  if (!last || last.slice === undefined || isChoice(last.whole)) return undefined
  if (sliceName === undefined && id?.split('.').at(-1)?.includes(':'))
    return 'has no `sliceName`, but its id names a slice.'
  const isSliced = last.whole.element.slicing !== undefined || last.whole.element.type?.[0]?.code === 'Extension'
  return isSliced ? undefined : `is a slice, but \`${last.whole.path}\` has no \`slicing\` that tells its slices apart.`
}

/** Where an element stands among its siblings, and in which slice of it. */
type ElementPosition = { readonly index: number; readonly slice?: string }

const positionOf = (trail: Trail): readonly ElementPosition[] =>
  trail.map(({ parent, whole, slice }) => ({ index: [...parent.children.keys()].indexOf(whole.name), slice }))

/** Of different slices of the same element either may come first. */
function isBefore(one: readonly ElementPosition[], other: readonly ElementPosition[]): boolean {
  for (let step = 0; step < Math.min(one.length, other.length); step++) {
    const [mine, theirs] = [one[step], other[step]]
    if (mine?.index !== theirs?.index) return (mine?.index ?? 0) < (theirs?.index ?? 0)
    if (mine?.slice !== theirs?.slice) return false
  }
  return false
}
