/** Rules for code systems and value sets. https://hl7.org/fhir/R4/codesystem.html, https://hl7.org/fhir/R4/valueset.html */
import type { JsonObject } from '../../fhir/types.ts'
import type { CanonicalResource } from '../../definitions/canonical-resource.ts'
import type { ValidationEngine } from '../check-context.ts'
import type { Violation } from '../violation.ts'
import { splitCanonical } from '../../terminology/versions.ts'
import { isSctid, SNOMED } from '../../terminology/sctid.ts'
import type { SpecificationRule } from './specification-rule.ts'

const objectsIn = (value: unknown): readonly JsonObject[] =>
  (Array.isArray(value) ? (value as unknown[]) : []).filter(
    (one): one is JsonObject => typeof one === 'object' && one !== null && !Array.isArray(one),
  )

/** https://hl7.org/fhir/R4/codesystem-definitions.html#CodeSystem.count */
export const conceptCount: SpecificationRule = ({ content, count, concept }) => {
  if (content !== 'complete' || typeof count !== 'number') return []
  const found = locatedConcepts(concept, '/concept').length
  if (found === count) return []
  const text = `{at} is \`${count}\`, but the code system is complete and has ${found} concepts.`
  return [{ detail: 'value-conflict', below: '/count', text }]
}

/**
 * The concepts agree with `content`.
 * https://hl7.org/fhir/R4/valueset-codesystem-content-mode.html, https://hl7.org/fhir/R4/codesystem-definitions.html#CodeSystem.supplements
 */
export const contentMatches: SpecificationRule = ({ content, supplements, concept }) => {
  if (content === 'supplement' && supplements === undefined) {
    const text = '{at} is `supplement`, but `supplements` does not name the code system that it extends.'
    return [{ detail: 'value-conflict', below: '/content', text }]
  }
  if (content === 'not-present' && objectsIn(concept).length > 0) {
    const text = '{at} is here, but the `content` of the code system is `not-present`: it lists no concepts.'
    return [{ detail: 'value-conflict', below: '/concept/0', text }]
  }
  if (typeof supplements !== 'string' || content === 'supplement') return []
  const text = `{at} is \`${String(content)}\`; the content of what supplements a code system is \`supplement\`.`
  return [{ detail: 'value-conflict', below: '/content', text }]
}

/** A supplement extends concepts and defines none. https://hl7.org/fhir/R4/codesystem.html#supplements */
export const supplementConcepts: SpecificationRule = ({ content, supplements, concept }, { engine }) => {
  if (content !== 'supplement' || typeof supplements !== 'string') return []
  const { url, version } = splitCanonical(supplements)
  return locatedConcepts(concept, '/concept').flatMap(({ below, code }): Violation[] => {
    if (engine.terminology.checkSystem(url, code, version) !== 'out') return []
    const text = `{at} is \`${code}\`, which is not a code of \`${url}\`: a supplement defines no codes.`
    return [{ detail: 'code-invalid', below: `${below}/code`, text }]
  })
}

type LocatedConcept = { readonly below: string; readonly code: string }

function locatedConcepts(concept: unknown, below: string): readonly LocatedConcept[] {
  return objectsIn(concept).flatMap((one, index) => {
    const at = `${below}/${index}`
    const own = typeof one.code === 'string' ? [{ below: at, code: one.code }] : []
    return [...own, ...locatedConcepts(one.concept, `${at}/concept`)]
  })
}

