/** Elements of several types (`value[x]`), which JSON writes with the type in the name. https://hl7.org/fhir/R4/formats.html#choice */

/** The elements of R4 that are choices somewhere (a test compares). Anything else has the one name. */
export const CHOICES: ReadonlySet<string> = new Set(
  (
    'abatement additive age allowed amount answer asNeeded author born bounds characteristic chargeItem code collected ' +
    'content created date deceased defaultValue definingSubstance definition detail diagnosis dose doseNumber due ' +
    'effective entity event example fastingStatus fixed identified indication item legallyBinding ' +
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

/** Is a property one of the names of this choice element? Undefined for an element that is no choice. */
export function isChoiceOf(name: string): ((property: string) => boolean) | undefined {
  if (!CHOICES.has(name)) return undefined
  return (property) => property.startsWith(name) && CHOICE_TYPES.has(property.slice(name.length))
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
