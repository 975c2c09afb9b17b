/** $validate: the verdict that a write would get, without a write. https://hl7.org/fhir/R4/resource-operation-validate.html */
import { isError, operationOutcome, refuse } from '../fhir/outcome.ts'
import type { JsonObject, Resource } from '../fhir/types.ts'
import type { Call } from '../interactions/call.ts'
import { notFound, sightOf } from '../interactions/known.ts'
import { completed } from '../interactions/write/load.ts'
import type { WriteNeeds } from '../interactions/write/needs.ts'
import type { Operation } from './operation.ts'

const MODES = ['create', 'update', 'delete', 'profile']

export const validate = (needs: WriteNeeds): Operation => ({
  name: 'validate',
  definition: 'http://hl7.org/fhir/OperationDefinition/Resource-validate',
  levels: ['type', 'instance'],
  types: [],
  affectsState: false,
  async run(call) {
    const asked = await askedOf(needs, call)
    if (asked.mode === 'delete' || !asked.resource) return { status: 200, resource: operationOutcome([]) }
    const resource = completed(needs, call, asked.resource).after
    const issues = await needs.validator.check(resource, { profiles: asked.profiles, at: resource.resourceType })
    return { status: 200, resource: operationOutcome(issues), headers: { 'X-Valid': String(!issues.some(isError)) } }
  },
})

type Asked = { readonly resource?: Resource; readonly mode?: string; readonly profiles: readonly string[] }

async function askedOf(needs: WriteNeeds, call: Call): Promise<Asked> {
  const given = fromParameters(call)
  const profiles = [...call.params.filter(([name]) => name === 'profile').map(([, value]) => value), ...given.profiles]
  const mode = call.params.find(([name]) => name === 'mode')?.[1] ?? given.mode
  if (mode !== undefined && !MODES.includes(mode))
    throw refuse('invalid-parameter', `\`mode\` is \`${mode}\`; it takes ${MODES.join(', ')}.`)
  const resource =
    given.resource ?? (call.id === undefined || mode === 'delete' ? undefined : await stored(needs, call))
  if (!resource && call.id === undefined)
    throw refuse('body-missing', 'Send the resource to validate as the body, or in a Parameters as `resource`.')
  if (resource && resource.resourceType !== call.type) {
    throw refuse(
      'type-mismatch',
      `The body is a \`${String(resource.resourceType)}\`; the address takes a \`${call.type ?? ''}\`.`,
    )
  }
  return { resource, mode, profiles }
}

function fromParameters(call: Call): Asked {
  if (call.body?.resourceType !== 'Parameters' || call.type === 'Parameters')
    return { resource: call.body, profiles: [] }
  const parameters = (Array.isArray(call.body.parameter) ? call.body.parameter : []) as readonly JsonObject[]
  const named = (name: string) => parameters.filter((one) => one.name === name)
  return {
    resource: named('resource')[0]?.resource as Resource | undefined,
    mode: (named('mode')[0]?.valueCode ?? undefined) as string | undefined,
    profiles: named('profile').flatMap((one) => (typeof one.valueUri === 'string' ? [one.valueUri] : [])),
  }
}

async function stored(needs: WriteNeeds, call: Call): Promise<Resource> {
  const key = { type: call.type ?? '', id: call.id ?? '' }
  const version = await needs.store.read(key, sightOf(call))
  if (!version || version.text === '') throw notFound(key)
  return JSON.parse(version.text) as Resource
}
