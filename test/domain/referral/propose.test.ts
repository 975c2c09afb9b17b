/** From the six answers to proposals, with the published rules, services and sample programs. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { areaOf, programIn, provides } from '../../../server/domain/referral/area.ts'
import { PROPOSAL, type EarlierReferral } from '../../../server/domain/referral/earlier.ts'
import { propose, type ProposeInput } from '../../../server/domain/referral/propose.ts'
import { codeSystem } from '../../../server/fhir/canonical.ts'
import type { Resource } from '../../../server/fhir/types.ts'
import { business, lifecycle, outcome, readJson, task } from './build.ts'

const all = (folder: string, prefix: string): readonly Resource[] =>
  readdirSync(new URL(`../../../${folder}`, import.meta.url))
    .filter((name) => name.startsWith(prefix))
    .map((name) => readJson(`${folder}/${name}`) as unknown as Resource)

const rules = all('capability/rules', 'PlanDefinition-referral-rules')
const activities = all('capability/activities', 'ActivityDefinition-')
const programs = all('samples/seed', 'HealthcareService-')
const localAreas = readJson('valuesets/CodeSystem-local-area.json') as unknown as Resource

const AREAS = (localAreas.concept as readonly { code: string }[]).map(({ code }) => code)

type AssessmentAnswers = { readonly [question: string]: boolean | string }
/** Answers that call for nothing. */
const CONTENT: AssessmentAnswers = { q1: true, q2: false, q3: false, q4: false, q5: 'yes-meets-needs', q6: false }

const response = (answers: AssessmentAnswers): Resource => ({
  resourceType: 'QuestionnaireResponse',
  status: 'completed',
  authored: '2019-03-01T09:10:00-06:00',
  item: Object.entries({ ...CONTENT, ...answers }).map(([linkId, value]) => ({
    linkId,
    answer: [
      typeof value === 'boolean'
        ? { valueBoolean: value }
        : { valueCoding: { system: codeSystem('working'), code: value } },
    ],
  })),
})

const participant = (more: Partial<Resource> = {}): Resource => ({
  resourceType: 'Patient',
  id: 'elvis',
  birthDate: '1985-01-08',
  address: [{ use: 'home', district: '28081', state: 'MS' }],
  ...more,
})

const input = (answers: AssessmentAnswers, more: Partial<ProposeInput> = {}): ProposeInput => ({
  response: response(answers),
  rules,
  activities,
  programs,
  participant: participant(),
  takenBy: 'ui',
  referrals: [],
  terminal: lifecycle.terminal,
  participations: [],
  serviceArea: { area: 'north', areas: AREAS },
  now: Date.parse('2019-03-01T15:10:00Z'),
  ...more,
})

const rulesOf = (answers: AssessmentAnswers, more: Partial<ProposeInput> = {}) =>
  propose(input(answers, more)).map((one) => one.rule)

