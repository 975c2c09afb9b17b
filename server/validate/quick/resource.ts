/** A resource inside another, by its own type and the profiles that it claims. */
import { claimed } from '../claims.ts'
import { isRepeated } from '../contained.ts'
import { typeViolation } from '../keywords/resource.ts'
import { innerRun } from '../run.ts'
import type { Compiler } from './compile.ts'
import type { Bag, Test } from './test.ts'

export function resourceTest(name: string, compiler: Compiler): Test {
  const { engine } = compiler
  return (value, run) => {
    const resource = value as Record<string, unknown>
    if (typeof resource !== 'object' || resource === null || typeViolation(resource, run)) return false
    if (name === 'contained' && isRepeated(resource, run)) return false
    const inner = innerRun(run, resource, name === 'contained' ? run.container : resource)
    const profiles = claimed(resource).map((one) => one.profile)
    return engine.quick(resource.resourceType as string, profiles)(resource, inner, NO_HOLDER)
  }
}

const NO_HOLDER: Bag = {}