/** The code systems and value sets of an include are defined here; else its codes are not checked, and the author is warned. https://hl7.org/fhir/R4/valueset.html#compositions */
export const includedSetsAvailable: SpecificationRule = ({ system, valueSet }, { engine }) => {
  const missing = (canonical: unknown, below: string, what: string, isThere: (url: string) => unknown): Violation[] => {
    if (typeof canonical !== 'string' || canonical === '' || isThere(canonical)) return []
    const text = `{at} is \`${canonical}\`, a ${what} that is not available: its codes could not be checked.`
    return [{ detail: 'code-unchecked', severity: 'warning', below, text }]
  }
  const { terminology } = engine
  const hasCodes = (url: string): boolean => (terminology.codeSystem(url)?.content ?? 'not-present') !== 'not-present'
  const imported = Array.isArray(valueSet) ? (valueSet as readonly unknown[]) : []
  return [
    ...missing(system, '/system', 'code system', hasCodes),
    ...imported.flatMap((one, index) =>
      missing(one, `/valueSet/${index}`, 'value set', (url) => terminology.find(url, 'ValueSet')),
    ),
  ]
}

/** The system of an include is a code system. https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.compose.include.system */
export const includeSystemIsCodeSystem: SpecificationRule = ({ system }, { engine }) => {
  if (typeof system !== 'string' || engine.terminology.find(system, 'ValueSet') === undefined) return []
  if (engine.terminology.codeSystem(system) !== undefined) return []
  const text = `{at} includes the system \`${system}\`, which is a value set. Name it under \`valueSet\`, or name its system.`
  return [{ detail: 'value-conflict', text }]
}

/** The value of a filter fits its property and operator. https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.compose.include.filter */
export const filterValuesFit: SpecificationRule = ({ system, version, filter }, { engine }) => {
  if (typeof system !== 'string') return []
  const canonical = typeof version === 'string' ? `${system}|${version}` : system
  const codeSystem = engine.terminology.find(canonical, 'CodeSystem')
  return objectsIn(filter).flatMap(({ property, op, value }, index): Violation[] => {
    if (typeof property !== 'string' || typeof op !== 'string' || typeof value !== 'string') return []
    const reason = valueReason({ property, op, value, system }, codeSystem, engine)
    return reason
      ? [{ detail: 'value-conflict', below: `/filter/${index}`, text: `{at} has the value \`${value}\`; ${reason}` }]
      : []
  })
}

type FilterValue = { readonly property: string; readonly op: string; readonly value: string; readonly system: string }

/** Operators whose value is a code of the system. https://hl7.org/fhir/R4/valueset-filter-operator.html */
const CODE_OPERATORS = new Set(['is-a', 'descendent-of', 'is-not-a', 'generalizes'])
const FLAGS = new Set(['inactive', 'notSelectable'])

function valueReason(
  { property, op, value, system }: FilterValue,
  codeSystem: CanonicalResource | undefined,
  engine: ValidationEngine,
) {
  const type = objectsIn(codeSystem?.property).find(({ code }) => code === property)?.type
  if (op === 'exists') return booleanViolation(value, 'the operator `exists` takes `true` or `false`.')
  if (op === '=' && (type === 'boolean' || FLAGS.has(property)))
    return booleanViolation(value, `\`${property}\` is either \`true\` or \`false\`.`)
  const isCode = CODE_OPERATORS.has(op) || (op === '=' && (property === 'concept' || property === 'parent'))
  if (isCode && system === SNOMED && !isSctid(value))
    return `it must be the identifier of a concept of SNOMED CT: 6 to 18 digits, the last of which checks the others.`
  const coding = op === '=' && type === 'Coding' ? codingIn(value) : isCode ? { system, code: value } : undefined
  if (!coding || engine.terminology.checkSystem(coding.system, coding.code) !== 'out') return undefined
  return `\`${coding.code}\` is not a code of \`${coding.system}\`.`
}

const booleanViolation = (value: string, reason: string): string | undefined =>
  value === 'true' || value === 'false' ? undefined : reason

/** `system#code`, the value of a property of type Coding in a filter. */
function codingIn(value: string): { readonly system: string; readonly code: string } | undefined {
  const hash = value.lastIndexOf('#')
  return hash > 0 ? { system: value.slice(0, hash), code: value.slice(hash + 1) } : undefined
}
