/** `fhirTarget`, `fhirAggregation`: what a reference points at, where it is at hand. https://hl7.org/fhir/R4/references.html */
import type { Severity } from '../../fhir/outcome.ts'
import { find } from '../resolve.ts'
import { createRun, errorsOf, type DataAt, type Run } from '../run.ts'
import { keyword } from './keyword.ts'

type Reference = { readonly reference?: unknown }
type Resource = Record<string, unknown>

/** Resources under check as targets, by profile: two that point at each other are asked once. */
const underWay = new WeakMap<Resource, Set<string>>()

export const fhirTarget = keyword<readonly string[]>('fhirTarget', ['object'], (urls) => {
  const list = urls.map((url) => `\`${url}\``).join(' or ')
  return (run, { reference }: Reference) => {
    const target = typeof reference === 'string' ? (find(reference, run) as Resource | undefined) : undefined
    if (target === undefined || urls.some((url) => meets(target, url, String(reference), run))) return undefined
    return [
      {
        detail: 'reference-type',
        text: `{at} refers to \`${String(reference)}\`, which does not meet the profile ${list}.`,
      },
    ]
  }
})

function meets(target: Resource, url: string, reference: string, run: Run): boolean {
  const { engine, root, container } = run
  const definition = engine.definitions.structures.find(url)
  if (!definition) return true
  if (definition.type !== target.resourceType) return definition.type === 'Resource'
  const profile = definition.derivation === 'constraint' ? engine.profile(url) : undefined
  const asked = underWay.get(target) ?? new Set<string>()
  if (!profile || asked.has(url)) return true
  underWay.set(target, asked.add(url))
  const at: DataAt = { instancePath: '', parentData: undefined, parentDataProperty: '', rootData: target }
  const inner = createRun(engine, target, reference.startsWith('#') ? container : target, root)
  try {
    return errorsOf(profile, inner, target, at).every(({ params }) => {
      const { severity = 'error' } = params as { severity?: Severity }
      return severity !== 'error'
    })
  } finally {
    asked.delete(url)
  }
}

export const fhirAggregation = keyword<readonly string[]>('fhirAggregation', ['object'], (modes) => {
  return (run, { reference }: Reference) => {
    if (typeof reference !== 'string' || modes.some((mode) => isThere(mode, reference, run))) return undefined
    const text = `{at} refers to \`${reference}\`, which must be ${modes.map((mode) => PLACES[mode] ?? mode).join(' or ')}.`
    return [{ detail: 'reference-not-found', text }]
  }
})

const PLACES: Readonly<Record<string, string>> = {
  contained: 'contained in the resource',
  bundled: 'in the same Bundle',
  referenced: 'outside the resource',
}

// Outside a Bundle nobody can tell whether the target will be in one.
function isThere(mode: string, reference: string, run: Run): boolean {
  if (mode === 'contained') return reference.startsWith('#')
  if (mode === 'referenced') return !reference.startsWith('#')
  return run.root.resourceType !== 'Bundle' || (!reference.startsWith('#') && find(reference, run) !== undefined)
}
