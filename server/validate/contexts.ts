/** Where an extension may stand. https://hl7.org/fhir/R4/defining-extensions.html#context */
import type { StructureDefinition } from '../definitions/structures/structures.ts'
import { evaluate } from '../fhir/path.ts'
import { locate } from './locate.ts'
import type { DataAt, Run } from './run.ts'

type Setting = { readonly holder: string; readonly run: Run; readonly list: DataAt }
type Context = { readonly type: string; readonly expression: string }

/** The sentence to say when the extension may not stand where it does; undefined when it may. */
export function contextFault(url: string, definition: StructureDefinition, setting: Setting): string | undefined {
  const contexts = definition.context ?? []
  if (contexts.length === 0 || contexts.some((one) => allows(one, setting))) return undefined
  const allowed = contexts.map((one) => `\`${one.expression}\``).join(', ')
  return `{at}: the extension \`${url}\` may not stand here. It belongs on ${allowed}.`
}

function allows(context: Context, setting: Setting): boolean {
  if (context.type === 'extension')
    return (setting.list.parentData as { url?: unknown } | null)?.url === context.expression
  if (context.type === 'fhirpath') return byPath(context.expression, setting)
  return namesOf(setting.holder, setting.run).has(context.expression) || namesHere(setting).has(context.expression)
}

// What the shape tells without looking at the resource: enough for nearly all extensions.
function namesOf(holder: string, { engine }: Run): ReadonlySet<string> {
  const names = new Set([holder, 'Element'])
  const { structures } = engine.definitions
  if (holder.includes('.')) names.add('BackboneElement')
  let definition = structures.find(holder)
  while (definition?.baseDefinition) {
    definition = structures.find(definition.baseDefinition)
    if (definition) names.add(definition.type)
  }
  return names
}

// The element in its resource: `Patient.name` for the extension of a HumanName there.
function namesHere({ run, list }: Setting): ReadonlySet<string> {
  const pointer = list.instancePath.slice(0, list.instancePath.lastIndexOf('/'))
  const { path, type } = locate(run.root, pointer, run.engine.definitions.structures)
  const names = new Set<string>()
  if (path) names.add(path).add(path.replace(/\[x\]$/, ''))
  if (type) for (const name of namesOf(type, run)) names.add(name)
  return names
}

function byPath(expression: string, { run, list }: Setting): boolean {
  try {
    return evaluate(expression, run.resource).some((one) => one === list.parentData || one === true)
  } catch {
    return false
  }
}
