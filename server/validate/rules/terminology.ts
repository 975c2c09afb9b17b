/** What code systems and value sets say of themselves. https://hl7.org/fhir/R4/codesystem.html, https://hl7.org/fhir/R4/valueset.html */
import type { JsonObject } from '../../fhir/types.ts'
import type { Canonical } from '../../definitions/definitions.ts'
import type { ValidationEngine } from '../check-context.ts'
import type { Violation } from '../violation.ts'
import { canonicalParts } from '../../terminology/versions.ts'
import { isSctid, SNOMED } from '../../terminology/sctid.ts'
import type { SpecificationRule } from './specification-rule.ts'

const bags = (value: unknown): readonly JsonObject[] =>
  (Array.isArray(value) ? (value as unknown[]) : []).filter(
    (one): one is JsonObject => typeof one === 'object' && one !== null && !Array.isArray(one),
  )

/** https://hl7.org/fhir/R4/codesystem-definitions.html#CodeSystem.count */
export const conceptCount: SpecificationRule = ({ content, count, concept }) => {
  if (content !== 'complete' || typeof count !== 'number') return []
  const found = placed(concept, '/concept').length
  if (found === count) return []
  const text = `{at} is \`${count}\`, but the code system is complete and has ${found} concepts.`
  return [{ detail: 'value-conflict', below: '/count', text }]
}

/**
 * What is there is what `content` says.
 * https://hl7.org/fhir/R4/valueset-codesystem-content-mode.html, https://hl7.org/fhir/R4/codesystem-definitions.html#CodeSystem.supplements
 */
export const contentIsSo: SpecificationRule = ({ content, supplements, concept }) => {
  if (content === 'supplement' && supplements === undefined) {
    const text = '{at} is `supplement`, but `supplements` does not say which code system is added to.'
    return [{ detail: 'value-conflict', below: '/content', text }]
  }
  if (content === 'not-present' && bags(concept).length > 0) {
    const text = '{at} is here, but the `content` of the code system is `not-present`: it lists no concepts.'
    return [{ detail: 'value-conflict', below: '/concept/0', text }]
  }
  if (typeof supplements !== 'string' || content === 'supplement') return []
  const text = `{at} is \`${String(content)}\`; the content of what supplements a code system is \`supplement\`.`
  return [{ detail: 'value-conflict', below: '/content', text }]
}

/** A supplement adds to concepts, and defines none. https://hl7.org/fhir/R4/codesystem.html#supplements */
export const supplementConcepts: SpecificationRule = ({ content, supplements, concept }, { engine }) => {
  if (content !== 'supplement' || typeof supplements !== 'string') return []
  const { url, version } = canonicalParts(supplements)
  return placed(concept, '/concept').flatMap(({ below, code }): Violation[] => {
    if (engine.terminology.checkSystem(url, code, version) !== 'out') return []
    const text = `{at} is \`${code}\`, which is not a code of \`${url}\`: a supplement defines none of its own.`
    return [{ detail: 'code-invalid', below: `${below}/code`, text }]
  })
}

type Placed = { readonly below: string; readonly code: string }

function placed(concept: unknown, below: string): readonly Placed[] {
  return bags(concept).flatMap((one, index) => {
    const at = `${below}/${index}`
    const own = typeof one.code === 'string' ? [{ below: at, code: one.code }] : []
    return [...own, ...placed(one.concept, `${at}/concept`)]
  })
}

/** What a value set draws on is at hand: what is not could not be checked. https://hl7.org/fhir/R4/valueset.html#compositions */
export const partsAtHand: SpecificationRule = ({ system, valueSet }, { engine }) => {
  const missing = (canonical: unknown, below: string, what: string, isThere: (url: string) => unknown): Violation[] => {
    if (typeof canonical !== 'string' || canonical === '' || isThere(canonical)) return []
    const text = `{at} is \`${canonical}\`, a ${what} that is not at hand: whether a code is one of it could not be checked.`
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

/** What is drawn on is a code system. https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.compose.include.system */
export const drawsOnSystem: SpecificationRule = ({ system }, { engine }) => {
  if (typeof system !== 'string' || engine.terminology.find(system, 'ValueSet') === undefined) return []
  if (engine.terminology.codeSystem(system) !== undefined) return []
  const text = `{at} draws on the system \`${system}\`, which is a value set. Name it under \`valueSet\`, or name its system.`
  return [{ detail: 'value-conflict', text }]
}

/** A filter asks for something that can be. https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.compose.include.filter */
export const filtersFit: SpecificationRule = ({ system, version, filter }, { engine }) => {
  if (typeof system !== 'string') return []
  const asked = typeof version === 'string' ? `${system}|${version}` : system
  const known = engine.terminology.find(asked, 'CodeSystem')
  return bags(filter).flatMap(({ property, op, value }, index): Violation[] => {
    if (typeof property !== 'string' || typeof op !== 'string' || typeof value !== 'string') return []
    const why = wrongValue({ property, op, value, system }, known, engine)
    return why
      ? [{ detail: 'value-conflict', below: `/filter/${index}`, text: `{at} has the value \`${value}\`; ${why}` }]
      : []
  })
}

type Asked = { readonly property: string; readonly op: string; readonly value: string; readonly system: string }

/** Operators whose value is a code of the system. https://hl7.org/fhir/R4/valueset-filter-operator.html */
const OF_CODES = new Set(['is-a', 'descendent-of', 'is-not-a', 'generalizes'])
const FLAGS = new Set(['inactive', 'notSelectable'])

function wrongValue({ property, op, value, system }: Asked, known: Canonical | undefined, engine: ValidationEngine) {
  const type = bags(known?.property).find(({ code }) => code === property)?.type
  if (op === 'exists') return either(value, 'the operator `exists` takes `true` or `false`.')
  if (op === '=' && (type === 'boolean' || FLAGS.has(property)))
    return either(value, `\`${property}\` is either \`true\` or \`false\`.`)
  const isCode = OF_CODES.has(op) || (op === '=' && (property === 'concept' || property === 'parent'))
  if (isCode && system === SNOMED && !isSctid(value))
    return `it must be the identifier of a concept of SNOMED CT: 6 to 18 digits, the last of which checks the others.`
  const named = op === '=' && type === 'Coding' ? codingIn(value) : isCode ? { system, code: value } : undefined
  if (!named || engine.terminology.checkSystem(named.system, named.code) !== 'out') return undefined
  return `\`${named.code}\` is not a code of \`${named.system}\`.`
}

const either = (value: string, why: string): string | undefined =>
  value === 'true' || value === 'false' ? undefined : why

/** `system#code`, as the value of a property that is a Coding is written. */
function codingIn(value: string): { readonly system: string; readonly code: string } | undefined {
  const hash = value.lastIndexOf('#')
  return hash > 0 ? { system: value.slice(0, hash), code: value.slice(hash + 1) } : undefined
}
