/** Functional lists over HTTP, in both stores. https://hl7.org/fhir/R4/lifecycle.html#current */
import assert from 'node:assert/strict'
import type { Body } from '../builders/index.ts'
import { given, givenRecords, made, OVER_STORES, refused } from '../given.ts'

const code = (system: string, one: string) => ({
  coding: [{ system: `http://terminology.hl7.org/CodeSystem/${system}`, code: one }],
})

const clinical = (
  kind: 'condition' | 'allergyintolerance',
  status?: string,
  verification?: string,
  more: object = {},
) => ({
  ...(status === undefined ? {} : { clinicalStatus: code(`${kind}-clinical`, status) }),
  ...(verification === undefined
    ? {}
    : {
        verificationStatus: code(
          kind === 'condition' ? 'condition-ver-status' : 'allergyintolerance-verification',
          verification,
        ),
      }),
  ...more,
})

const RECORDS: readonly Body[] = [
  { resourceType: 'Patient', id: 'ann' },
  { resourceType: 'Patient', id: 'bob' },
  ...[
    ['c1', 'ann', clinical('condition', 'active', 'confirmed')],
    ['c2', 'ann', clinical('condition', 'relapse')],
    ['c3', 'ann', clinical('condition', 'resolved', 'confirmed')],
    ['c4', 'ann', clinical('condition', 'active', 'refuted')],
    ['c5', 'ann', clinical('condition', undefined, 'entered-in-error')],
    ['c6', 'bob', clinical('condition', 'recurrence')],
  ].map(([id, patient, more]) => ({
    resourceType: 'Condition',
    id,
    subject: { reference: `Patient/${String(patient)}` },
    ...(more as object),
  })),
  ...[
    ['a1', clinical('allergyintolerance', 'active', 'confirmed', { category: ['medication', 'food'] })],
    ['a2', clinical('allergyintolerance', 'active', 'unconfirmed', { category: ['food'] })],
    ['a3', clinical('allergyintolerance', 'inactive', 'confirmed', { category: ['medication'] })],
  ].map(([id, more]) => ({
    resourceType: 'AllergyIntolerance',
    id,
    patient: { reference: 'Patient/ann' },
    ...(more as object),
  })),
  ...['active', 'completed'].map((status, index) => ({
    resourceType: 'MedicationStatement',
    id: `s${index}`,
    status,
    medicationCodeableConcept: { text: 'x' },
    subject: { reference: 'Patient/ann' },
  })),
  ...['stopped', 'active'].map((status, index) => ({
    resourceType: 'MedicationRequest',
    id: `r${index}`,
    status,
    intent: 'order',
    medicationCodeableConcept: { text: 'x' },
    subject: { reference: 'Patient/ann' },
  })),
] as readonly Body[]

const CASES: readonly (readonly [query: string, ids: string])[] = [
  ['Condition?patient=ann&_list=$current-problems', 'c1 c2'],
  ['Condition?_list=$current-problems', 'c1 c2 c6'],
  ['AllergyIntolerance?patient=ann&_list=$current-allergies', 'a1 a2'],
  ['AllergyIntolerance?patient=ann&_list=$current-drug-allergies', 'a1'],
  ['MedicationStatement?patient=ann&_list=$current-medications', 's0'],
  ['MedicationRequest?patient=ann&_list=$current-medications', 'r1'],
  ['?_type=MedicationStatement,MedicationRequest,Condition&patient=ann&_list=$current-medications', 's0 r1'],
  ['?_type=Condition,AllergyIntolerance&_list=$current-problems,$current-drug-allergies', 'c1 c2 c6 a1'],
  ['Patient/ann/Condition?_list=$current-problems', 'c1 c2'],
]

for (const store of OVER_STORES)
  describe(`search / functional lists / ${store}`, () => {
    it('are made of the records that are current by their statuses', async () => {
      const hub = await givenRecords(store, RECORDS)
      try {
        for (const [query, expected] of CASES) {
          const page = made(await hub.as(undefined).get(`/${query}`)) as { entry?: { resource: { id: string } }[] }
          assert.equal((page.entry ?? []).map(({ resource }) => resource.id).join(' '), expected, query)
        }
      } finally {
        await hub.stop()
      }
    })
  })

describe('search / functional lists', () => {
  it('are refused where there are no Lists', async () => {
    const hub = await given()
    try {
      refused(await hub.as('es').get('/Condition?_list=$current-problems'), 400, 'unknown-parameter')
    } finally {
      await hub.stop()
    }
  })
})
