/** Evaluates a discriminator path: the restricted FHIRPath of discriminators, without an engine. */
import { resolveReference, referencedType } from '../resolve-reference.ts'
import type { CheckContext } from '../check-context.ts'

/** A value, and its type where the JSON has it: of a choice, of a resource, of the target of a reference. */
export type SelectedValue = { readonly value: unknown; readonly type?: string }

type SelectStep = (from: SelectedValue, context: CheckContext) => readonly SelectedValue[]

/** https://hl7.org/fhir/R4/profiling.html#discriminator: element names, `$this`, extension(url), ofType(), resolve(). */
export function selectValues(item: unknown, path: string, context: CheckContext): readonly SelectedValue[] {
  let found: readonly SelectedValue[] = [{ value: item, type: typeOf(item) }]
  for (const step of stepsOf(path)) found = found.flatMap((one) => step(one, context))
  return found
}

const compiled = new Map<string, readonly SelectStep[]>()

function stepsOf(path: string): readonly SelectStep[] {
  let steps = compiled.get(path)
  if (!steps) {
    steps = path
      .split(/\.(?![^(]*\))/)
      .filter((text) => text !== '$this')
      .map(stepOf)
    compiled.set(path, steps)
  }
  return steps
}

function stepOf(text: string): SelectStep {
  const [, name, argument = ''] = /^(\w+)\(['"]?(.*?)['"]?\)$/.exec(text) ?? []
  if (name === 'resolve') return resolve
  if (name === 'extension')
    return ({ value }) =>
      children(value, 'extension').filter((one) => (one.value as { url?: unknown } | null)?.url === argument)
  if (name === 'ofType') return (from) => (from.type === argument ? [from] : [])
  return ({ value }) => children(value, text)
}

// `value` finds `valueQuantity`, with its type.
function children(value: unknown, name: string): readonly SelectedValue[] {
  if (typeof value !== 'object' || value === null) return []
  const own = (value as Record<string, unknown>)[name]
  if (own !== undefined)
    return (Array.isArray(own) ? own : [own]).map((one: unknown) => ({ value: one, type: typeOf(one) }))
  for (const key in value) {
    if (key.length > name.length && key.startsWith(name) && /[A-Z]/.test(key.charAt(name.length))) {
      return [{ value: (value as Record<string, unknown>)[key], type: typeName(key.slice(name.length)) }]
    }
  }
  return []
}

/** `Quantity` remains, `String` becomes the primitive `string`. */
const typeName = (text: string): string => (PRIMITIVES.has(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text)

const PRIMITIVES = new Set(
  'Base64Binary Boolean Canonical Code Date DateTime Decimal Id Instant Integer Markdown Oid PositiveInt String Time UnsignedInt Uri Url Uuid'.split(
    ' ',
  ),
)

function typeOf(value: unknown): string | undefined {
  const type = (value as { resourceType?: unknown } | null | undefined)?.resourceType
  return typeof type === 'string' ? type : undefined
}

function resolve({ value }: SelectedValue, context: CheckContext): readonly SelectedValue[] {
  const reference = typeof value === 'string' ? value : (value as { reference?: unknown } | null)?.reference
  if (typeof reference !== 'string') return []
  const type = referencedType(reference, context)
  const target = resolveReference(reference, context)
  return target || type ? [{ value: target ?? { resourceType: type }, type }] : []
}
