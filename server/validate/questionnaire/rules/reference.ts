/** The target of a reference. https://hl7.org/fhir/R4/extension-questionnaire-referenceresource.html */
import type { JsonObject } from '../../../fhir/types.ts'
import { parseReference } from '../../../fhir/reference.ts'
import { createCheckContext } from '../../create-context.ts'
import { runSchema, type Violation } from '../../violation.ts'
import type { CheckContext } from '../../check-context.ts'
import { referencedType } from '../../resolve-reference.ts'
import { show } from '../../keywords/value.ts'
import { list, mismatch, NO_VIOLATIONS, type QuestionRule } from '../question-rule.ts'
import { extensionValues } from '../questionnaire-types.ts'

/** A type of R4 that referenceResource allows; a target inside the resource or Bundle meets one of the profiles of referenceProfile. */
export const referenceRule: QuestionRule = (question) => {
  if (question.type !== 'reference') return undefined
  const types = extensionValues(question, 'questionnaire-referenceResource').filter(isText)
  const profiles = extensionValues(question, 'questionnaire-referenceProfile').filter(isText)
  return (value, { key }, { context }) => {
    if (typeof value !== 'object' || value === null) return NO_VIOLATIONS
    const { reference, type: stated } = value as JsonObject
    const below = `/${key}`
    const type = isText(reference) ? referencedType(reference, context) : stated
    const violation = isText(reference) ? addressViolation(reference, type, { below, context }) : undefined
    if (violation) return [violation]
    if (typeof type !== 'string') return NO_VIOLATIONS
    if (types.length > 0 && !types.includes(type))
      return [mismatch(below, `{at} points at a ${type}; the question \`${question.linkId}\` takes ${list(types)}.`)]
    return profileViolations(reference, type, profiles, { below, context })
  }
}

// https://hl7.org/fhir/R4/references.html#literal
function addressViolation(
  reference: string,
  type: unknown,
  { below, context }: ReferencePosition,
): Violation | undefined {
  if (typeof type !== 'string' || context.engine.definitions.isResourceType(type)) return undefined
  return {
    detail: 'reference-type',
    below,
    text: `{at}: ${show(reference)} points at \`${type}\`, which is not a type of FHIR R4.`,
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'

type ReferencePosition = { readonly below: string; readonly context: CheckContext }

// One of several profiles is enough. A profile that is not defined here may be met.
function profileViolations(
  reference: unknown,
  type: string,
  profiles: readonly string[],
  { below, context }: ReferencePosition,
): readonly Violation[] {
  const { engine } = context
  if (profiles.length === 0 || !profiles.every(engine.isDefined)) return NO_VIOLATIONS
  const fitting = profiles.filter((url) => engine.definitions.structures.find(url)?.type === type)
  if (fitting.length === 0)
    return [mismatch(below, `{at} points at a ${type}; the question takes a resource that meets ${list(profiles)}.`)]
  const target = typeof reference === 'string' && parseReference(reference) ? context.resolve(reference) : undefined
  if (typeof target !== 'object' || target === null) return NO_VIOLATIONS
  const broken = fitting.map((url) => errorOfProfile(url, target as JsonObject, context))
  if (broken.some((one) => one === undefined)) return NO_VIOLATIONS
  return [mismatch(below, `{at} points at a resource that does not meet ${list(fitting)}: ${broken[0]}`)]
}

function errorOfProfile(url: string, target: JsonObject, context: CheckContext): string | undefined {
  const check = context.engine.profileSchema(url)
  if (!check) return undefined
  const inner = createCheckContext(context.engine, target, context.container, context.root)
  const top = { instancePath: '', parentData: undefined, parentDataProperty: '', rootData: target }
  const [error] = runSchema(check, inner, target, top)
  return error && `\`${target.resourceType}${error.instancePath.replaceAll('/', '.')}\` is not as it demands.`
}
