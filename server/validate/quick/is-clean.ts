/** The quick pass over a whole resource (quick-test.ts says what it is). */
import type { JsonObject } from '../../fhir/types.ts'
import type { ResourceCapability } from '../../definitions/definitions.ts'
import { selectProfile } from '../select-profile.ts'
import { claimedProfiles } from '../claimed-profiles.ts'
import { createCheckContext } from '../create-context.ts'
import type { ValidationEngine } from '../check-context.ts'
import { createTestCompiler } from './create-test-compiler.ts'
import { NEVER } from './quick-test.ts'
import type { QuickTest } from '../check-context.ts'

/**
 * Does a resource, of a type of R4, have no issue at all, not even a warning? It is checked against its type, the profile
 * that its capability requires, the requested profiles and those that it claims. False may be wrong, true never is.
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
    // A test that cannot be evaluated: ajv decides.
    return false
  }
}

/** The test of a list of profiles, and the branches for one more profile. */
type TestBranch = { test?: QuickTest; readonly more: Map<string, TestBranch> }

/** The cache is bounded, because a client may claim other profiles in every resource. */
const MAX_TESTS = 500
const MAX_PROFILES = 4

/** Tests by type and profiles, each compiled on first use. */
export function createQuickTests(engine: ValidationEngine): (type: string, profiles: readonly string[]) => QuickTest {
  const compiler = createTestCompiler(engine)
  const types = new Map<string, TestBranch>()
  let count = 0
  const make = (type: string, profiles: readonly string[]): QuickTest => {
    if (++count > MAX_TESTS) types.clear()
    if (count > MAX_TESTS) count = 0
    const urls = [...new Set(profiles.map((url) => profileUrlOf(url, type, engine)))].filter((url) => url !== '')
    return urls.includes(undefined) ? NEVER : compiler.resource(type, urls as string[])
  }
  return (type, profiles) => {
    if (profiles.length > MAX_PROFILES) return NEVER
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

function branch(branches: Map<string, TestBranch>, name: string): TestBranch {
  let found = branches.get(name)
  if (!found) branches.set(name, (found = { more: new Map() }))
  return found
}

/** The url without version; '' for the definition of the type itself, which adds nothing; undefined for a profile on another type. */
function profileUrlOf(canonical: string, type: string, { definitions }: ValidationEngine): string | undefined {
  const { structures } = definitions
  const url = canonical.split('|')[0] ?? ''
  const definition = structures.find(url)
  if (definition?.type !== type) return undefined
  return url === structures.find(definition.type)?.url ? '' : url
}
