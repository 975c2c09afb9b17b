/**
 * What R4 has is taken, what it does not have is refused: every resource type and data type, by the digests of the
 * published elements, and the cases in which other definitions of R4 differ. https://hl7.org/fhir/R4/resourcelist.html
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { readDigests } from '../../scripts/r4/digests.ts'
import { createDefinitions, loadDefinitions } from '../../server/definitions/load.ts'
import type { ElementNode } from '../../server/definitions/structures/element.ts'
import { isError, type Issue } from '../../server/fhir/outcome.ts'
import { createValidator } from '../../server/validate/create-validator.ts'
import { summaries, validatorOf } from './validator-of.ts'

const ROOT = path.join(import.meta.dirname, '..', '..')
const BASE = 'http://hl7.org/fhir/StructureDefinition'
const definitions = createDefinitions([])
const { structures } = definitions
const validator = validatorOf([])

type Type = { readonly name: string; readonly elements: readonly string[] }

/** The names of the published elements of a type itself, not of those inside them. */
const TYPES: readonly Type[] = readDigests(path.join(ROOT, 'server', 'definitions', 'r4'))
  .filter(({ url }) => {
    const found = structures.find(url)
    return found?.derivation === 'specialization' && found.kind !== 'logical' && !found.abstract
  })
  .map(({ url, elements }) => ({
    name: url.slice(BASE.length + 1),
    elements: [...elements.keys()].filter((id) => id.split('.').length === 2).map((id) => id.split('.')[1] ?? ''),
  }))

const RESOURCES = TYPES.filter(({ name }) => definitions.isResourceType(name))
const DATA_TYPES = TYPES.filter(({ name }) => structures.find(name)?.kind === 'complex-type')

/** Elements of other types, of R5 and of products, in the order of the alphabet. */
const NAMES: readonly string[] = [
  ...new Set([...TYPES.flatMap((one) => one.elements), 'project', 'compartment', 'accounts', 'recruitment']),
]
  .filter((name) => !name.endsWith('[x]') && name !== 'resourceType')
  .sort()

/** Elements that a type does not have: every seventh of all names, another seventh for each type. */
const foreignTo = ({ elements }: Type, index: number): readonly string[] =>
  NAMES.filter((name, at) => (at + index) % 7 === 0 && !elements.some((own) => isNameOf(name, own)))

const isNameOf = (name: string, element: string): boolean =>
  element.endsWith('[x]') ? name.startsWith(element.slice(0, -3)) : name === element

/** Names with a text as their value: nothing but the names counts here. */
const texts = (names: readonly string[]): object => Object.fromEntries(names.map((name) => [name, 'x']))

/** The names of the elements that are unknown at a place (`Patient.name[0]`), which a choice may narrow by `ofType`. */
const unknownIn = (issues: readonly Issue[], at: string): readonly string[] =>
  issues
    .filter((one) => one.detail === 'element-unknown' && String(one.expression).startsWith(`${at}.`))
    .map((one) => String(one.expression).replace(/^.*\./, ''))

/** `value[x]` as JSON writes it for each of its types. */
function jsonNames(type: string, element: string): readonly string[] {
  if (!element.endsWith('[x]')) return [element]
  const types = structures.tree(type).children.get(element)?.element.type ?? []
  return types.map(({ code }) => element.slice(0, -3) + code.charAt(0).toUpperCase() + code.slice(1))
}

describe('validate / R4 / every resource type', () => {
  RESOURCES.forEach((type, index) => {
    const { name, elements } = type
    it(`${name}: its elements are taken, those of others refused`, async () => {
      const own = elements.flatMap((element) => jsonNames(name, element))
      const taken = await validator.check({ resourceType: name, ...texts(own) })
      assert.deepEqual(unknownIn(taken, name), [])
      const foreign = foreignTo(type, index)
      assert.ok(foreign.length > 50)
      const refused = await validator.check({ resourceType: name, ...texts(foreign) })
      assert.deepEqual([...unknownIn(refused, name)].sort(), foreign)
    })
  })
})

type Host = { readonly resource: object; readonly at: string }

describe('validate / R4 / every data type', () => {
  const hosted = DATA_TYPES.flatMap((type) => {
    const host = hostOf(type.name)
    return host ? [{ type, host }] : []
  })

  it('is the type of an element somewhere', () => {
    assert.deepEqual(
      hosted.map(({ type }) => type.name),
      DATA_TYPES.map(({ name }) => name),
    )
  })

  hosted.forEach(({ type, host }, index) => {
    const { name, elements } = type
    it(`${name}: its elements are taken, those of others refused`, async () => {
      const own = elements.flatMap((element) => jsonNames(name, element))
      const { resource, at } = host(texts(own))
      assert.deepEqual(unknownIn(await validator.check(resource), at), [])
      const foreign = foreignTo(type, index)
      const refused = await validator.check(host(texts(foreign)).resource)
      assert.deepEqual([...unknownIn(refused, at)].sort(), foreign)
    })
  })
})

