/** Which of the hub's profiles binds a resource, when its type has several: the one whose condition it meets. */
import type { JsonObject } from '../fhir/types.ts'
import type { ResourceCapability } from '../definitions/definitions.ts'
import { profileUrl } from '../fhir/canonical.ts'
import { compilePath } from '../fhirpath/expression.ts'
import type { ValidationEngine } from './check-context.ts'
import type { Violation } from './violation.ts'

const APPLIES_WHEN = profileUrl('ext-applies-when')

/** The profiles that bind a resource (one, or none), and what is wrong where none can be chosen. */
export type ProfileSelection = { readonly profiles: readonly string[]; readonly violation?: Violation }

/** The profile, or a fault that lists the conditions when none or several are met. */
export function selectProfile(
  resource: JsonObject,
  capability: ResourceCapability,
  engine: ValidationEngine,
): ProfileSelection {
  const { profiles } = capability
  if (profiles.length <= 1) return { profiles }
  const conditions = profiles.map((url) => ({ url, condition: appliesWhen(url, engine) }))
  const met = conditions
    .filter(({ condition }) => condition === undefined || holds(condition, resource))
    .map(({ url }) => url)
  if (met.length === 1) return { profiles: met }
  const several =
    met.length > 1
      ? `Several profiles apply to this ${capability.type}`
      : `None of the profiles for ${capability.type} applies`
  const list = conditions.map(({ url, condition }) => `\`${url}\` when \`${condition ?? 'true'}\``).join('; ')
  return { profiles: [], violation: { detail: 'profile-undecided', text: `${several}; exactly one must: ${list}.` } }
}

function appliesWhen(url: string, engine: ValidationEngine): string | undefined {
  const extensions = (engine.definitions.find(url)?.extension ?? []) as readonly { url: string; valueString?: string }[]
  return extensions.find((one) => one.url === APPLIES_WHEN)?.valueString
}

// A condition that fails on a broken resource is not met; what is broken is told by the type's own check.
function holds(condition: string, resource: JsonObject): boolean {
  try {
    const values = compilePath(condition)(resource)
    return values.length === 1 && values[0] === true
  } catch {
    return false
  }
}
