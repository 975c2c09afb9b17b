/** `fhirType`: the value has the named shape. Compiled when first met, so that a start pays for no type it does not use. */
import type { Compiled } from '../run.ts'
import { keyword } from './keyword.ts'

export const fhirType = keyword<string>('fhirType', ['object'], (name, engine) => {
  let shape: Compiled | undefined
  return (run, data, at) => {
    shape ??= engine.shape(name)
    return shape.call(run, data, at) ? undefined : (shape.errors ?? undefined)
  }
})
