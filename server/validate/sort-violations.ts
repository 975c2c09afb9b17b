/**
 * Sorts violations, whatever the order of properties in the JSON: first what is not FHIR JSON; then for each resource
 * those of its type before those of its profiles, elements in the order of their definition.
 * https://hl7.org/fhir/R4/validation.html
 */
import type { ElementNode } from '../definitions/structures/element.ts'
import type { Structures } from '../definitions/structures/structure-definition.ts'
import type { ErrorCode } from '../fhir/outcome.ts'
import { pointerSteps } from './locate.ts'

type SortableViolation = { readonly detail: ErrorCode; readonly pointer: string; readonly profile?: string }

/** Codes of values that are not FHIR JSON. */
const FORM_CODES = new Set<ErrorCode>(['element-unknown', 'element-type', 'element-empty'])

/** Inside the `_name` of a primitive (`_birthDate`): sorted with its element. */
const INSIDE_SIBLING = /\/_[^/]+\//

/** A sorted copy; violations of one element keep their order. A missing element comes before those that are present. */
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
    position: sortKey(violation, root, structures),
  }))
  keyed.sort((one, other) => Number(other.form) - Number(one.form) || compare(one.position, other.position))
  return keyed.map(({ violation }) => violation)
}

/** A number for each step of the pointer: the index in a list, the rank of an element; before the elements of a resource 0 for its type, 1 for its profiles. */
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
  // A violation of the rules for contained resources comes after those of the resource itself.
  if (detail === 'contained-invalid' && /\/contained\/\d+$/.test(pointer)) key[key.length - 1] = 2
  return key
}

/** The resource type of a profile; undefined for profiles of data types, which are sorted with the types that use them. */
function profiledType(profile: string, structures: Structures): string | undefined {
  const definition = structures.find(profile)
  return definition?.kind === 'resource' ? definition.type : undefined
}

const ranksByChildren = new WeakMap<ReadonlyMap<string, ElementNode>, ReadonlyMap<string, number>>()

/** Elements that are not defined come last. */
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
