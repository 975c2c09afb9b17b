/**
 * Checks resources against their type and profiles. The same verdict for a write, `$validate` and the command line.
 * https://hl7.org/fhir/R4/validation.html
 */
import type { ErrorObject } from 'ajv'
import type { Definitions, ResourceCapability } from '../definitions/definitions.ts'
import type { Issue } from '../fhir/outcome.ts'
import type { PathClock } from '../fhirpath/scope.ts'
import { bindingProfile, type Demanded } from './applies.ts'
import { claimed } from './claims.ts'
import { createEngine } from './engine.ts'
import { issuesOf } from './issues.ts'
import { raisesNothing } from './quick/pass.ts'
import type { Ask, Validator } from './validator.ts'
import { tagged, typeViolation, unknownProfile } from './keywords/resource.ts'
import { createRun, errorOf, errorsOf, type DataAt, type Engine, type Violation, type Run } from './run.ts'

/**
 * - `hub`: only types that the hub offers; each resource is bound by the hub's profile for it, claimed or not.
 * - `open`: any type of R4; the base, and what `meta.profile` claims.
 */
export type Rules = 'hub' | 'open'

export type ValidatorOptions = {
  readonly rules: Rules
  /** False: what is right is found out by the schemas too, not by the quick pass. The verdict is the same. */
  readonly isQuick?: boolean
  /** What `today()` and `now()` in rules go by; default: the machine's clock and zone. */
  readonly clock?: PathClock
}

/** A validator over definitions; it compiles what it meets, once. */
export function createValidator(
  definitions: Definitions,
  { rules, isQuick = true, clock }: ValidatorOptions,
): Validator {
  const engine = createEngine(definitions, rules === 'hub', clock)
  const means: Means = { engine, rules, isQuick }
  // Asynchronous by contract, so that long checks can be split later.
  return { check: async (resource, ask = {}) => checkResource(resource, ask, means) }
}

type Resource = Record<string, unknown>

type Means = { readonly engine: Engine; readonly rules: Rules; readonly isQuick: boolean }

function checkResource(data: unknown, ask: Ask, { engine, rules, isQuick }: Means): readonly Issue[] {
  const refusal = isObject(data) ? refusalOf(data, engine, rules) : NO_OBJECT
  if (isQuick && !refusal && raisesNothing(data as Resource, ask.profiles, offerOf(data, engine, rules), engine))
    return NOTHING
  const top: DataAt = { instancePath: '', parentData: undefined, parentDataProperty: '', rootData: data }
  const errors = refusal
    ? [errorOf('resource', refusal, top)]
    : resourceErrors(data as Resource, { ask, engine, rules, top })
  return issuesOf(errors, data, engine.definitions.structures, ask.at)
}

const NOTHING: readonly Issue[] = []

/** The hub's offer for the type, which says the profiles that bind it. */
const offerOf = (data: unknown, { definitions }: Engine, rules: Rules): ResourceCapability | undefined =>
  rules === 'hub' ? definitions.capability(String((data as Resource).resourceType)) : undefined

const isObject = (data: unknown): data is Resource => typeof data === 'object' && data !== null && !Array.isArray(data)

const NO_OBJECT: Violation = { detail: 'element-type', text: '{at} is not a JSON object.' }

/** Why a resource is not looked at any further: its type. */
function refusalOf(resource: Resource, engine: Engine, rules: Rules): Violation | undefined {
  const unknown = typeViolation(resource, { engine })
  if (unknown) return unknown
  const { definitions } = engine
  if (rules === 'open' || definitions.capability(String(resource.resourceType))) return undefined
  const held = definitions.capabilities.map((one) => one.type).join(', ')
  const text = `The hub does not hold resources of type \`${String(resource.resourceType)}\`. It holds ${held}.`
  return { detail: 'unknown-type', below: '/resourceType', text }
}

type Setting = { readonly ask: Ask; readonly engine: Engine; readonly rules: Rules; readonly top: DataAt }

function resourceErrors(resource: Resource, { ask, engine, rules, top }: Setting): readonly ErrorObject[] {
  const type = String(resource.resourceType)
  const run = createRun(engine, resource, resource, resource)
  const offer = offerOf(resource, engine, rules)
  const demanded = offer ? bindingProfile(resource, offer, engine) : NONE
  const claims = claimed(resource)
  const profiles = [
    ...demanded.profiles,
    ...(ask.profiles ?? []),
    ...claims.map((one) => one.profile).filter(engine.knows),
  ]
  const own = errorsOf(engine.shape(type), run, resource, top)
  const more = [...new Set(profiles.map(bare))].flatMap((url) => profileErrors(url, run, top))
  // A claimed profile that is broken says better what is missing than the conditions do.
  const isTold = more.length > 0 && claims.some(({ profile }) => offer?.profiles.includes(profile))
  const violations = [
    ...(demanded.violation && !isTold ? [demanded.violation] : []),
    ...claims.filter(({ profile }) => !engine.knows(profile)).map((claim) => unknownProfile(claim, run)),
  ]
  return [...own, ...more, ...violations.map((violation) => errorOf('resource', violation, top))]
}

const NONE: Demanded = { profiles: [] }

/** Without the version: the one that is at hand is meant. */
function bare(canonical: string): string {
  const bar = canonical.indexOf('|')
  return bar < 0 ? canonical : canonical.slice(0, bar)
}

function profileErrors(url: string, run: Run, top: DataAt): readonly ErrorObject[] {
  const { engine, resource } = run
  const definition = engine.definitions.structures.find(url)
  if (!definition) return [errorOf('resource', refusedProfile(`The profile \`${url}\` is not known here.`), top)]
  // A profile constrains one type, which "cannot be an abstract type". https://hl7.org/fhir/R4/structuredefinition-definitions.html#StructureDefinition.type
  if (resource.resourceType !== definition.type) {
    const text = `The profile \`${url}\` is for ${definition.type}, not for ${String(resource.resourceType)}.`
    return [errorOf('resource', refusedProfile(text), top)]
  }
  // A definition of a type adds nothing to what the type's own check said.
  const isOwn = url === engine.definitions.structures.find(definition.type)?.url
  const compiled = isOwn ? undefined : engine.profile(url)
  return compiled ? tagged(errorsOf(compiled, run, resource, top), url) : []
}

const refusedProfile = (text: string): Violation => ({ detail: 'profile-unknown', text })
