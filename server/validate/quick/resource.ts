/** A resource inside another one: tested against its type and the profiles that it claims. */
import type { JsonObject } from '../../fhir/types.ts'
import { claimedProfiles } from '../claimed-profiles.ts'
import { hasDuplicateId } from '../contained.ts'
import { typeViolation } from '../keywords/resource.ts'
import { createInnerContext } from '../create-context.ts'
import type { TestCompiler } from './test-compiler.ts'
import type { QuickTest } from '../check-context.ts'

export function resourceTest(name: string, compiler: TestCompiler): QuickTest {
  const { engine } = compiler
  return (value, context) => {
    const resource = value as JsonObject
    if (typeof resource !== 'object' || resource === null || typeViolation(resource, context)) return false
    if (name === 'contained' && hasDuplicateId(resource, context)) return false
    const inner = createInnerContext(context, resource, name === 'contained' ? context.container : resource)
    const profiles = claimedProfiles(resource).map((one) => one.profile)
    return engine.quickTest(resource.resourceType as string, profiles)(resource, inner, NO_HOLDER)
  }
}

const NO_HOLDER: JsonObject = {}
