/** $validate: the issues that a write would get, without a write. https://hl7.org/fhir/R4/resource-operation-validate.html */
import { parseEtags } from '../fhir/etag.ts'
import { isError, operationOutcome, refuse, type Issue } from '../fhir/outcome.ts'
import type { JsonObject, Key, Resource } from '../fhir/types.ts'
import type { Call } from '../interactions/call.ts'
import { keyOf, notFound } from '../interactions/target.ts'
import { withLocalReferences } from '../interactions/local-references.ts'
import { disclosing, insight, type View } from '../records/view.ts'
import { validatorOf } from '../write/complete.ts'
import { isDeleted } from '../records/resource.ts'
import { dryRun } from '../write/dry-run.ts'
import type { Change } from '../write/change.ts'
import type { WriteNeeds } from '../write/needs.ts'
import type { Operation } from './operation.ts'

export type ValidateNeeds = WriteNeeds & { newId(): string }

/**
 * Without a mode, and with `profile`, the content is validated, wherever it is to be used. `create`, `update` and
 * `delete` also answer whether the hub would take that from this caller now.
 * https://hl7.org/fhir/R4/codesystem-resource-validation-mode.html
 */
export const validate = (needs: ValidateNeeds): Operation => ({
  name: 'validate',
  definition: 'http://hl7.org/fhir/OperationDefinition/Resource-validate',
  // R4 defines it for a type and a record; at the system address the resource that is sent has the type.
  levels: ['system', 'type', 'instance'],
  types: [],
  affectsState: false,
  async run(call) {
    const input = inputOf(call)
    const view = insight(needs.store, call.caller, call.now)
    const issues = await MODE_ISSUES[input.mode ?? 'content']({ needs, call, view }, input)
    return {
      status: 200,
      resource: operationOutcome(issues),
      headers: { 'X-Valid': String(!issues.some(isError)) },
      disclosed: disclosedBy(needs, call, input),
    }
  },
})

type ValidateMode = (typeof MODES)[number]
const MODES = ['create', 'update', 'delete', 'profile'] as const

/** `at`: the expression of the resource in the body. */
type ValidateInput = {
  readonly resource?: Resource
  readonly at?: string
  readonly mode?: ValidateMode
  readonly profiles: readonly string[]
}

/** The issues of a stored record may quote it. */
function disclosedBy({ store }: ValidateNeeds, call: Call, { resource }: ValidateInput): readonly Key[] {
  const answer = disclosing(store, call.caller, call.now)
  if (!resource) answer.disclose(keyOf(call))
  return answer.disclosed()
}

/** One request: what it needs, and what its caller may know. */
type Request = { readonly needs: ValidateNeeds; readonly call: Call; readonly view: View }

type ModeCheck = (request: Request, input: ValidateInput) => Promise<readonly Issue[]>

const check = ({ validator, policy }: ValidateNeeds, resource: Resource, profiles: readonly string[], at: string) =>
  validatorOf(validator, policy.complete).check(resource, { profiles, at })

const content: ModeCheck = async (request, { resource: sent, profiles, at }) => {
  const resource = sent ?? (await stored(request))
  return check(request.needs, resource, profiles, at ?? resource.resourceType)
}

/** The issues of the change as a write would make it, and those of the further profiles. */
const asChange =
  (changeOf: (request: Request, resource: Resource, at: string) => Promise<Change>): ModeCheck =>
  async (request, { resource: sent, profiles, at: position }) => {
    const { needs, call, view } = request
    const resource = sent ?? (await stored(request))
    const at = position ?? resource.resourceType
    const change = await changeOf(request, withLocalReferences(resource, call.base), at)
    const issues = await dryRun(needs, { ...call, view }, change)
    const more = profiles.length > 0 ? await check(needs, resource, profiles, at) : []
    return [
      ...issues,
      ...more.filter(({ profile }) => profile !== undefined && !issues.some((one) => one.profile === profile)),
    ]
  }

