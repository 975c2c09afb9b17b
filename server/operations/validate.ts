/** $validate: the verdict that a write would get, without a write. https://hl7.org/fhir/R4/resource-operation-validate.html */
import { parseEtags } from '../fhir/etag.ts'
import { isError, operationOutcome, refuse, type Issue } from '../fhir/outcome.ts'
import type { JsonObject, Resource } from '../fhir/types.ts'
import type { Call } from '../interactions/call.ts'
import { keyOf, notFound, viewerOf } from '../interactions/target.ts'
import { withLocalReferences } from '../interactions/local-references.ts'
import { dryRun } from '../write/pipeline.ts'
import type { Change } from '../write/change.ts'
import type { WriteNeeds } from '../write/needs.ts'
import type { Operation } from './operation.ts'

export type ValidateNeeds = WriteNeeds & { newId(): string }

/**
 * Without a mode the content is judged, wherever it is to be used. `create`, `update` and `delete` ask as well whether
 * the hub would take that from this caller now; `profile` judges as without a mode, as a rule
 * the record that is stored.
 * https://hl7.org/fhir/R4/codesystem-resource-validation-mode.html
 */
export const validate = (needs: ValidateNeeds): Operation => ({
  name: 'validate',
  definition: 'http://hl7.org/fhir/OperationDefinition/Resource-validate',
  levels: ['type', 'instance'],
  types: [],
  affectsState: false,
  async run(call) {
    const asked = inputOf(call)
    const issues = await JUDGED[asked.mode ?? 'content'](needs, call, asked)
    return { status: 200, resource: operationOutcome(issues), headers: { 'X-Valid': String(!issues.some(isError)) } }
  },
})

type Mode = (typeof MODES)[number]
const MODES = ['create', 'update', 'delete', 'profile'] as const

/** `at`: where the resource stands in the body. */
type ValidateInput = {
  readonly resource?: Resource
  readonly at?: string
  readonly mode?: Mode
  readonly profiles: readonly string[]
}

type Judge = (needs: ValidateNeeds, call: Call, asked: ValidateInput) => Promise<readonly Issue[]>

const content: Judge = async (needs, call, asked) => {
  const resource = asked.resource ?? (await stored(needs, call))
  return needs.validator.check(resource, { profiles: asked.profiles, at: asked.at ?? resource.resourceType })
}

/** The change as a write would make it; what further profiles say comes with what the write would say. */
const asChange =
  (changeOf: (needs: ValidateNeeds, call: Call, resource: Resource, at: string) => Promise<Change>): Judge =>
  async (needs, call, asked) => {
    const resource = asked.resource ?? (await stored(needs, call))
    const at = asked.at ?? resource.resourceType
    const told = await dryRun(needs, call, await changeOf(needs, call, withLocalReferences(resource, call.base), at))
    const more =
      asked.profiles.length > 0 ? await needs.validator.check(resource, { profiles: asked.profiles, at }) : []
    return [
      ...told,
      ...more.filter(({ profile }) => profile !== undefined && !told.some((one) => one.profile === profile)),
    ]
  }

const JUDGED: Readonly<Record<Mode | 'content', Judge>> = {
  content,
  profile: content,
  create: asChange((needs, _call, sent, at) =>
    Promise.resolve({ kind: 'put', create: true, resource: { ...sent, id: needs.newId() }, sent, at }),
  ),
  update: asChange(async (needs, call, sent, at) => {
    const id = call.id ?? sent.id
    if (sent.id !== id || typeof id !== 'string') {
      const text = `The resource has ${sent.id === undefined ? 'no id' : `the id \`${String(sent.id)}\``}; to validate an update it needs the id of the record.`
      throw refuse('id-mismatch', text, { expression: `${at}.id` })
    }
    return { kind: 'put', create: false, resource: { ...sent, id }, ifMatch: await tagsOf(needs, call, id), at }
  }),
  async delete(needs, call) {
    const key = keyOf(call)
    await stored(needs, call)
    return dryRun(needs, call, { kind: 'remove', key, ifMatch: await tagsOf(needs, call, key.id), at: key.type })
  },
}

/** Nobody has to name the version for a question; who does is told whether it still holds. */
async function tagsOf(needs: ValidateNeeds, call: Call, id: string) {
  if (call.ifMatch !== undefined) return parseEtags(call.ifMatch, 'If-Match')
  const version = await needs.store.read({ type: call.type ?? '', id }, viewerOf(call))
  return version && version.text !== '' ? ('*' as const) : undefined
}

function inputOf(call: Call): ValidateInput {
  const given = fromParameters(call)
  const profiles = [...call.params.filter(([name]) => name === 'profile').map(([, value]) => value), ...given.profiles]
  const asked = call.params.find(([name]) => name === 'mode')?.[1] ?? given.mode
  const mode = MODES.find((one) => one === asked)
  if (asked !== undefined && mode === undefined)
    throw refuse('invalid-parameter', `\`mode\` is \`${asked}\`; it takes ${MODES.join(', ')}.`)
  const { resource, at } = mode === 'delete' ? {} : given
  if (!resource && call.id === undefined) throw nothingToValidate(mode)
  if (resource && resource.resourceType !== call.type) {
    throw refuse(
      'type-mismatch',
      `The body is a \`${String(resource.resourceType)}\`; the address takes a \`${call.type ?? ''}\`.`,
      { expression: `${at ?? String(resource.resourceType)}.resourceType` },
    )
  }
  return { resource, at, mode, profiles }
}

const nothingToValidate = (mode: Mode | undefined) =>
  mode === 'delete' || mode === 'profile'
    ? refuse('invalid-parameter', `\`mode\` \`${mode}\` is about a stored record; ask at the address of one.`)
    : refuse('body-missing', 'Send the resource to validate as the body, or in a Parameters as `resource`.')

type Given = Pick<ValidateInput, 'resource' | 'at' | 'profiles'> & { readonly mode?: string }

function fromParameters(call: Call): Given {
  if (call.body?.resourceType !== 'Parameters' || call.type === 'Parameters')
    return { resource: call.body, profiles: [] }
  const parameters: readonly unknown[] = Array.isArray(call.body.parameter) ? call.body.parameter : []
  const named = (name: string) => parameters.filter((one): one is JsonObject => isNamed(one, name))
  const [holder] = named('resource')
  const resource = holder?.resource
  return {
    ...(isResource(resource) ? { resource, at: `Parameters.parameter[${parameters.indexOf(holder)}].resource` } : {}),
    mode: (named('mode')[0]?.valueCode ?? undefined) as string | undefined,
    profiles: named('profile')
      .map((one) => one.valueUri ?? one.valueCanonical)
      .filter((one) => typeof one === 'string'),
  }
}

const isNamed = (one: unknown, name: string): boolean =>
  typeof one === 'object' && one !== null && (one as JsonObject).name === name

const isResource = (value: unknown): value is Resource =>
  typeof value === 'object' && value !== null && typeof (value as JsonObject).resourceType === 'string'

async function stored(needs: WriteNeeds, call: Call): Promise<Resource> {
  const key = keyOf(call)
  const version = await needs.store.read(key, viewerOf(call))
  if (!version || version.text === '') throw notFound(key)
  return JSON.parse(version.text) as Resource
}