/** A resource with a value of this type in it, and where; the first element of that type of all resources. */
function hostOf(type: string): ((value: object) => Host) | undefined {
  for (const { name } of RESOURCES) {
    const steps = stepsTo(type, structures.tree(name))
    if (steps)
      return (value) => ({
        resource: { resourceType: name, ...steps.reduceRight((inner, step) => step.around(inner), value) },
        at: [name, ...steps.map((step) => step.expression)].join('.'),
      })
  }
  return undefined
}

type StepToElement = { readonly around: (inner: object) => object; readonly expression: string }

function stepsTo(type: string, node: ElementNode): readonly StepToElement[] | undefined {
  for (const [name, child] of node.children) {
    const { element } = child
    const isList = element.max !== '0' && element.max !== '1'
    const isOfType = element.type?.some(({ code }) => code === type) === true
    const json = name.endsWith('[x]') ? `${name.slice(0, -3)}${type}` : name
    const around = (inner: object): object => ({ [json]: isList ? [inner] : inner })
    const step = { around, expression: name.replace('[x]', '') + (isList ? '[0]' : '') }
    if (isOfType) return [step]
    const below = stepsTo(type, child)
    if (below) return [step, ...below]
  }
  return undefined
}

const DETECTED = { resourceType: 'DetectedIssue', status: 'final' }
const STUDY = { resourceType: 'ResearchStudy', status: 'active' }
const CHARACTERISTIC = { definitionCanonical: 'http://x.example/ActivityDefinition/a' }
const variable = (more: object, on: object = {}): object => ({
  resourceType: 'EvidenceVariable',
  status: 'draft',
  characteristic: [{ ...CHARACTERISTIC, ...more }],
  ...on,
})
const study = (more: object): object => ({ ...STUDY, ...more })
const patient = (meta: object): object => ({ resourceType: 'Patient', meta })

type R4Case = readonly [title: string, resource: object, ...expected: string[]]

const REFUSED: readonly R4Case[] = [
  ['meta.project', patient({ project: '1' }), 'element-unknown Patient.meta.project'],
  ['meta.author', patient({ author: { display: 'x' } }), 'element-unknown Patient.meta.author'],
  ['meta.account', patient({ account: { display: 'x' } }), 'element-unknown Patient.meta.account'],
  ['meta.compartment', patient({ compartment: [{ display: 'x' }] }), 'element-unknown Patient.meta.compartment'],
  ['meta.deleted', patient({ deleted: true }), 'element-unknown Patient.meta.deleted'],
  [
    'Binary.url',
    { resourceType: 'Binary', contentType: 'text/plain', url: 'http://x.example' },
    'element-unknown Binary.url',
  ],
  ['a name of a ResearchStudy', study({ name: 'X' }), 'element-unknown ResearchStudy.name'],
  ['a label of a ResearchStudy', study({ label: [{ value: 'X' }] }), 'element-unknown ResearchStudy.label'],
  ['its recruitment', study({ recruitment: { targetNumber: 1 } }), 'element-unknown ResearchStudy.recruitment'],
  ['its result', study({ result: [{ display: 'x' }] }), 'element-unknown ResearchStudy.result'],
  [
    'its parties',
    study({ associatedParty: [{ name: 'x', role: { text: 'x' } }] }),
    'element-unknown ResearchStudy.associatedParty',
  ],
  [
    'a study at an Organization',
    study({ site: [{ reference: 'Organization/1' }] }),
    'reference-type ResearchStudy.site[0]',
  ],
  [
    'a characteristic of an EvidenceVariable by combination',
    variable({ definitionByCombination: { code: 'all-of' } }),
    'element-unknown EvidenceVariable.characteristic[0].definitionByCombination',
  ],
  ['a link id of it', variable({ linkId: 'a' }), 'element-unknown EvidenceVariable.characteristic[0].linkId'],
  ['a mitigated DetectedIssue', { ...DETECTED, status: 'mitigated' }, 'code-invalid DetectedIssue.status'],
  [
    'a classification of a DeviceDefinition',
    { resourceType: 'DeviceDefinition', classification: [{ type: { text: 'x' } }] },
    'element-unknown DeviceDefinition.classification',
  ],
  [
    'services that a HealthcareService is offered in',
    { resourceType: 'HealthcareService', offeredIn: [{ display: 'x' }] },
    'element-unknown HealthcareService.offeredIn',
  ],
  [
    'a report about an Organization',
    {
      resourceType: 'MeasureReport',
      status: 'complete',
      type: 'summary',
      measure: 'http://x.example/Measure/m',
      period: { start: '2026' },
      subject: { reference: 'Organization/1' },
    },
    'reference-type MeasureReport.subject',
  ],
  ['a SubscriptionStatus', { resourceType: 'SubscriptionStatus' }, 'unknown-type SubscriptionStatus.resourceType'],
]

