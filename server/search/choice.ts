/** Elements of several types (`value[x]`), which JSON writes with the type in the name. https://hl7.org/fhir/R4/formats.html#choice */

/** Every choice element of R4. */
const CHOICES = new Set(
  (
    'abatement additive age allowed amount answer asNeeded author born bounds characteristic chargeItem code collected ' +
    'content created date deceased defaultValue definingSubstance definition detail diagnosis dose doseNumber due duration ' +
    'effective entity event example fastingStatus fixed identified indication instances item legallyBinding location ' +
    'manufacturer maxValue medication minValue minimumVolume module multipleBirth name occurred occurrence offset onset ' +
    'participantEffective pattern performed probability procedure product quantity rate reported scheduled seriesDoses ' +
    'serviced source start statusReason studyEffective subject substance target time timing topic used value when'
  ).split(' '),
)

/** Every type that a choice can have, as it ends a name. */
const TYPES =
  'Base64Binary Boolean Canonical Code Date DateTime Decimal Id Instant Integer Markdown Oid PositiveInt String Time ' +
  'UnsignedInt Uri Url Uuid Address Age Annotation Attachment CodeableConcept Coding ContactPoint Count Distance ' +
  'Duration HumanName Identifier Money Period Quantity Range Ratio Reference SampledData Signature Timing ContactDetail ' +
  'Contributor DataRequirement Expression ParameterDefinition RelatedArtifact TriggerDefinition UsageContext Dosage Meta'

/** Is a property one of the names of this choice element? Undefined for an element that is no choice. */
export function isChoiceOf(name: string): ((property: string) => boolean) | undefined {
  if (!CHOICES.has(name)) return undefined
  const names = new Set(TYPES.split(' ').map((type) => name + type))
  return (property) => names.has(property)
}

/** Types whose values are also of another type. https://hl7.org/fhir/R4/datatypes.html */
const KINDS_OF: { readonly [type: string]: readonly string[] } = {
  uri: ['url', 'canonical', 'uuid', 'oid'],
  string: ['code', 'id', 'markdown'],
  integer: ['positiveInt', 'unsignedInt'],
  Quantity: ['Age', 'Count', 'Distance', 'Duration'],
}

/** The properties in which a choice element of this type, or of a kind of it, is written. */
export const propertiesOf = (name: string, type: string): readonly string[] =>
  [type, ...(Object.hasOwn(KINDS_OF, type) ? (KINDS_OF[type] ?? []) : [])].map(
    (kind) => name + kind.charAt(0).toUpperCase() + kind.slice(1),
  )
