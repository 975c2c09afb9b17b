/**
 * The order in which faults are told, whatever the order of properties in the JSON: what is no FHIR JSON first; then each
 * resource by its type, and after that by its profiles; elements as their definition lists them.
 * https://hl7.org/fhir/R4/validation.html
 */
import type { ElementNode } from '../definitions/structures/element.ts'
import type { Structures } from '../definitions/structures/structures.ts'
import type { ErrorCode } from '../fhir/outcome.ts'
import { pointerSteps } from './locate.ts'

type SortableViolation = { readonly detail: ErrorCode; readonly pointer: string; readonly profile?: string }

/** Codes of what cannot be read as the elements that it should be. */
const FORM_CODES = new Set<ErrorCode>(['element-unknown', 'element-type', 'element-empty'])

/** What stands beside a primitive (`_birthDate`) is read with its element. */
const INSIDE_SIBLING = /\/_[^/]+\//

/** A copy, sorted; those of one place keep their order. What is missing comes before all that its holder has. */
export function sortViolations<One extends SortableViolation>(
  violations: readonly One[],
  root: unknown,
  structures: Structures,
): readonly One[] {
  if (violations.length < 2) return violations
  const keyed = violations.map((violation) => ({
    violation,
    form:
      FORM_CODES.has(violation.detail) && violation.profile === undefined && !INSIDE_SIBLING.test(violation.pointer),
    place: sortKey(violation, root, structures),
  }))
  keyed.sort((one, other) => Number(other.form) - Number(one.form) || compare(one.place, other.place))
  return keyed.map(({ violation }) => violation)
}

/** A number for each step: of a list its index, of an element its rank; before the elements of a resource, 1 for its profiles. */
function sortKey(
  { detail, pointer, profile }: SortableViolation,
  root: unknown,
  structures: Structures,
): readonly number[] {
  const key: number[] = [0]
  const type = profile === undefined ? undefined : profiledType(profile, structures)
  let profileAt = type !== undefined && typeOf(root) === type ? 0 : undefined
  for (const { data, at, siblings, token } of pointerSteps(root, pointer, structures)) {
    key.push(siblings ? rankOf(at.node?.name, siblings) : Number(token) || 0)
    if (typeOf(data) === undefined) continue
    if (type !== undefined && typeOf(data) === type) profileAt = key.length
    key.push(0)
  }
  if (profileAt !== undefined) key[profileAt] = 1
  // What is wrong with where a contained resource stands comes after what is wrong with it.
  if (detail === 'contained-invalid' && /\/contained\/\d+$/.test(pointer)) key[key.length - 1] = 2
  return key
}

/** The type of resource that a profile is about; those of data types are part of the types that use them. */
function profiledType(profile: string, structures: Structures): string | undefined {
  const definition = structures.find(profile)
  return definition?.kind === 'resource' ? definition.type : undefined
}

const ranksByChildren = new WeakMap<ReadonlyMap<string, ElementNode>, ReadonlyMap<string, number>>()

/** What is not defined comes last. */
function rankOf(name: string | undefined, children: ReadonlyMap<string, ElementNode>): number {
  let ranks = ranksByChildren.get(children)
  if (!ranks) ranksByChildren.set(children, (ranks = new Map([...children.keys()].map((one, index) => [one, index]))))
  return ranks.get(name ?? '') ?? ranks.size
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (let index = 0; index < Math.min(one.length, other.length); index++) {
    const difference = (one[index] ?? 0) - (other[index] ?? 0)
    if (difference !== 0) return difference
  }
  return one.length - other.length
}

function typeOf(data: unknown): string | undefined {
  const type = (data as { resourceType?: unknown } | null | undefined)?.resourceType
  return typeof type === 'string' ? type : undefined
}
