/**
 * The address space as an OpenAPI document, from the tables that route it and that the CapabilityStatement shows: so it lists
 * every address there is and no other. https://spec.openapis.org/oas/v3.1.0
 */
import type { JsonObject } from '../fhir/types.ts'
import type { Handler } from './call.ts'
import { components, type OpenApiNeeds } from './openapi-components.ts'
import { paths } from './openapi-paths.ts'

const OPENAPI_JSON = 'application/json; charset=utf-8'

/**
 * Answers the document, for everybody. It is built once for the search parameters of the moment, and the address of the hub, which
 * a client may name as it likes, is put in afterwards.
 */
export const openApi = (needs: OpenApiNeeds): Handler => {
  let made: { readonly state: string; readonly text: Promise<string> } | undefined
  return async ({ base }) => {
    const state = stateOf(needs)
    if (made?.state !== state) made = { state, text: restOf(needs) }
    const head = JSON.stringify({ ...HEAD, servers: [{ url: base }] })
    return { status: 200, text: head.slice(0, -1) + (await made.text), headers: { 'Content-Type': OPENAPI_JSON } }
  }
}

/** What follows the head, as JSON text; built in slices, because with every type of R4 it has some megabytes. */
async function restOf(needs: OpenApiNeeds): Promise<string> {
  const { definitions, version } = needs
  const tags = [{ name: 'system' }, ...definitions.capabilities.map(({ type }) => ({ name: type }))]
  const items: string[] = []
  let begun = performance.now()
  for (const [path, item] of paths(needs)) {
    items.push(`${JSON.stringify(path)}:${JSON.stringify(item)}`)
    if (performance.now() - begun < SLICE) continue
    await new Promise((resolve) => void setImmediate(resolve))
    begun = performance.now()
  }
  const info = JSON.stringify({ ...INFO, version })
  const shared = JSON.stringify(components(needs))
  return `,"info":${info},"tags":${JSON.stringify(tags)},"components":${shared},"paths":{${items.join(',')}}}`
}

/** ms */
const SLICE = 10

const stateOf = ({ definitions }: OpenApiNeeds): string =>
  JSON.stringify(definitions.capabilities.map((one) => [one.searchParameters.length, one.incomplete?.length]))

const HEAD: JsonObject = {
  openapi: '3.1.0',
  externalDocs: { url: 'https://hl7.org/fhir/R4/http.html' },
  security: [{}, { agency: [] }],
}

const INFO: JsonObject = {
  title: 'No Wrong Door',
  summary: 'A headless FHIR R4 interoperability hub',
  description:
    'FHIR R4 (4.0.1). HEAD is answered wherever GET is. The CapabilityStatement (`/metadata`) says the same in FHIR, ' +
    'and names the profiles. Search parameters take modifiers after a colon (`name:exact`), which OpenAPI cannot list.',
  license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
}
