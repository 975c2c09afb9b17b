/** The three pathways: what puts a participant on which. */
import assert from 'node:assert/strict'
import { pathwayOf, withPathway, type Pathway } from '../../../server/domain/participant/pathway.ts'
import { codeSystem, profileUrl } from '../../../server/fhir/canonical.ts'
import type { Resource } from '../../../server/fhir/types.ts'

const patient = (education?: string): Resource => ({
  resourceType: 'Patient',
  ...(education === undefined
    ? {}
    : {
        extension: [
          {
            url: profileUrl('ext-education-level'),
            valueCodeableConcept: { coding: [{ system: codeSystem('education-level'), code: education }] },
          },
        ],
      }),
})

const credential = (type: string, status = 'issued'): Resource => ({
  resourceType: 'Basic',
  extension: [
    {
      url: profileUrl('ext-credential'),
      extension: [
        { url: 'type', valueCode: type },
        { url: 'status', valueCode: status },
      ],
    },
  ],
})

const plan = (...activities: readonly (readonly [section: string, status: string])[]): Resource => ({
  resourceType: 'CarePlan',
  activity: activities.map(([section, status]) => ({
    extension: [{ url: profileUrl('ext-plan-section'), valueCode: section }],
    detail: { status },
  })),
})

const GED = credential('GeneralEducationDevelopment')
const TRAINING = ['training-service', 'not-started'] as const

const CASES: readonly (readonly [
  title: string,
  sources: Parameters<typeof pathwayOf>[0],
  expected: Pathway | undefined,
])[] = [
  ['unknown while nothing is known of a diploma', { patient: patient() }, undefined],
  ['smart-start by the answer that there is no diploma', { patient: patient(), saysDiploma: false }, 'smart-start'],
  ['training by the answer that there is one', { patient: patient(), saysDiploma: true }, 'training'],
  [
    'smart-start with education level none, whatever the answer',
    { patient: patient('0'), saysDiploma: true },
    'smart-start',
  ],
  ['smart-start with a certificate of attendance', { patient: patient('3') }, 'smart-start'],
  ['smart-start although training is planned', { patient: patient('0'), plan: plan(TRAINING) }, 'smart-start'],
  ['training with a diploma', { patient: patient('1') }, 'training'],
  ['training with an equivalency', { patient: patient('2') }, 'training'],
  ['training after a year of college', { patient: patient('4') }, 'training'],
  ['workforce with a technical certificate', { patient: patient('5') }, 'workforce'],
  ['workforce with a degree', { patient: patient('7') }, 'workforce'],
  ['training once the equivalency credential is in', { patient: patient('0'), credentials: [GED] }, 'training'],
  [
    'smart-start with a revoked one',
    { patient: patient('0'), credentials: [credential('GeneralEducationDevelopment', 'revoked')] },
    'smart-start',
  ],
  [
    'smart-start with an occupational credential alone',
    { patient: patient('0'), credentials: [credential('License')] },
    'smart-start',
  ],
  ['workforce with diploma and licence', { patient: patient('1'), credentials: [credential('License')] }, 'workforce'],
  [
    'workforce with a degree as credential',
    { patient: patient('0'), credentials: [credential('AssociateDegree')] },
    'workforce',
  ],
  ['training while the plan has training ahead', { patient: patient('7'), plan: plan(TRAINING) }, 'training'],
  [
    'training while training goes on',
    { patient: patient('1'), plan: plan(['training-service', 'in-progress']) },
    'training',
  ],
  [
    'workforce when all planned training is over',
    { patient: patient('1'), plan: plan(['training-service', 'completed'], ['training-service', 'cancelled']) },
    'workforce',
  ],
  [
    'workforce when the plan holds other services only',
    { patient: patient('1'), plan: plan(['supportive-service', 'not-started']) },
    'workforce',
  ],
]

describe('The pathway of a participant is', () => {
  for (const [title, sources, expected] of CASES) it(title, () => assert.equal(pathwayOf(sources), expected))
})

describe('The pathway on the participant', () => {
  const url = profileUrl('ext-participation-pathway')

  it('is the one that the hub derived, whatever the client sent', () => {
    const sent: Resource = { ...patient('0'), extension: [{ url, valueCode: 'workforce' }] }
    assert.deepEqual(withPathway(sent, 'smart-start').extension, [{ url, valueCode: 'smart-start' }])
    assert.ok(!('extension' in withPathway(sent, undefined)))
    assert.equal(withPathway(sent, 'workforce'), sent)
  })

  it('leaves the other extensions alone', () => {
    const made = withPathway(patient('0'), 'smart-start')
    assert.equal((made.extension as readonly unknown[]).length, 2)
  })
})
