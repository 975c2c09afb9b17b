/** Selects the hub's profile for a resource, when its type has several: the one whose condition is true. */
import type { JsonObject } from '../fhir/types.ts'
import type { ResourceCapability } from '../definitions/definitions.ts'
import { profileUrl } from '../fhir/canonical.ts'
import { compilePath } from '../fhirpath/expression.ts'
import type { ValidationEngine } from './check-context.ts'
import type { Violation } from './violation.ts'

const APPLIES_WHEN = profileUrl('ext-applies-when')

/** The profile that the resource must meet (none or one), or the violation when the conditions do not select one. */
export type ProfileSelection = { readonly profiles: readonly string[]; readonly violation?: Violation }

/** The profile, or a violation that lists the conditions when none or several are true. */
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

// A condition that cannot be evaluated counts as false; the check of the type reports what is wrong.
function holds(condition: string, resource: JsonObject): boolean {
  try {
    const values = compilePath(condition)(resource)
    return values.length === 1 && values[0] === true
  } catch {
    return false
  }
}
