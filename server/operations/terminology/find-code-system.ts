/** Finds the code system for an operation, also one that no resource lists (units, languages, currencies). */
import type { CanonicalResource } from '../../definitions/canonical-resource.ts'
import { refuse } from '../../fhir/outcome.ts'
import type { Call } from '../../interactions/call.ts'
import type { CodeSystem } from '../../terminology/code-system.ts'
import { matchesVersion } from '../../terminology/versions.ts'
import { findDefinition, terminologyOf } from './find-definition.ts'
import type { TerminologyNeeds } from './needs.ts'

export type FoundCodeSystem = {
  readonly url: string
  readonly codes: CodeSystem
  /** The CodeSystem resource; a system defined by the syntax of its codes has none. */
  readonly resource?: CanonicalResource
}

type CodeSystemSpec = { readonly resource?: unknown; readonly url?: unknown; readonly version?: unknown }

/** Errors: as findDefinition; `not-found` for a supplement, which is no code system of its own. */
export async function findCodeSystem(
  needs: TerminologyNeeds,
  call: Call,
  { resource: sent, url, version }: CodeSystemSpec,
): Promise<FoundCodeSystem> {
  const terminology = terminologyOf(needs)
  const codeSystem =
    call.id === undefined && sent === undefined && typeof url === 'string' && terminology.codeSystem(url)
  if (
    codeSystem &&
    matchesVersion(version as string | undefined, codeSystem.version) &&
    codeSystem.content !== 'supplement'
  ) {
    const resource = terminology.find(url as string, 'CodeSystem')
    return { url: url as string, codes: codeSystem, ...(resource ? { resource } : {}) }
  }
  const resource = await findDefinition(needs, call, { type: 'CodeSystem', resource: sent, url, version })
  if (resource.content === 'supplement')
    throw refuse('not-found', `\`${resource.url}\` is a supplement; name the code system that it extends.`)
  const codes = terminology.find(resource.url, 'CodeSystem') ? terminology.codeSystem(resource.url) : undefined
  return { url: resource.url, codes: codes ?? terminology.codeSystemIn(resource), resource }
}
