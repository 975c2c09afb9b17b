/**
 * Checks resources against their type and profiles, with the same verdict for a write, `$validate` and the command line.
 * https://hl7.org/fhir/R4/validation.html
 */
import type { JsonObject } from '../fhir/types.ts'
import type { ErrorObject } from 'ajv'
import type { Definitions, ResourceCapability } from '../definitions/definitions.ts'
import { refuse, type Issue } from '../fhir/outcome.ts'
import { TooManySteps } from '../fhirpath/steps.ts'
import { selectProfile, type ProfileSelection } from './select-profile.ts'
import { claimedProfiles } from './claimed-profiles.ts'
import { createEngine, type EngineOptions } from './engine.ts'
import { issuesOf } from './issues.ts'
import { isClean } from './quick/is-clean.ts'
import type { ResourceCheckOptions, Validator } from './validator.ts'
import { withProfile, typeViolation, unknownProfile } from './keywords/resource.ts'
import { createCheckContext } from './create-context.ts'
import { toAjvError, runSchema, type Violation } from './violation.ts'
import type { DataPosition, ValidationEngine, CheckContext } from './check-context.ts'

/**
 * - `hub`: only types that the hub offers; each resource must meet the hub's profile for its type, claimed or not.
 * - `open`: any type of R4; a resource must meet the base definition and the profiles of `meta.profile`.
 */
export type RuleSet = 'hub' | 'open'

export type CreateValidatorOptions = EngineOptions & {
  readonly rules: RuleSet
  /** False: without the quick pass, by ajv only. The verdict is the same. */
  readonly isQuick?: boolean
}

/** Makes a validator over definitions. It compiles each type and profile on first use. */
export function createValidator(
  definitions: Definitions,
  { rules, isQuick = true, ...options }: CreateValidatorOptions,
): Validator {
  const engine = createEngine(definitions, rules === 'hub', options)
  const validatorContext: ValidatorContext = { engine, rules, isQuick }
  // Asynchronous, because the scheduled validator is.
  return { check: async (resource, options = {}) => checkOrRefuse(resource, options, validatorContext) }
}

type ValidatorContext = { readonly engine: ValidationEngine; readonly rules: RuleSet; readonly isQuick: boolean }

/** @throws OutcomeError `check-too-long` */
function checkOrRefuse(data: unknown, options: ResourceCheckOptions, context: ValidatorContext): readonly Issue[] {
  try {
    return checkResource(data, options, context)
  } catch (error) {
    if (!(error instanceof TooManySteps)) throw error
    throw refuse(
      'check-too-long',
      `The rules of this resource take more than ${error.limit} steps of FHIRPath together; the check ended in \`${(error.expression ?? '').slice(0, 300)}\`. Send a smaller resource, or have the rule simplified by who posted it.`,
      { expression: options.at },
    )
  }
}

function checkResource(
  data: unknown,
  options: ResourceCheckOptions,
  { engine, rules, isQuick }: ValidatorContext,
): readonly Issue[] {
  const refusal = isObject(data) ? typeRefusal(data, engine, rules) : NO_OBJECT
  if (isQuick && !refusal && isClean(data as JsonObject, options.profiles, capabilityOf(data, engine, rules), engine))
    return NO_ISSUES
  const top: DataPosition = { instancePath: '', parentData: undefined, parentDataProperty: '', rootData: data }
  const errors = refusal
    ? [toAjvError('resource', refusal, top)]
    : resourceErrors(data as JsonObject, { options, engine, rules, top })
  return issuesOf(errors, data, engine.definitions.structures, options.at)
}

const NO_ISSUES: readonly Issue[] = []

/** The capability of the hub for the type, with the profiles that it requires. */
const capabilityOf = (
  data: unknown,
  { definitions }: ValidationEngine,
  rules: RuleSet,
): ResourceCapability | undefined =>
  rules === 'hub' ? definitions.capability(String((data as JsonObject).resourceType)) : undefined

const isObject = (data: unknown): data is JsonObject =>
  typeof data === 'object' && data !== null && !Array.isArray(data)

const NO_OBJECT: Violation = { detail: 'element-type', text: '{at} is not a JSON object.' }

/** A violation of the type, after which nothing else is checked. */
function typeRefusal(resource: JsonObject, engine: ValidationEngine, rules: RuleSet): Violation | undefined {
  const unknown = typeViolation(resource, { engine })
  if (unknown) return unknown
  const { definitions } = engine
  if (rules === 'open' || definitions.capability(String(resource.resourceType))) return undefined
  const offered = definitions.capabilities.map((one) => one.type).join(', ')
  const text = `The hub does not hold resources of type \`${String(resource.resourceType)}\`. It holds ${offered}.`
  return { detail: 'unknown-type', below: '/resourceType', text }
}

type ResourceCheck = {
  readonly options: ResourceCheckOptions
  readonly engine: ValidationEngine
  readonly rules: RuleSet
  readonly top: DataPosition
}

function resourceErrors(resource: JsonObject, { options, engine, rules, top }: ResourceCheck): readonly ErrorObject[] {
  const type = String(resource.resourceType)
  const context = createCheckContext(engine, resource, resource, resource)
  const capability = capabilityOf(resource, engine, rules)
  const selection = capability ? selectProfile(resource, capability, engine) : NO_PROFILES
  const claims = claimedProfiles(resource)
  const profiles = [
    ...selection.profiles,
    ...(options.profiles ?? []),
    ...claims.map((one) => one.profile).filter(engine.isDefined),
  ]
  const own = runSchema(engine.typeSchema(type), context, resource, top)
  const more = [...new Set(profiles.map(withoutVersion))].flatMap((url) => profileErrors(url, context, top))
  // The issues of a claimed profile say better what is missing than the conditions of all profiles.
  const isExplained = more.length > 0 && claims.some(({ profile }) => capability?.profiles.includes(profile))
  const violations = [
    ...(selection.violation && !isExplained ? [selection.violation] : []),
    ...claims.filter(({ profile }) => !engine.isDefined(profile)).map((claim) => unknownProfile(claim, context)),
  ]
  return [...own, ...more, ...violations.map((violation) => toAjvError('resource', violation, top))]
}

const NO_PROFILES: ProfileSelection = { profiles: [] }

/** Without the version: the hub has one version of each profile. */
function withoutVersion(canonical: string): string {
  const bar = canonical.indexOf('|')
  return bar < 0 ? canonical : canonical.slice(0, bar)
}

function profileErrors(url: string, context: CheckContext, top: DataPosition): readonly ErrorObject[] {
  const { engine, resource } = context
  const definition = engine.definitions.structures.find(url)
  if (!definition) return [toAjvError('resource', profileUnknown(`The profile \`${url}\` is not defined here.`), top)]
  // A profile constrains one type, which "cannot be an abstract type". https://hl7.org/fhir/R4/structuredefinition-definitions.html#StructureDefinition.type
  if (resource.resourceType !== definition.type) {
    const text = `The profile \`${url}\` is for ${definition.type}, not for ${String(resource.resourceType)}.`
    return [toAjvError('resource', profileUnknown(text), top)]
  }
  // The definition of the type itself adds nothing to the check of the type.
  const isOwn = url === engine.definitions.structures.find(definition.type)?.url
  const compiled = isOwn ? undefined : engine.profileSchema(url)
  return compiled ? withProfile(runSchema(compiled, context, resource, top), url) : []
}

const profileUnknown = (text: string): Violation => ({ detail: 'profile-unknown', text })
