/** What a reference may point at. https://hl7.org/fhir/R4/extension-questionnaire-referenceresource.html */
import { parseReference } from '../../../fhir/reference.ts'
import type { Fault } from '../../run.ts'
import { createRun, errorsOf, type Run } from '../../run.ts'
import { typeOfReference } from '../../resolve.ts'
import { show } from '../../keywords/value.ts'
import { list, mismatch, type Rule } from '../asked.ts'
import { extensionValues, type Bag } from '../shapes.ts'

/** A real type, of those that referenceResource and referenceProfile name; what is at hand meets one of the profiles. */
export const referenceRule: Rule = (value, { key, question }, { run }) => {
  if (key !== 'valueReference' || typeof value !== 'object' || value === null) return []
  const { reference, type: stated } = value as Bag
  const below = `/${key}`
  const shown = typeof reference === 'string' ? show(reference) : 'a reference'
  if (typeof reference === 'string' && /\s/.test(reference)) {
    return [{ code: 'reference-format', below, text: `{at}: ${shown} is not a reference: it has white space in it.` }]
  }
  const type = typeof reference === 'string' ? typeOfReference(reference, run) : stated
  if (typeof type !== 'string') return []
  if (!run.engine.definitions.isResourceType(type) && typeof reference === 'string')
    return [
      {
        code: 'reference-type',
        below,
        text: `{at}: ${shown} points at \`${type}\`, which is no resource type of FHIR R4.`,
      },
    ]
  const allowed = extensionValues(question, 'questionnaire-referenceResource').filter(isText)
  if (allowed.length > 0 && !allowed.includes(type)) {
    const text = `{at}: ${shown} points at a ${type}; the question \`${question.linkId}\` takes a reference to ${list(allowed)}.`
    return [mismatch(below, text)]
  }
  const profiles = extensionValues(question, 'questionnaire-referenceProfile').filter(isText)
  return profileFaults(reference, type, profiles, { below, run })
}

const isText = (value: unknown): value is string => typeof value === 'string'

type Where = { readonly below: string; readonly run: Run }

// Several profiles: it is enough to meet one. What is not known here could be met.
function profileFaults(reference: unknown, type: string, profiles: readonly string[], { below, run }: Where): Fault[] {
  const { engine } = run
  if (profiles.length === 0 || !profiles.every(engine.knows)) return []
  const fitting = profiles.filter((url) => engine.definitions.structures.find(url)?.type === type)
  if (fitting.length === 0)
    return [mismatch(below, `{at} points at a ${type}; the question takes what meets ${list(profiles)}.`)]
  const target = typeof reference === 'string' && parseReference(reference) ? run.resolve(reference) : undefined
  if (typeof target !== 'object' || target === null) return []
  const broken = fitting.map((url) => errorOfProfile(url, target as Record<string, unknown>, run))
  if (broken.some((one) => one === undefined)) return []
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
