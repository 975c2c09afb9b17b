/** The quick pass over a whole resource: see test.ts. */
import type { JsonObject } from '../../fhir/types.ts'
import type { ResourceCapability } from '../../definitions/definitions.ts'
import { selectProfile } from '../select-profile.ts'
import { claimedProfiles } from '../claimed-profiles.ts'
import { createCheckContext } from '../create-context.ts'
import type { ValidationEngine } from '../check-context.ts'
import { createTestCompiler } from './compile.ts'
import { NEVER } from './test.ts'
import type { QuickTest } from '../check-context.ts'

/**
 * Of a resource of a type that R4 has, asked against profiles besides those that the offer demands and it claims itself:
 * true when there is nothing to tell of it, not even a warning.
 */
export function isClean(
  resource: JsonObject,
  requested: readonly string[] = [],
  capability: ResourceCapability | undefined,
  engine: ValidationEngine,
): boolean {
  const selection = capability ? selectProfile(resource, capability, engine) : undefined
  if (selection?.violation) return false
  const profiles = [
    ...(selection?.profiles ?? []),
    ...requested,
    ...claimedProfiles(resource).map((one) => one.profile),
  ]
  const context = createCheckContext(engine, resource, resource, resource)
  try {
    return engine.quickTest(String(resource.resourceType), profiles)(resource, context, resource)
  } catch {
    // What could not be evaluated is for the schemas to tell.
    return false
  }
}

/** A test, and those for one profile more. */
type Branch = { test?: QuickTest; readonly more: Map<string, Branch> }

/** Tests kept; whoever claims other profiles in every resource is to gain nothing by it. */
const MOST_TESTS = 500
const MOST_PROFILES = 4

/** Tests for resources of a type that are to meet profiles, each made when it is first asked for. */
export function createQuick(engine: ValidationEngine): (type: string, profiles: readonly string[]) => QuickTest {
  const compiler = createTestCompiler(engine)
  const types = new Map<string, Branch>()
  let count = 0
  const make = (type: string, profiles: readonly string[]): QuickTest => {
    if (++count > MOST_TESTS) types.clear()
    if (count > MOST_TESTS) count = 0
    const urls = [...new Set(profiles.map((url) => ownUrl(url, type, engine)))].filter((url) => url !== '')
    return urls.includes(undefined) ? NEVER : compiler.resource(type, urls as string[])
  }
  return (type, profiles) => {
    if (profiles.length > MOST_PROFILES) return NEVER
    let at = branch(types, type)
    let before: string | undefined
    for (const url of profiles) {
      if (url !== before && !engine.isDefined(url)) return NEVER
      if (url !== before) at = branch(at.more, url)
      before = url
    }
    return (at.test ??= make(type, profiles))
  }
}

function branch(branches: Map<string, Branch>, name: string): Branch {
  let found = branches.get(name)
  if (!found) branches.set(name, (found = { more: new Map() }))
  return found
}

/** The url without a version; '' for the type's own definition, which adds nothing; undefined for one of another type. */
function ownUrl(canonical: string, type: string, { definitions }: ValidationEngine): string | undefined {
  const { structures } = definitions
  const url = canonical.split('|')[0] ?? ''
  const definition = structures.find(url)
  if (definition?.type !== type) return undefined
  return url === structures.find(definition.type)?.url ? '' : url
}
