/** Steps through plain JSON, choices included: `value` finds `valueQuantity`. */
import { BAIL } from './values.ts'

type Bag = Readonly<Record<string, unknown>>

/** The elements of R4 that are choices somewhere (a test compares). Anything else has the one name. */
export const CHOICES: ReadonlySet<string> = new Set(
  (
    'abatement additive age allowed amount answer asNeeded author born bounds characteristic chargeItem code collected ' +
    'content created date deceased defaultValue definingSubstance definition detail diagnosis dose doseNumber due ' +
    'duration effective entity event example fastingStatus fixed identified indication instances item legallyBinding ' +
    'location manufacturer maxValue medication minValue minimumVolume module multipleBirth name occurred occurrence ' +
    'offset onset participantEffective pattern performed probability procedure product quantity rate reported ' +
    'scheduled seriesDoses serviced source start statusReason studyEffective subject substance target time timing ' +
    'topic used value when'
  ).split(' '),
)

/** The types that a choice may have. */
export const CHOICE_TYPES: ReadonlySet<string> = new Set(
  (
    'Base64Binary Boolean Canonical Code Date DateTime Decimal Id Instant Integer Markdown Oid PositiveInt String Time ' +
    'UnsignedInt Uri Url Uuid Address Age Annotation Attachment CodeableConcept Coding ContactDetail ContactPoint ' +
    'Contributor Count DataRequirement Distance Dosage Duration Expression HumanName Identifier Meta Money ' +
    'ParameterDefinition Period Quantity Range Ratio Reference RelatedArtifact SampledData Signature Timing ' +
    'TriggerDefinition UsageContext'
  ).split(' '),
)

/** The values of an element below one value, added to `found`. A primitive without a value is left to the engine. */
export function children(value: unknown, name: string, found: unknown[]): void {
  if (typeof value !== 'object' || value === null) {
    // What stands beside a primitive is out of sight here.
    if (name === 'extension' || name === 'id') throw BAIL
    return
  }
  const bag = value as Bag
  const [own, beside] = [bag[name], bag[`_${name}`]]
  if (beside !== undefined && !isWhole(own, beside)) throw BAIL
  if (own !== undefined) add(own, found)
  else if (CHOICES.has(name)) choice(bag, name, found)
}

/** Is there a value for everything that stands beside? */
const isWhole = (own: unknown, beside: unknown): boolean =>
  Array.isArray(own) ? Array.isArray(beside) && beside.length <= own.length : own !== undefined && own !== null

/** The values of one type of a choice, or the resources of that type. */
export function childrenOfType(value: unknown, name: string, type: string, found: unknown[]): void {
  if (typeof value !== 'object' || value === null) return
  const bag = value as Bag
  const key = name + type.charAt(0).toUpperCase() + type.slice(1)
  if (bag[`_${key}`] !== undefined || bag[`_${name}`] !== undefined) throw BAIL
  if (bag[key] !== undefined) add(bag[key], found)
  else if (bag[name] !== undefined) throw BAIL
}

function choice(bag: Bag, name: string, found: unknown[]): void {
  for (const key in bag) {
    if (key.length <= name.length) continue
    if (key.startsWith(name) && CHOICE_TYPES.has(key.slice(name.length))) add(bag[key], found)
    else if (key.charCodeAt(0) === 95 && key.startsWith(name, 1) && CHOICE_TYPES.has(key.slice(name.length + 1)))
      throw BAIL
  }
}

function add(value: unknown, found: unknown[]): void {
  if (!Array.isArray(value)) {
    if (value !== null) found.push(value)
    return
  }
  for (const one of value as readonly unknown[]) {
    if (one === null) throw BAIL
    found.push(one)
  }
}
