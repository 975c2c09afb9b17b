/** What a reference may point at. https://hl7.org/fhir/R4/extension-questionnaire-referenceresource.html */
import { parseReference } from '../../../fhir/reference.ts'
import { createRun, errorsOf, type Violation, type Run } from '../../run.ts'
import { typeOfReference } from '../../resolve.ts'
import { show } from '../../keywords/value.ts'
import { list, mismatch, NONE, type Rule } from '../asked.ts'
import { extensionValues, type Bag } from '../shapes.ts'

/** A real type, of those that referenceResource and referenceProfile name; what is at hand meets one of the profiles. */
export const referenceRule: Rule = (question) => {
  if (question.type !== 'reference') return undefined
  const types = extensionValues(question, 'questionnaire-referenceResource').filter(isText)
  const profiles = extensionValues(question, 'questionnaire-referenceProfile').filter(isText)
  return (value, { key }, { run }) => {
    if (typeof value !== 'object' || value === null) return NONE
    const { reference, type: stated } = value as Bag
    const below = `/${key}`
    const type = isText(reference) ? typeOfReference(reference, run) : stated
    const violation = isText(reference) ? addressViolation(reference, type, { below, run }) : undefined
    if (violation) return [violation]
    if (typeof type !== 'string') return NONE
    if (types.length > 0 && !types.includes(type))
      return [mismatch(below, `{at} points at a ${type}; the question \`${question.linkId}\` takes ${list(types)}.`)]
    return profileViolations(reference, type, profiles, { below, run })
  }
}

// https://hl7.org/fhir/R4/references.html#literal
function addressViolation(reference: string, type: unknown, { below, run }: Where): Violation | undefined {
  if (typeof type !== 'string' || run.engine.definitions.isResourceType(type)) return undefined
  return {
    detail: 'reference-type',
    below,
    text: `{at}: ${show(reference)} points at \`${type}\`, which is no type of FHIR R4.`,
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'

type Where = { readonly below: string; readonly run: Run }

// Several profiles: it is enough to meet one. What is not known here could be met.
function profileViolations(
  reference: unknown,
  type: string,
  profiles: readonly string[],
  { below, run }: Where,
): readonly Violation[] {
  const { engine } = run
  if (profiles.length === 0 || !profiles.every(engine.knows)) return NONE
  const fitting = profiles.filter((url) => engine.definitions.structures.find(url)?.type === type)
  if (fitting.length === 0)
    return [mismatch(below, `{at} points at a ${type}; the question takes what meets ${list(profiles)}.`)]
  const target = typeof reference === 'string' && parseReference(reference) ? run.resolve(reference) : undefined
  if (typeof target !== 'object' || target === null) return NONE
  const broken = fitting.map((url) => errorOfProfile(url, target as Record<string, unknown>, run))
  if (broken.some((one) => one === undefined)) return NONE
  return [mismatch(below, `{at} points at a resource that does not meet ${list(fitting)}: ${broken[0]}`)]
}

function errorOfProfile(url: string, target: Record<string, unknown>, run: Run): string | undefined {
  const check = run.engine.profile(url)
  if (!check) return undefined
  const inner = createRun(run.engine, target, run.container, run.root)
  const top = { instancePath: '', parentData: undefined, parentDataProperty: '', rootData: target }
  const [error] = errorsOf(check, inner, target, top)
  return error && `\`${target.resourceType}${error.instancePath.replaceAll('/', '.')}\` is not as it demands.`
}