describe('Proposals from the service assessment', () => {
  it('are none when nothing calls for them', () => assert.deepEqual(rulesOf({}), []))

  for (const [question, calling, other, rule] of [
    ['q1', false, true, 'abe'],
    ['q2', true, false, 'vr'],
    ['q3', true, false, 'tanf'],
    ['q4', true, false, 'snap'],
    ['q5', 'no', 'yes-meets-needs', 'es'],
    ['q5', 'yes-need-better', 'yes-meets-needs', 'es'],
    ['q6', true, false, 'youth'],
  ] as const) {
    it(`come from ${question} answered ${calling}, and not answered ${other}`, () => {
      assert.deepEqual(rulesOf({ [question]: calling }), [rule])
      assert.deepEqual(rulesOf({ [question]: other }), [])
    })
  }

  it('come from every question that calls for one, in the order of the rules', () => {
    const everything: AssessmentAnswers = { q1: false, q2: true, q3: true, q4: true, q5: 'no', q6: true }
    assert.deepEqual(rulesOf(everything), ['abe', 'vr', 'snap', 'tanf', 'es', 'youth'])
  })

  it('come from no answer that is not there', () => {
    assert.deepEqual(
      propose(input({}, { response: { resourceType: 'QuestionnaireResponse', status: 'in-progress' } })),
      [],
    )
  })

  it('name service, program, agency, the text to show and the rule', () => {
    const [abe] = propose(input({ q1: false }))
    assert.ok(abe)
    assert.equal(abe.canonical, 'https://no-wrong-door.example/fhir/PlanDefinition/referral-rules|1.0#abe')
    assert.equal(abe.service.code, 'adult-basic-education')
    assert.equal(abe.program, 'adult-education')
    assert.equal(abe.performer, 'abe')
    assert.equal(abe.title, 'Adult Basic Education')
    assert.equal(
      abe.text,
      'Adult Basic Education services will help you to attain a high school equivalency credential.',
    )
    assert.deepEqual([abe.group, abe.alreadyServed, abe.openReferral, abe.warnings], [undefined, false, undefined, []])
  })

  it('put SNAP and TANF, two referrals, into one group', () => {
    const both = propose(input({ q3: true, q4: true }))
    assert.deepEqual(
      both.map((one) => [one.group, one.performer]),
      [
        ['snap-tanf', 'dhs'],
        ['snap-tanf', 'dhs'],
      ],
    )
    assert.notEqual(both[0]?.service.code, both[1]?.service.code)
  })

  it('go to the agency of the participant’s area, and to none (an open referral) where no agency serves', () => {
    const placed = (area?: string) => propose(input({ q6: true }, { serviceArea: { area, areas: AREAS } }))[0]
    for (const area of AREAS) assert.equal(placed(area)?.performer, `youth-${area}`)
    for (const area of [undefined, 'elsewhere']) assert.equal(placed(area)?.performer, undefined)
    const closed = programs.map((one) => ({ ...one, active: false }))
    assert.equal(propose(input({ q1: false }, { programs: closed }))[0]?.performer, undefined)
  })

  it('never send a participant to the agency that took the form', () => {
    assert.deepEqual(rulesOf({ q5: 'no' }, { takenBy: 'es' }), [])
    assert.deepEqual(rulesOf({ q1: false, q4: true }, { takenBy: 'dhs' }), ['abe'])
    assert.deepEqual(rulesOf({ q6: true }, { takenBy: 'youth-north' }), [])
    assert.deepEqual(rulesOf({ q6: true }, { takenBy: 'youth-delta' }), ['youth'])
  })

  it('warn when the age contradicts the answer, and are made all the same', () => {
    const warnings = (birthDate: string) =>
      propose(input({ q6: true }, { participant: participant({ birthDate }) }))[0]?.warnings
    assert.deepEqual(warnings('2003-03-01'), [])
    assert.deepEqual(warnings('1994-03-02'), [])
    assert.match(warnings('2003-03-02')?.[0] ?? '', /was 15 years old.*from 16 to 24/)
    assert.match(warnings('1994-03-01')?.[0] ?? '', /was 25 years old/)
    assert.match(warnings('1994')?.[0] ?? '', /has no day/)
  })

  it('say that the participant takes part in the program already', () => {
    const served = (status: string, code: string) => {
      const episode: Resource = {
        resourceType: 'EpisodeOfCare',
        status,
        type: [{ coding: [{ system: codeSystem('program'), code }] }],
      }
      return propose(input({ q4: true }, { participations: [episode] }))[0]?.alreadyServed
    }
    assert.equal(served('active', 'snap'), true)
    assert.equal(served('onhold', 'snap'), true)
    assert.equal(served('finished', 'snap'), false)
    assert.equal(served('active', 'tanf'), false)
  })

  it('say that a referral for the same service is open', () => {
    const open = (code: string) => {
      const request: Resource = {
        resourceType: 'ServiceRequest',
        code: { coding: [{ system: codeSystem('service-catalogue'), code }] },
      }
      return propose(input({ q1: false }, { referrals: [{ task: task(), request }] }))[0]?.openReferral
    }
    assert.equal(open('adult-basic-education'), 'Task/t-abe')
    assert.equal(open('food-assistance'), undefined)
  })

  it('go to the only agency that serves all areas where the area is not known, and say so where it is open which', () => {
    const unknown = { serviceArea: { areas: AREAS } }
    const [abe] = propose(input({ q1: false }, unknown))
    assert.deepEqual([abe?.performer, abe?.warnings], ['abe', []])
    const [youth] = propose(input({ q6: true }, { ...unknown, participant: participant({ birthDate: '2001-01-08' }) }))
    assert.deepEqual(
      [youth?.performer, youth?.providers],
      [undefined, ['youth-central', 'youth-coast', 'youth-delta', 'youth-north']],
    )
    assert.match(youth?.warnings[0] ?? '', /names no county.*`youth`.*Name the `performer`/)
    const second = { ...programs.find(({ id }) => id === 'adult-education'), id: 'second' } as Resource
    const two = [...programs, { ...second, providedBy: { reference: 'Organization/college' } }]
    const [either] = propose(input({ q1: false }, { ...unknown, programs: two }))
    assert.deepEqual(
      [either?.performer, either?.providers, either?.warnings.length],
      [undefined, ['abe', 'college'], 1],
    )
    const [none] = propose(input({ q1: false }, { programs: [] }))
    assert.match(none?.warnings[0] ?? '', /^No agency provides the program `adult-education`/)
  })

  it('go to the program with the most capacity of those that serve the area, and show its capacity', () => {
    const youth = programs.find(({ id }) => id === 'youth-north') as Resource
    const withCapacity = (id: string, valueCode: string): Resource => ({
      ...youth,
      id,
      providedBy: { reference: `Organization/${id}` },
      extension: (youth.extension as readonly { url: string }[]).map((one) =>
        one.url.endsWith('ext-capacity-status') ? { url: one.url, valueCode } : one,
      ),
    })
    const one = (...list: readonly Resource[]) => propose(input({ q6: true }, { programs: list }))[0]
    const [full, waiting, free] = [
      withCapacity('a', 'no-capacity'),
      withCapacity('b', 'waitlist'),
      withCapacity('c', 'capacity'),
    ]
    const shown = (...list: readonly Resource[]) => [one(...list)?.performer, one(...list)?.capacity]
    assert.deepEqual(shown(full, waiting, free), ['c', 'capacity'])
    assert.deepEqual(shown(full, waiting), ['b', 'waitlist'])
    assert.match(one(full, waiting)?.warnings.at(-1) ?? '', /has no place at present, but a waiting list/)
    assert.match(one(full)?.warnings.at(-1) ?? '', /takes nobody at present/)
  })

  it('show what was declined or missed before, the latest first, and whether this one is decided', () => {
    const earlier = (id: string, day: string, more: Partial<Resource>) => ({
      request: {
        resourceType: 'ServiceRequest',
        ...(id === 'mine' ? { identifier: [{ system: PROPOSAL, value: 'form.abe' }] } : {}),
        code: { coding: [{ system: codeSystem('service-catalogue'), code: 'adult-basic-education' }] },
      } as Resource,
      task: task({ id, authoredOn: `${day}T09:00:00Z`, ...more }),
    })
    const unsent = { status: 'cancelled', businessStatus: business('declined-before-send') }
    const missed = { status: 'failed', businessStatus: business('no-show'), output: [outcome('no-show')] }
    const declined = { status: 'failed', businessStatus: business('declined'), output: [outcome('declined')] }
    const referrals = [
      earlier('old', '2018-01-01', unsent),
      earlier('new', '2018-06-01', declined),
      earlier('missed', '2018-03-01', missed),
      earlier('wrong', '2018-09-01', { ...declined, status: 'entered-in-error' }),
    ]
    const form = { ...response({ q1: false }), id: 'form' }
    const one = (list: readonly EarlierReferral[]) =>
      propose(input({ q1: false }, { response: form, referrals: list }))[0]
    const shown = one(referrals)
    assert.deepEqual(
      [shown?.declinedBefore, shown?.noShowBefore, shown?.decided, shown?.openReferral],
      [['Task/new', 'Task/old'], ['Task/missed'], undefined, undefined],
    )
    assert.equal(shown?.warnings.length, 2)
    assert.equal(one([...referrals, earlier('mine', '2019-01-01', unsent)])?.decided, 'Task/mine')
  })

  it('come from active rules only', () => {
    assert.deepEqual(rulesOf({ q1: false }, { rules: rules.map((one) => ({ ...one, type: undefined })) }), [])
    assert.deepEqual(rulesOf({ q1: false }, { rules: rules.map((one) => ({ ...one, status: 'retired' })) }), [])
  })

  it('come from a rule that a state adds as data', () => {
    const [plan] = rules
    const action = (plan?.action as readonly { readonly [name: string]: unknown }[])[0]
    const laidOff = {
      ...action,
      id: 'laid-off',
      condition: [
        { kind: 'applicability', expression: { expression: "%resource.item.where(linkId='q7').answer.value = true" } },
      ],
    }
    const added = [{ ...(plan as Resource), action: [laidOff] as never }]
    assert.deepEqual(rulesOf({ q7: true }, { rules: added }), ['laid-off'])
    assert.deepEqual(rulesOf({ q7: false }, { rules: added }), [])
  })

  it('are refused with the name of a rule that cannot be applied', () => {
    assert.throws(
      () => propose(input({ q1: false }, { activities: [] })),
      /Rule `abe` of `.*referral-rules` needs an existing ActivityDefinition/,
    )
  })
})

