/**
 * Checks resources against their type and profiles. The same verdict for a write, `$validate` and the command line.
 * https://hl7.org/fhir/R4/validation.html
 */
import type { ErrorObject } from 'ajv'
import type { Definitions, TypeOffer } from '../definitions/definitions.ts'
import type { Issue } from '../fhir/outcome.ts'
import { bindingProfile } from './applies.ts'
import { claimed } from './claims.ts'
import { createEngine } from './engine.ts'
import { issuesOf } from './issues.ts'
import type { Ask, Validator } from './validator.ts'
import { tagged, typeFault, unknownProfile } from './keywords/resource.ts'
import { responseFaults } from './questionnaire/response.ts'
import { createRun, errorOf, errorsOf, type DataAt, type Engine, type Run } from './run.ts'

/**
 * - `hub`: only types that the hub offers; each resource is bound by the hub's profile for it, claimed or not.
 * - `open`: any type of R4; the base, and what `meta.profile` claims.
 */
export type Rules = 'hub' | 'open'

/** A validator over definitions; it compiles what it meets, once. */
export function createValidator(definitions: Definitions, { rules }: { readonly rules: Rules }): Validator {
  const engine = createEngine(definitions, rules === 'hub')
  return {
    // Asynchronous by contract, so that long checks can be split later.
    check: (resource, ask = {}) => Promise.resolve().then(() => checkResource(resource, ask, engine, rules)),
  }
}

type Resource = Record<string, unknown>

function checkResource(data: unknown, ask: Ask, engine: Engine, rules: Rules): readonly Issue[] {
  const { structures } = engine.definitions
  const top: DataAt = { instancePath: '', parentData: undefined, parentDataProperty: '', rootData: data }
  const issues = (errors: readonly ErrorObject[]) => issuesOf(errors, data, structures, ask.at)
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    return issues([errorOf('resource', { code: 'element-type', text: '{at} is not a JSON object.' }, top)])
  }
  const resource = data as Resource
  const run = createRun(engine, resource, resource, resource)
  const unknown = typeFault(resource, run)
  if (unknown) return issues([errorOf('resource', unknown, top)])
  const type = resource.resourceType as string
  const offer = rules === 'hub' ? engine.definitions.offer(type) : undefined
  if (rules === 'hub' && !offer) {
    const text = `The hub does not hold resources of type \`${type}\`. It holds ${engine.definitions.offers.map((one) => one.type).join(', ')}.`
    return issues([errorOf('resource', { code: 'unknown-type', text, below: '/resourceType' }, top)])
  }
  const found: ErrorObject[] = [...errorsOf(engine.shape(type), run, resource, top)]
  const demanded = offer ? bindingProfile(resource, offer, engine) : { profiles: [] }
  const before = found.length
  for (const url of profilesOf(resource, [...demanded.profiles, ...(ask.profiles ?? [])], engine)) {
    found.push(...profileErrors(url, run, top))
  }
  // A claimed profile that is broken says better what is missing than the conditions do.
  const isTold = claimsOne(resource, offer) && found.length > before
  if (demanded.fault && !isTold) found.push(errorOf('resource', demanded.fault, top))
  for (const claim of claimed(resource)) {
    if (!structures.find(claim.profile)) found.push(errorOf('resource', unknownProfile(claim, engine), top))
  }
  if (type === 'QuestionnaireResponse') {
    for (const fault of responseFaults(resource, engine.definitions, engine.terminology))
      found.push(errorOf('resource', fault, top))
  }
  return issues(found)
}

const claimsOne = (resource: Resource, offer: TypeOffer | undefined): boolean =>
  claimed(resource).some(({ profile }) => offer?.profiles.includes(profile))

/** Demanded and claimed profiles, each once; a claim that is not known is told apart. */
function profilesOf(resource: Resource, demanded: readonly string[], engine: Engine): readonly string[] {
  const known = claimed(resource).filter(({ profile }) => engine.definitions.structures.find(profile))
  return [...new Set([...demanded, ...known.map(({ profile }) => profile)].map((url) => url.split('|')[0] ?? url))]
}

function profileErrors(url: string, run: Run, top: DataAt): readonly ErrorObject[] {
  const { engine, resource } = run
  const definition = engine.definitions.structures.find(url)
  const compiled = engine.profile(url)
  if (!definition || !compiled) {
    return [errorOf('resource', { code: 'profile-unknown', text: `The profile \`${url}\` is not known here.` }, top)]
  }
  if (
    definition.type !== resource.resourceType &&
    definition.type !== 'Resource' &&
    definition.type !== 'DomainResource'
  ) {
    const text = `The profile \`${url}\` is for ${definition.type}, not for ${String(resource.resourceType)}.`
    return [errorOf('resource', { code: 'profile-unknown', text }, top)]
  }
  // A profile that only restates its type adds nothing to what the type's own check said.
  return definition.derivation === 'constraint' ? tagged(errorsOf(compiled, run, resource, top), url) : []
}
