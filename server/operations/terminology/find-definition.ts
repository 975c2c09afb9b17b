/** Finds the definition for a terminology operation: the record of the address, the resource in the body, or one by url. */
import type { CanonicalResource } from '../../definitions/canonical-resource.ts'
import type { Definitions } from '../../definitions/definitions.ts'
import { refuse } from '../../fhir/outcome.ts'
import type { Values } from '../../fhir/parameters.ts'
import type { Resource } from '../../fhir/types.ts'
import type { Call } from '../../interactions/call.ts'
import { keyOf, notFound } from '../../interactions/target.ts'
import { insight } from '../../records/view.ts'
import { createTerminology, type Terminology } from '../../terminology/terminology.ts'
import { splitCanonical } from '../../terminology/versions.ts'
import type { TerminologyNeeds, TerminologyType } from './needs.ts'
import { findStored } from './stored-terminology.ts'

/** The terminology of the current definitions, as the validator has it; built once for each set of definitions. */
export function terminologyOf(needs: TerminologyNeeds): Terminology {
  const definitions = needs.definitions.current()
  const terminology = terminologies.get(definitions) ?? createTerminology(definitions)
  terminologies.set(definitions, terminology)
  return terminology
}

const terminologies = new WeakMap<Definitions, Terminology>()

type DefinitionSpec = {
  readonly type: TerminologyType
  /** A resource in the body. */
  readonly resource?: unknown
  readonly url?: unknown
  readonly version?: unknown
}

/**
 * Errors: `not-found` for a record or url that does not exist, `invalid-parameter` when the call names none.
 */
export async function findDefinition(
  needs: TerminologyNeeds,
  call: Call,
  spec: DefinitionSpec,
): Promise<CanonicalResource> {
  if (call.id !== undefined) return fromAddress(needs, call)
  const { type, resource: given, url, version } = spec
  if (given !== undefined) return fromBody(given, type)
  if (typeof url !== 'string') {
    throw refuse('invalid-parameter', `Name the ${type}: send \`url\`, or call the operation at its address.`)
  }
  const canonical = canonicalOf(type, url, version)
  const found =
    terminologyOf(needs).find(canonical, type) ??
    (await findStored(needs, call, { type, ...splitCanonical(canonical) }))
  if (!found)
    throw refuse(
      'not-found',
      `The ${type} \`${canonical}\` is not available here. Correct the url, or send it in the body.`,
    )
  return found
}

/** A version in `url` itself, or in the parameter for it. */
function canonicalOf(type: TerminologyType, url: string, version: unknown): string {
  if (typeof version !== 'string') return url
  const named = splitCanonical(url).version
  if (named === undefined) return `${url}|${version}`
  if (named === version) return url
  throw refuse('invalid-parameter', `\`${url}\` is not version \`${version}\`; name one version of the ${type}.`)
}

async function fromAddress({ store }: TerminologyNeeds, call: Call): Promise<CanonicalResource> {
  const key = keyOf(call)
  const resource = await insight(store, call.caller, call.now).resource(key)
  if (!resource) throw notFound(key)
  return resource as Resource as CanonicalResource
}

function fromBody(given: unknown, type: TerminologyType): CanonicalResource {
  const resource = given as CanonicalResource
  if (resource.resourceType === type) return resource
  throw refuse('invalid-parameter', `The body has a \`${String(resource.resourceType)}\`, not a ${type}.`)
}

/** The code of a request: by `code` and `system`, as `coding`, or as one of a `codeableConcept`. */
export type RequestedCode = {
  readonly system?: string
  readonly version?: string
  readonly code: string
  readonly display?: string
}

type CodeableConceptValue = { readonly coding?: readonly Partial<RequestedCode>[] }

/**
 * The codes of a request, of which one has to match. `names.system` is the default system.
 * Errors: `invalid-parameter` when there is none, or when it is given in several ways.
 */
export function requestedCodes(
  values: Values,
  names: { readonly version: string; readonly system?: string },
): readonly RequestedCode[] {
  const { code, coding, codeableConcept } = values
  if ([code, coding, codeableConcept].filter((one) => one !== undefined).length !== 1) {
    throw refuse('invalid-parameter', 'Send one of `code` (with `system`), `coding` and `codeableConcept`.')
  }
  const { display, system = names.system } = values as { display?: string; system?: string }
  const codings: readonly Partial<RequestedCode>[] =
    code !== undefined
      ? [{ code: code as string, system, display, version: values[names.version] as string | undefined }]
      : coding !== undefined
        ? [coding as Partial<RequestedCode>]
        : ((codeableConcept as CodeableConceptValue).coding ?? [])
  const codes = codings.filter((one): one is RequestedCode => typeof one.code === 'string')
  if (codes.length > 0) return codes.map((one) => ({ ...one, system: one.system ?? names.system }))
  throw refuse('invalid-parameter', 'The coding has no `code`; send the code to check.')
}
