/**
 * A patch in either of the two forms that the hub takes, and what it makes of a resource. The elements that the hub sets
 * stay as they are. https://hl7.org/fhir/R4/http.html#patch
 */
import type { Structures } from '../definitions/structures/structure-definition.ts'
import { applyJsonPatch, parseJsonPatch, type JsonPatchOperation } from '../fhir/json-patch.ts'
import { parseJsonInTurns } from '../fhir/json-in-turns.ts'
import { refuse } from '../fhir/outcome.ts'
import { serializeInTurns } from '../fhir/serialize-in-turns.ts'
import type { Json, Resource } from '../fhir/types.ts'
import { applyFhirPathPatch, parseFhirPathPatch, type FhirPathOperation } from './fhirpath-patch.ts'

export type Patch =
  | { readonly form: 'json'; readonly operations: readonly JsonPatchOperation[] }
  | { readonly form: 'fhirpath'; readonly operations: readonly FhirPathOperation[] }

/**
 * @param limit how many operations are taken
 * @throws OutcomeError `patch-malformed`, `patch-too-long`
 */
export function jsonPatchOf(document: Json, limit: number): Patch {
  return limited({ form: 'json', operations: parseJsonPatch(document) }, limit)
}

/** @throws OutcomeError `patch-malformed`, `patch-too-long` */
export function fhirPathPatchOf(parameters: Resource, limit: number): Patch {
  return limited({ form: 'fhirpath', operations: parseFhirPathPatch(parameters) }, limit)
}

function limited(patch: Patch, limit: number): Patch {
  const { length } = patch.operations
  if (length <= limit) return patch
  throw refuse(
    'patch-too-long',
    `The patch has ${length} operations; at most ${limit} are taken. Send several patches, or an update.`,
  )
}

/** What a patch is applied to: the JSON text of a resource, and the elements that the hub sets on its type. */
export type PatchSubject = {
  readonly text: string
  readonly setElements: readonly string[]
}

/**
 * The resource after the patch.
 * @throws OutcomeError `patch-conflict`, `patch-reserved`; `patch-malformed` for a path that cannot be evaluated
 */
export async function applyPatch(patch: Patch, subject: PatchSubject, structures: Structures): Promise<Resource> {
  // Read anew, because it is changed.
  const resource = (await parseJsonInTurns(subject.text)).value as Resource
  const { resourceType: type } = resource
  const reserved = reservedIn(subject.setElements)
  const before = reserved.map((path) => textAt(resource, path))
  const after = (document: unknown, index: number): void => {
    const changed = reserved.find((path, position) => textAt(document, path) !== before[position])
    if (changed) throw reservedElement(patch, index, [type, ...changed].join('.'))
  }
  const patched =
    patch.form === 'json'
      ? applyJsonPatch(resource as unknown as Json, patch.operations, after)
      : applyFhirPathPatch(resource, patch.operations, structures, after)
  // Refuses what would nest deeper than a body may.
  return (await parseJsonInTurns(await serializeInTurns(patched))).value as Resource
}

type ElementPath = readonly string[]

const ALWAYS_RESERVED: readonly ElementPath[] = [
  ['resourceType'],
  ['id'],
  ['meta', 'versionId'],
  ['meta', 'lastUpdated'],
  ['meta', 'source'],
]

const reservedIn = (setElements: readonly string[]): readonly ElementPath[] =>
  [...ALWAYS_RESERVED, ...setElements.map((name) => [name])].flatMap((path) => [
    path,
    [...path.slice(0, -1), `_${path.at(-1)}`],
  ])

function textAt(document: unknown, path: ElementPath): string | undefined {
  const value = path.reduce<unknown>(
    (holder, name) =>
      typeof holder === 'object' && holder !== null && Object.hasOwn(holder, name)
        ? (holder as Record<string, unknown>)[name]
        : undefined,
    document,
  )
  return JSON.stringify(value)
}

function reservedElement(patch: Patch, index: number, element: string) {
  const at = patch.form === 'fhirpath' ? patch.operations[index]?.at : undefined
  return refuse(
    'patch-reserved',
    `Operation ${index + 1} of the patch changes \`${element}\`, which the hub sets. Leave it as it is, and patch the elements beside it.`,
    at === undefined ? {} : { expression: at },
  )
}
