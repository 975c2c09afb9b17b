/** `fhirType`: the value is of a type or backbone element. Compiled on first use, so that unused types cost nothing at start. */
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

// `_birthDate` without `birthDate` must have an extension (ele-1).
function needsExtension(
  sibling: object,
  { parentData, parentDataProperty }: DataPosition,
): readonly Violation[] | undefined {
  if ('extension' in sibling || typeof parentDataProperty !== 'string' || !parentDataProperty.startsWith('_'))
    return undefined
  if ((parentData as Record<string, unknown>)[parentDataProperty.slice(1)] !== undefined) return undefined
  return [{ detail: 'element-empty', text: '{at} has neither a value nor an extension. Leave out what has none.' }]
}
