/** `fhirType`: the value has the named shape. Compiled when first met, so that a start pays for no type it does not use. */
import type { CompiledSchema, DataPosition } from '../check-context.ts'
import type { Violation } from '../violation.ts'
import { keyword } from './keyword.ts'

export const fhirType = keyword<string>('fhirType', ['object'], (name, engine) => {
  let shape: CompiledSchema | undefined
  return (context, data, at) => {
    shape ??= engine.typeSchema(name)
    if (!shape.call(context, data, at)) return shape.errors ?? undefined
    return name === 'Element' ? needsExtension(data, at) : undefined
  }
})

// `_birthDate` without `birthDate` has to say something by itself: an extension (rule ele-1).
function needsExtension(
  sibling: object,
  { parentData, parentDataProperty }: DataPosition,
): readonly Violation[] | undefined {
  if ('extension' in sibling || typeof parentDataProperty !== 'string' || !parentDataProperty.startsWith('_'))
    return undefined
  if ((parentData as Record<string, unknown>)[parentDataProperty.slice(1)] !== undefined) return undefined
  return [{ detail: 'element-empty', text: '{at} has neither a value nor an extension. Leave out what has none.' }]
}
