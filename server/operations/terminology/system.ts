/** The code system that an operation is about, with those that no resource lists (units, languages, currencies). */
import type { Canonical } from '../../definitions/definitions.ts'
import { refuse } from '../../fhir/outcome.ts'
import type { Call } from '../../interactions/call.ts'
import type { CodeSystem } from '../../terminology/code-system.ts'
import { isVersion } from '../../terminology/versions.ts'
import { definitionFor, terminologyOf, type TerminologyNeeds } from './definition.ts'

export type System = {
  readonly url: string
  readonly codes: CodeSystem
  /** What defines it; a system that is told by the form of its codes has none. */
  readonly resource?: Canonical
}

type Named = { readonly given?: unknown; readonly url?: unknown; readonly version?: unknown }

/** Errors: as definitionFor; `not-found` for a supplement, which is no system of codes. */
export async function systemFor(needs: TerminologyNeeds, call: Call, { given, url, version }: Named): Promise<System> {
  const terminology = terminologyOf(needs)
  const known = call.id === undefined && given === undefined && typeof url === 'string' && terminology.codeSystem(url)
  if (known && isVersion(version as string | undefined, known.version) && known.content !== 'supplement') {
    const resource = terminology.find(url as string, 'CodeSystem')
    return { url: url as string, codes: known, ...(resource ? { resource } : {}) }
  }
  const resource = await definitionFor(needs, call, { kind: 'CodeSystem', given, url, version })
  if (resource.content === 'supplement')
    throw refuse('not-found', `\`${resource.url}\` is a supplement; ask for the code system that it adds to.`)
  const codes = terminology.find(resource.url, 'CodeSystem') ? terminology.codeSystem(resource.url) : undefined
  return { url: resource.url, codes: codes ?? terminology.codeSystemIn(resource), resource }
}