const TAKEN: readonly R4Case[] = [
  ['an amended DetectedIssue', { ...DETECTED, status: 'amended' }],
  ['a measure of the group of a characteristic', variable({ groupMeasure: 'mean-of-mean' })],
  [
    'the time from its start',
    variable({ timeFromStart: { value: 1, system: 'http://unitsofmeasure.org', code: 'd' } }),
  ],
  ['a participant’s effective time', variable({ participantEffectiveDateTime: '2026-01-01' })],
  [
    'a PICO element',
    variable({ groupMeasure: 'mean-of-mean', exclude: false }, { meta: { profile: [`${BASE}/picoelement`] } }),
  ],
  [
    'an outcome of a Bundle that is any resource',
    {
      resourceType: 'Bundle',
      type: 'batch-response',
      entry: [{ response: { status: '200', outcome: { resourceType: 'Basic', code: { text: 'x' } } } }],
    },
  ],
  [
    'an entry without a fullUrl',
    { resourceType: 'Bundle', type: 'batch-response', entry: [{ response: { status: '200' } }] },
  ],
  ['a prediction without a probability', risk({})],
  [
    'a reason of a cancellation of who did not come',
    {
      resourceType: 'Appointment',
      status: 'noshow',
      start: '2026-01-01T10:00:00Z',
      end: '2026-01-01T11:00:00Z',
      cancelationReason: { text: 'x' },
      participant: [{ status: 'accepted', actor: { reference: 'Patient/1' } }],
    },
  ],
  ['an offset from one of several events', timing({ when: ['WAKE', 'HS'], offset: 30 })],
]

function risk(prediction: object): object {
  return {
    resourceType: 'RiskAssessment',
    status: 'final',
    subject: { reference: 'Patient/1' },
    prediction: [{ outcome: { text: 'x' }, ...prediction }],
  }
}

function timing(repeat: object): object {
  return {
    resourceType: 'ServiceRequest',
    status: 'active',
    intent: 'order',
    subject: { reference: 'Patient/1' },
    occurrenceTiming: { repeat },
  }
}

describe('validate / R4 / what other definitions of it differ in', () => {
  for (const [title, resource, ...expected] of REFUSED) {
    it(`refuses ${title}`, async () => assert.deepEqual(errorsOf(await validator.check(resource)), expected))
  }
  for (const [title, resource] of TAKEN) {
    it(`takes ${title}`, async () => assert.deepEqual(errorsOf(await validator.check(resource)), []))
  }

  it('keeps the rules whose slips are corrected', async () => {
    const cases: readonly (readonly [object, string])[] = [
      [risk({ probabilityDecimal: 101 }), 'invariant RiskAssessment.prediction[0]'],
      [timing({ when: ['WAKE', 'CM'], offset: 30 }), 'invariant ServiceRequest.occurrence.ofType(Timing).repeat'],
    ]
    for (const [resource, expected] of cases) assert.deepEqual(errorsOf(await validator.check(resource)), [expected])
  })
})

const errorsOf = (issues: readonly Issue[]): readonly string[] => summaries(issues.filter(isError))

describe('validate / R4 / in hub mode', () => {
  it('refuses what R4 does not have, in what is otherwise valid', async () => {
    const hub = createValidator(await loadDefinitions(ROOT), { rules: 'hub' })
    const file = path.join(ROOT, 'samples', 'participant', 'valid-elvis.json')
    const participant = JSON.parse(readFileSync(file, 'utf8')) as { readonly meta?: object }
    assert.deepEqual(errorsOf(await hub.check(participant)), [])
    for (const name of ['project', 'author', 'onBehalfOf', 'account', 'accounts', 'compartment', 'deleted']) {
      const changed = { ...participant, meta: { ...participant.meta, [name]: 'x' } }
      assert.deepEqual(errorsOf(await hub.check(changed)), [`element-unknown Patient.meta.${name}`])
    }
  })
})
