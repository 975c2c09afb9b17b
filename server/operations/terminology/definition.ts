/** The definition that a terminology operation is about: the record of the address, the one sent along, or one by url. */
import type { Canonical, Definitions } from '../../definitions/definitions.ts'
import { refuse } from '../../fhir/outcome.ts'
import type { Values } from '../../fhir/parameters.ts'
import type { Resource } from '../../fhir/types.ts'
import type { Call } from '../../interactions/call.ts'
import { keyOf, notFound } from '../../interactions/target.ts'
import { insight } from '../../records/view.ts'
import type { Store } from '../../store/store.ts'
import { createTerminology, type Terminology } from '../../terminology/terminology.ts'

export type TerminologyNeeds = { readonly definitions: Definitions; readonly store: Store }

export type Kind = 'CodeSystem' | 'ValueSet' | 'ConceptMap'

/** What is published by url, as the validator reads it; one for all operations while the definitions stay the same. */
export function terminologyOf(needs: TerminologyNeeds): Terminology {
  const definitions = needs.definitions.current()
  const known = made.get(definitions) ?? createTerminology(definitions)
  made.set(definitions, known)
  return known
}

const made = new WeakMap<Definitions, Terminology>()

type Named = {
  readonly kind: Kind
  /** A resource that was sent along. */
  readonly given?: unknown
  readonly url?: unknown
  readonly version?: unknown
}

/**
 * Errors: `not-found` for a record or url that is not at hand, `invalid-parameter` when nothing says which is meant.
 */
export async function definitionFor(needs: TerminologyNeeds, call: Call, named: Named): Promise<Canonical> {
  if (call.id !== undefined) return ofAddress(needs, call)
  const { kind, given, url, version } = named
  if (given !== undefined) return ofBody(given, kind)
  if (typeof url !== 'string') {
    throw refuse('invalid-parameter', `Say which ${kind} is meant: send \`url\`, or call the operation on one of them.`)
  }
  const asked = typeof version === 'string' ? `${url}|${version}` : url
  const found = terminologyOf(needs).find(asked, kind) ?? (await stored(needs, call, { kind, url, version }))
  if (!found)
    throw refuse('not-found', `The ${kind} \`${asked}\` is not at hand here. Correct the url, or send it along.`)
  return found
}

async function ofAddress({ store }: TerminologyNeeds, call: Call): Promise<Canonical> {
  const key = keyOf(call)
  const resource = await insight(store, call.caller, call.now).resource(key)
  if (!resource) throw notFound(key)
  return resource as Resource as Canonical
}

function ofBody(given: unknown, kind: Kind): Canonical {
  const resource = given as Canonical
  if (resource.resourceType === kind) return resource
  throw refuse('invalid-parameter', `What was sent along is a \`${String(resource.resourceType)}\`, not a ${kind}.`)
}

/** One that was written as a record, where such are taken. */
async function stored(
  { store, definitions }: TerminologyNeeds,
  call: Call,
  { kind, url, version }: Named & { readonly url: string },
): Promise<Canonical | undefined> {
  if (!definitions.capability(kind)?.searchParameters.some(({ code }) => code === 'url')) return undefined
  const where = { op: 'uri', param: 'url', value: url } as const
  const found = (await insight(store, call.caller, call.now).list(kind, where)) as readonly Resource[]
  return found.find((one) => version === undefined || one.version === version) as Canonical | undefined
}

/** A code as it is asked for: by `code` and `system`, as `coding`, or as one of a `codeableConcept`. */
export type Code = {
  readonly system?: string
  readonly version?: string
  readonly code: string
  readonly display?: string
}

type Concept = { readonly coding?: readonly Partial<Code>[] }

/**
 * The codes that are asked about; any of them may do. `system` is taken for a code that is sent without.
 * Errors: `invalid-parameter` when there is none, or when it is given in several ways.
 */
export function codesIn(
  values: Values,
  names: { readonly version: string; readonly system?: string },
): readonly Code[] {
  const { code, coding, codeableConcept } = values
  if ([code, coding, codeableConcept].filter((one) => one !== undefined).length !== 1) {
    throw refuse('invalid-parameter', 'Send one of `code` (with `system`), `coding` and `codeableConcept`.')
  }
  const { display, system = names.system } = values as { display?: string; system?: string }
  const codings: readonly Partial<Code>[] =
    code !== undefined
      ? [{ code: code as string, system, display, version: values[names.version] as string | undefined }]
      : coding !== undefined
        ? [coding as Partial<Code>]
        : ((codeableConcept as Concept).coding ?? [])
  const codes = codings.filter((one): one is Code => typeof one.code === 'string')
  if (codes.length > 0) return codes.map((one) => ({ ...one, system: one.system ?? names.system }))
  throw refuse('invalid-parameter', 'The coding has no `code`; send the code that is asked about.')
}
