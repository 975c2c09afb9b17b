/** `fhirTarget`, `fhirAggregation`: the profile and the location of the target of a reference. https://hl7.org/fhir/R4/references.html */
import type { JsonObject } from '../../fhir/types.ts'
import type { Severity } from '../../fhir/outcome.ts'
import { resolveReference } from '../resolve-reference.ts'
import { createCheckContext } from '../create-context.ts'
import { runSchema } from '../violation.ts'
import type { DataPosition, CheckContext } from '../check-context.ts'
import type { UncheckedReference } from '../unchecked.ts'
import { keyword } from './keyword.ts'

/** Profiles under check, by target: two resources that refer to each other are checked once. */
const inProgress = new WeakMap<JsonObject, Set<string>>()

export const fhirTarget = keyword<readonly string[]>('fhirTarget', ['object'], (urls) => {
  const list = urls.map((url) => `\`${url}\``).join(' or ')
  return (context, { reference }: UncheckedReference) => {
    const target =
      typeof reference === 'string' ? (resolveReference(reference, context) as JsonObject | undefined) : undefined
    if (target === undefined || urls.some((url) => meetsProfile(target, url, String(reference), context)))
      return undefined
    return [
      {
        detail: 'reference-type',
        text: `{at} refers to \`${String(reference)}\`, which does not meet the profile ${list}.`,
      },
    ]
  }
})

function meetsProfile(target: JsonObject, url: string, reference: string, context: CheckContext): boolean {
  const { engine, root, container } = context
  const definition = engine.definitions.structures.find(url)
  if (!definition) return true
  if (definition.type !== target.resourceType) return definition.type === 'Resource'
  const profile = definition.derivation === 'constraint' ? engine.profileSchema(url) : undefined
  const urlsInProgress = inProgress.get(target) ?? new Set<string>()
  if (!profile || urlsInProgress.has(url)) return true
  inProgress.set(target, urlsInProgress.add(url))
  const at: DataPosition = { instancePath: '', parentData: undefined, parentDataProperty: '', rootData: target }
  const inner = createCheckContext(engine, target, reference.startsWith('#') ? container : target, root)
  try {
    return runSchema(profile, inner, target, at).every(({ params }) => {
      const { severity = 'error' } = params as { severity?: Severity }
      return severity !== 'error'
    })
  } finally {
    urlsInProgress.delete(url)
  }
}

export const fhirAggregation = keyword<readonly string[]>('fhirAggregation', ['object'], (modes) => {
  return (context, { reference }: UncheckedReference) => {
    if (typeof reference !== 'string' || modes.some((mode) => matchesMode(mode, reference, context))) return undefined
    const text = `{at} refers to \`${reference}\`, which must be ${modes.map((mode) => MODE_TEXTS[mode] ?? mode).join(' or ')}.`
    return [{ detail: 'reference-not-found', text }]
  }
})

const MODE_TEXTS: Readonly<Record<string, string>> = {
  contained: 'contained in the resource',
  bundled: 'in the same Bundle',
  referenced: 'outside the resource',
}

// Outside a Bundle it is unknown whether the target will be in one.
function matchesMode(mode: string, reference: string, context: CheckContext): boolean {
  if (mode === 'contained') return reference.startsWith('#')
  if (mode === 'referenced') return !reference.startsWith('#')
  return (
    context.root.resourceType !== 'Bundle' ||
    (!reference.startsWith('#') && resolveReference(reference, context) !== undefined)
  )
}