const MODE_ISSUES: Readonly<Record<ValidateMode | 'content', ModeCheck>> = {
  content,
  profile: content,
  create: asChange(({ needs }, sent, at) =>
    Promise.resolve({ kind: 'put', create: true, resource: { ...sent, id: needs.newId() }, sent, at }),
  ),
  update: asChange(async (request, sent, at) => {
    const id = request.call.id ?? sent.id
    if (sent.id !== id || typeof id !== 'string') {
      const text = `The resource has ${sent.id === undefined ? 'no id' : `the id \`${String(sent.id)}\``}; to validate an update it needs the id of the record.`
      throw refuse('id-mismatch', text, { expression: `${at}.id` })
    }
    return {
      kind: 'put',
      create: false,
      resource: { ...sent, id },
      ifMatch: await tagsOf(request, { type: sent.resourceType, id }),
      at,
    }
  }),
  async delete(request) {
    const { needs, call, view } = request
    const key = keyOf(call)
    await stored(request)
    const change: Change = { kind: 'remove', key, ifMatch: await tagsOf(request, key), at: key.type }
    return dryRun(needs, { ...call, view }, change)
  },
}

/** `$validate` needs no If-Match; with one, the answer says whether the version is still the current one. */
async function tagsOf({ call, view }: Request, key: Key) {
  if (call.ifMatch !== undefined) return parseEtags(call.ifMatch, 'If-Match')
  const current = await view.read(key)
  return current && !isDeleted(current) ? [current.version] : undefined
}

function inputOf(call: Call): ValidateInput {
  const given = fromParameters(call)
  const profiles = [...call.params.filter(([name]) => name === 'profile').map(([, value]) => value), ...given.profiles]
  const named = call.params.find(([name]) => name === 'mode')?.[1] ?? given.mode
  const mode = MODES.find((one) => one === named)
  if (named !== undefined && mode === undefined)
    throw refuse('invalid-parameter', `\`mode\` is \`${named}\`; it takes ${MODES.join(', ')}.`)
  const { resource, at } = mode === 'delete' ? {} : given
  if (!resource && call.id === undefined) throw nothingToValidate(mode)
  if (resource && call.type !== undefined && resource.resourceType !== call.type) {
    throw refuse(
      'type-mismatch',
      `The body is a \`${String(resource.resourceType)}\`; the address takes a \`${call.type}\`.`,
      { expression: `${at ?? String(resource.resourceType)}.resourceType` },
    )
  }
  return { resource, at, mode, profiles }
}

const nothingToValidate = (mode: ValidateMode | undefined) =>
  mode === 'delete' || mode === 'profile'
    ? refuse('invalid-parameter', `\`mode\` \`${mode}\` is about a stored record; call it at the address of one.`)
    : refuse('body-missing', 'Send the resource to validate as the body, or in a Parameters as `resource`.')

type ValidateParameters = Pick<ValidateInput, 'resource' | 'at' | 'profiles'> & { readonly mode?: string }

function fromParameters(call: Call): ValidateParameters {
  if (call.body?.resourceType !== 'Parameters' || call.type === 'Parameters')
    return { resource: call.body, profiles: [] }
  const parameters: readonly unknown[] = Array.isArray(call.body.parameter) ? call.body.parameter : []
  const named = (name: string) => parameters.filter((one): one is JsonObject => isNamed(one, name))
  const [holder] = named('resource')
  const resource = holder?.resource
  return {
    ...(isResource(resource) ? { resource, at: `Parameters.parameter[${parameters.indexOf(holder)}].resource` } : {}),
    mode: (named('mode')[0]?.valueCode ?? named('mode')[0]?.valueString ?? undefined) as string | undefined,
    profiles: named('profile')
      .map((one) => one.valueUri ?? one.valueCanonical ?? one.valueUrl ?? one.valueString)
      .filter((one) => typeof one === 'string'),
  }
}

const isNamed = (one: unknown, name: string): boolean =>
  typeof one === 'object' && one !== null && (one as JsonObject).name === name

const isResource = (value: unknown): value is Resource =>
  typeof value === 'object' && value !== null && typeof (value as JsonObject).resourceType === 'string'

async function stored({ call, view }: Request): Promise<Resource> {
  const key = keyOf(call)
  const resource = await view.resource(key)
  if (!resource) throw notFound(key)
  return resource
}
