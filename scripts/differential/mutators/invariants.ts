/**
 * Rules of R4 broken one by one: for each, its location and a value that breaks it. Each is a constraint of the
 * StructureDefinition of its type, named by its key.
 */
import { isObject, replace, type Mutator } from '../mutation.ts'

type ElementValue = Readonly<Record<string, unknown>>

type Breach = {
  /** A type of value, or the path of an element. */
  readonly on: string
  readonly rule: string
  readonly breach: (value: ElementValue) => ElementValue
}

/** A value without some of its properties. */
const without =
  (...names: readonly string[]) =>
  (value: ElementValue): ElementValue =>
    Object.fromEntries(Object.entries(value).filter(([name]) => !names.some((one) => name.startsWith(one))))

const also = (more: ElementValue) => (value: ElementValue) => ({ ...value, ...more })

const WORDS = { text: 'x' }

/** The data types; every other row is about a resource or a part of one. */
const TYPES = [
  'Attachment',
  'ContactPoint',
  'Dosage',
  'Period',
  'Quantity',
  'Range',
  'Ratio',
  'Reference',
  'Timing.repeat',
]

export const BREACHES: readonly Breach[] = [
  { on: 'Attachment', rule: 'att-1', breach: (value) => ({ ...without('contentType')(value), data: 'YWJj' }) },
  { on: 'ContactPoint', rule: 'cpt-2', breach: without('system') },
  { on: 'Period', rule: 'per-1', breach: () => ({ start: '2026-05-01', end: '2020-01-01' }) },
  { on: 'Quantity', rule: 'qty-3', breach: (value) => ({ ...without('system')(value), code: 'h' }) },
  { on: 'Range', rule: 'rng-2', breach: () => ({ low: { value: 9 }, high: { value: 1 } }) },
  { on: 'Ratio', rule: 'rat-1', breach: without('numerator') },
  { on: 'Reference', rule: 'ref-1', breach: also({ reference: '#not-contained' }) },
  { on: 'Timing.repeat', rule: 'tim-1', breach: (value) => ({ ...without('durationUnit')(value), duration: 2 }) },
  { on: 'Timing.repeat', rule: 'tim-2', breach: (value) => ({ ...without('periodUnit')(value), period: 2 }) },
  { on: 'Timing.repeat', rule: 'tim-5', breach: also({ period: -1, periodUnit: 'd' }) },
  { on: 'Timing.repeat', rule: 'tim-7', breach: (value) => ({ ...without('period')(value), periodMax: 3 }) },
  { on: 'Timing.repeat', rule: 'tim-9', breach: also({ offset: 5 }) },
  { on: 'Timing.repeat', rule: 'tim-10', breach: also({ timeOfDay: ['10:00:00'], when: ['MORN'] }) },
  { on: 'Patient.contact', rule: 'pat-1', breach: () => ({ gender: 'other' }) },
  { on: 'Observation', rule: 'obs-6', breach: also({ dataAbsentReason: WORDS, valueString: 'x' }) },
  {
    on: 'Observation',
    rule: 'obs-7',
    breach: (value) => ({ ...value, component: [{ code: value.code, valueString: 'x' }] }),
  },
  { on: 'Observation.referenceRange', rule: 'obs-3', breach: without('low', 'high', 'text') },
  {
    on: 'CarePlan.activity',
    rule: 'cpl-3',
    breach: also({ detail: { status: 'unknown' }, reference: { display: 'x' } }),
  },
  { on: 'Condition', rule: 'con-3', breach: without('clinicalStatus') },
  {
    on: 'Condition',
    rule: 'con-4',
    breach: also({ abatementString: 'over', clinicalStatus: status('condition-clinical', 'active') }),
  },
  {
    on: 'Condition',
    rule: 'con-5',
    breach: also({ verificationStatus: status('condition-ver-status', 'entered-in-error') }),
  },
  { on: 'Condition.stage', rule: 'con-1', breach: () => ({ type: WORDS }) },
  { on: 'AllergyIntolerance', rule: 'ait-1', breach: without('clinicalStatus') },
  { on: 'Task', rule: 'inv-1', breach: also({ authoredOn: '2026-05-01', lastModified: '2020-01-01' }) },
  { on: 'ServiceRequest', rule: 'prr-1', breach: (value) => ({ ...without('code')(value), orderDetail: [WORDS] }) },
  { on: 'Organization', rule: 'org-1', breach: without('name', 'identifier') },
  { on: 'Organization', rule: 'org-2', breach: also({ address: [{ use: 'home', city: 'x' }] }) },
  { on: 'Organization', rule: 'org-3', breach: also({ telecom: [{ use: 'home', system: 'phone', value: '1' }] }) },
  { on: 'HealthcareService.notAvailable', rule: 'min 1', breach: without('description') },
  { on: 'Consent', rule: 'ppc-1', breach: without('policy', 'policyRule') },
  { on: 'Goal.target', rule: 'gol-1', breach: (value) => ({ ...without('measure')(value), detailString: 'x' }) },
  { on: 'Contract.term.offer', rule: 'shape', breach: also({ answer: [{}] }) },
  { on: 'Questionnaire', rule: 'que-0', breach: also({ name: 'not a name' }) },
  { on: 'Questionnaire', rule: 'que-2', breach: (value) => ({ ...value, item: twice(value.item) }) },
  {
    on: 'Questionnaire.item',
    rule: 'que-1 (group)',
    breach: (value) => ({ ...without('item')(value), type: 'group' }),
  },
  {
    on: 'Questionnaire.item',
    rule: 'que-1 (display)',
    breach: also({ type: 'display', item: [{ linkId: 'q', type: 'string' }] }),
  },
  { on: 'Questionnaire.item', rule: 'que-3', breach: also({ type: 'display', code: [{ code: 'x' }] }) },
  {
    on: 'Questionnaire.item',
    rule: 'que-4',
    breach: also({ answerValueSet: 'https://state.example/v', answerOption: [{ valueString: 'x' }] }),
  },
  { on: 'Questionnaire.item', rule: 'que-5', breach: also({ type: 'boolean', answerOption: [{ valueString: 'x' }] }) },
  { on: 'Questionnaire.item', rule: 'que-6', breach: also({ type: 'display', required: true }) },
  {
    on: 'Questionnaire.item',
    rule: 'que-7',
    breach: also({ enableWhen: [{ question: 'q', operator: 'exists', answerString: 'x' }] }),
  },
  { on: 'Questionnaire.item', rule: 'que-8', breach: also({ type: 'group', initial: [{ valueString: 'x' }] }) },
  { on: 'Questionnaire.item', rule: 'que-9', breach: also({ type: 'display', readOnly: true }) },
  { on: 'Questionnaire.item', rule: 'que-10', breach: also({ type: 'boolean', maxLength: 9 }) },
  {
    on: 'Questionnaire.item',
    rule: 'que-12',
    breach: (value) => ({ ...without('enableBehavior')(value), enableWhen: TWO_CONDITIONS }),
  },
  {
    on: 'QuestionnaireResponse.item',
    rule: 'qrs-1',
    breach: also({ item: [{ linkId: 'x' }], answer: [{ valueString: 'x' }] }),
  },
  { on: 'PlanDefinition', rule: 'pdf-0', breach: also({ name: 'not a name' }) },
  { on: 'ActivityDefinition', rule: 'adf-0', breach: also({ name: 'not a name' }) },
  { on: 'CodeSystem', rule: 'csd-1', breach: (value) => ({ ...value, concept: twice(value.concept) }) },
  { on: 'ValueSet.compose.include', rule: 'vsd-1', breach: without('system', 'valueSet') },
  { on: 'ValueSet.compose.include', rule: 'vsd-2', breach: without('system') },
  {
    on: 'ValueSet.compose.include',
    rule: 'vsd-3',
    breach: also({ concept: [{ code: 'a' }], filter: [{ property: 'a', op: '=', value: 'b' }] }),
  },
  {
    on: 'List',
    rule: 'lst-1',
    breach: (value) => ({ ...value, emptyReason: WORDS, entry: [{ item: { display: 'x' } }] }),
  },
  { on: 'List.entry', rule: 'lst-2', breach: also({ deleted: true }) },
  { on: 'Immunization.education', rule: 'imm-1', breach: () => ({ publicationDate: '2020' }) },
  { on: 'Appointment', rule: 'app-3', breach: without('start', 'end') },
  { on: 'Appointment', rule: 'app-2', breach: without('end') },
  { on: 'Appointment.participant', rule: 'app-1', breach: without('type', 'actor') },
  {
    on: 'CareTeam.participant',
    rule: 'ctm-1',
    breach: also({ onBehalfOf: { display: 'x' }, member: { reference: 'Patient/1' } }),
  },
  { on: 'Composition.section', rule: 'cmp-1', breach: without('text', 'section', 'entry') },
  { on: 'Composition.section', rule: 'cmp-2', breach: also({ emptyReason: WORDS, entry: [{ display: 'x' }] }) },
  { on: 'CapabilityStatement', rule: 'cpb-1', breach: without('rest', 'messaging', 'document') },
  { on: 'CapabilityStatement', rule: 'cpb-2', breach: without('description', 'software', 'implementation') },
  { on: 'Linkage', rule: 'lnk-1', breach: (value) => ({ ...value, item: first(value.item) }) },
  {
    on: 'Parameters.parameter',
    rule: 'inv-1',
    breach: also({ valueString: 'x', resource: { resourceType: 'Patient' } }),
  },
  { on: 'OperationDefinition.parameter', rule: 'opd-2', breach: also({ type: 'Resource', searchType: 'token' }) },
  { on: 'StructureDefinition', rule: 'sdf-4', breach: without('baseDefinition') },
  { on: 'StructureDefinition', rule: 'sdf-6', breach: without('snapshot', 'differential') },
  { on: 'SearchParameter', rule: 'spd-1', breach: without('xpathUsage') },
  { on: 'Encounter.diagnosis', rule: 'min 1', breach: without('condition') },
  { on: 'FamilyMemberHistory', rule: 'fhs-1', breach: also({ ageString: '30', bornDate: '1990' }) },
  { on: 'FamilyMemberHistory', rule: 'fhs-2', breach: (value) => ({ ...without('age')(value), estimatedAge: true }) },
  { on: 'Group', rule: 'grp-1', breach: also({ actual: false, member: [{ entity: { reference: 'Patient/1' } }] }) },
  { on: 'NamingSystem', rule: 'nsd-1', breach: also({ kind: 'root', uniqueId: [{ type: 'other', value: 'x' }] }) },
  { on: 'Person.link', rule: 'min 1', breach: without('target') },
  { on: 'Dosage', rule: 'shape', breach: also({ asNeededBoolean: true, asNeededCodeableConcept: WORDS }) },
  { on: 'Medication', rule: 'shape', breach: also({ ingredient: [{}] }) },
  { on: 'MessageDefinition.focus', rule: 'md-1', breach: also({ min: 2, max: 'x' }) },
  { on: 'RiskAssessment.prediction', rule: 'ras-2', breach: also({ probabilityDecimal: 250 }) },
]

function status(system: string, code: string): ElementValue {
  return { coding: [{ system: `http://terminology.hl7.org/CodeSystem/${system}`, code }] }
}

const TWO_CONDITIONS = [
  { question: 'q', operator: 'exists', answerBoolean: true },
  { question: 'r', operator: 'exists', answerBoolean: true },
]

const twice = (list: unknown): unknown => (Array.isArray(list) ? [...(list as unknown[]), list[0]] : list)

const first = (list: unknown): unknown => (Array.isArray(list) ? [list[0]] : list)

const breaking = (name: string, isMeant: (on: string) => boolean): Mutator => ({
  name,
  edit(site, { random }) {
    const { value, isList, path, type } = site
    if (!isObject(value) || isList) return undefined
    const here = BREACHES.filter(({ on }) => isMeant(on) && (on === path || on === type))
    return here.length > 0 ? replace(site, random.pick(here).breach(value)) : undefined
  },
})

const isOfType = (on: string): boolean => TYPES.includes(on)

export const INVARIANTS: readonly Mutator[] = [
  breaking('invariant of a data type broken', isOfType),
  breaking('invariant of a resource broken', (on) => !isOfType(on)),
]
