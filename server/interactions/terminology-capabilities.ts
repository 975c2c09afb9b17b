/**
 * What the terminology operations work with: the code systems that the hub publishes and those that the board posted.
 * https://hl7.org/fhir/R4/terminologycapabilities.html
 */
import type { CanonicalResource } from '../definitions/canonical-resource.ts'
import type { Definitions } from '../definitions/definitions.ts'
import type { JsonObject, Resource } from '../fhir/types.ts'

export type TerminologyCapabilityNeeds = {
  readonly definitions: Definitions
  readonly operations: readonly { readonly name: string; readonly types: readonly string[] }[]
  /** The parameters of `$expand`. https://hl7.org/fhir/R4/valueset-operation-expand.html */
  readonly expansionParameters: readonly string[]
  readonly version: string
  /** When these definitions were loaded (instant). */
  readonly date: string
}

/** The TerminologyCapabilities of a hub at this base address. */
export function terminologyCapabilities(needs: TerminologyCapabilityNeeds, base: string): Resource {
  const { url, name, title, publisher } = needs.definitions.statement as JsonObject
  const has = (operation: string, type: string): boolean =>
    needs.operations.some((one) => one.name === operation && one.types.includes(type))
  return {
    resourceType: 'TerminologyCapabilities',
    id: 'terminology',
    ...(typeof url === 'string' ? { url: url.replace('CapabilityStatement', 'TerminologyCapabilities') } : {}),
    version: needs.version,
    ...(typeof name === 'string' ? { name: `${name}Terminology` } : {}),
    ...(title === undefined ? {} : { title }),
    status: 'active',
    experimental: false,
    date: needs.date,
    ...(publisher === undefined ? {} : { publisher }),
    description: DESCRIPTION,
    kind: 'instance',
    software: { name: 'No Wrong Door', version: needs.version },
    implementation: { description: 'No Wrong Door interoperability hub', url: base },
    lockedDate: false,
    ...codeSystems(needs.definitions.published('CodeSystem')),
    ...(has('expand', 'ValueSet') ? { expansion: expansion(needs) } : {}),
    ...(has('validate-code', 'ValueSet') ? { validateCode: { translations: false } } : {}),
    ...(has('translate', 'ConceptMap') ? { translation: { needsMap: true } } : {}),
  }
}

const DESCRIPTION =
  'The code systems that the hub itself publishes, and those that the board posted. Those of R4 (http://hl7.org/fhir and the v2 and v3 tables that R4 uses) are available, too.'

const expansion = ({ expansionParameters }: TerminologyCapabilityNeeds): JsonObject => ({
  hierarchical: false,
  paging: true,
  incomplete: false,
  parameter: expansionParameters.map((name) => ({ name })),
})

function codeSystems(published: readonly CanonicalResource[]): JsonObject {
  const codeSystem = published.map(({ url, version, content }) => ({
    uri: url,
    ...(version === undefined ? {} : { version: [{ code: version, isDefault: true, compositional: false }] }),
    subsumption: content !== 'supplement',
  }))
  return codeSystem.length > 0 ? { codeSystem } : {}
}