describe('The local area of a participant', () => {
  it('is the one of the county of the home address', () => {
    assert.equal(areaOf(participant(), localAreas), 'north')
    assert.equal(areaOf(participant({ address: [{ district: '28007' }] }), localAreas), 'delta')
    assert.equal(
      areaOf(
        participant({
          address: [
            { use: 'temp', district: '28007' },
            { use: 'home', district: '28081' },
          ],
        }),
        localAreas,
      ),
      'north',
    )
    assert.equal(areaOf(participant({ address: [{ district: '081' }] }), localAreas), 'north')
  })

  it('is unknown for an unknown county, an old address, or none', () => {
    for (const address of [
      [{ district: '47157' }],
      [{ use: 'old', district: '28081' }],
      [{ city: 'Tupelo' }],
      undefined,
    ]) {
      assert.equal(areaOf(participant({ address }), localAreas), undefined)
    }
  })
})

describe('The program that serves an area', () => {
  const program = (id: string, areas: readonly string[], more: Partial<Resource> = {}): Resource => ({
    resourceType: 'HealthcareService',
    id,
    active: true,
    providedBy: { reference: `Organization/${id}` },
    type: [{ coding: [{ system: codeSystem('program'), code: 'youth' }] }],
    extension: areas.map((valueCode) => ({
      url: 'https://no-wrong-door.example/fhir/StructureDefinition/ext-local-area',
      valueCode,
    })),
    ...more,
  })

  it('is one that names the area before one that serves everywhere, and the first by id among equals', () => {
    const list = [
      program('everywhere', []),
      program('b', ['north', 'delta']),
      program('a', ['north']),
      program('c', ['coast']),
    ]
    assert.equal(programIn(list, 'youth', { area: 'north', areas: AREAS })?.id, 'a')
    assert.equal(programIn(list, 'youth', { area: 'delta', areas: AREAS })?.id, 'b')
    assert.equal(programIn(list, 'youth', { area: 'central', areas: AREAS })?.id, 'everywhere')
    assert.equal(programIn(list, 'youth', { areas: AREAS })?.id, 'everywhere')
    assert.equal(programIn(list, 'snap', { area: 'north', areas: AREAS }), undefined)
  })

  it('names who provides it at all', () => {
    assert.ok(provides([program('a', ['north'])], 'a', 'youth'))
    assert.ok(!provides([program('a', ['north'])], 'b', 'youth'))
    assert.ok(!provides([program('a', ['north'], { active: false })], 'a', 'youth'))
  })
})
