/** Adult basic education: is expecting him, teaches him, and sends him back with a certificate. */
import type { Desk, System } from '../desk.ts'
import { creating, keyOf, resourcesOf, ROOT, to, updating, type Resource } from '../fhir.ts'
import { addendum, moved, step } from '../records/plan.ts'
import { nowAt, pathwayIn } from '../records/person.ts'
import { code, parameters, reference, served, task, text } from '../records/referral.ts'
import { credential, finished, participation, score, service } from '../records/service.ts'
import { expectSomebody, followUp, readUp, refresh, write, written } from './pull.ts'

const CERTIFICATE = 'urn:uuid:5f0c1a52-6b0e-4a49-9a3e-5d7c8e1f2a07'

export const abe: System = {
  topics: {
    'referral-created': 'Task?owner=Organization/abe',
    'referral-status-changed': 'Task?requester=Organization/abe',
    'participant-updated': '',
    'plan-updated': '',
    'service-enrolment': '',
  },
  told: {
    'referral-created': async (desk, focus) => {
      const { person } = await expectSomebody(desk, focus)
      await readUp(desk, keyOf(person))
    },
    'referral-status-changed': followUp,
    'participant-updated': async (desk, focus) => void (await refresh(desk, focus)),
  },
  cues: {
    /** Whoever sits at the desk types the name: the record is there before he is. */
    async arrives(desk, { name = '' }) {
      const patient = desk.notes.get(name)
      if (!patient) return { expected: 'no' }
      desk.say(`is already expecting ${name}: referral, profile, plan and answers are here`)
      desk.notes.set('Elvis', patient)
      const referral = desk.held(desk.noted('referral:smart-class'))
      await write(desk, task(referral, { status: 'accepted', business: 'contacted' }), 'takes the referral over')
      return { expected: 'yes' }
    },

    async enrol(desk) {
      const patient = desk.noted('Elvis')
      const plan = desk.noted('plan')
      const start = '2019-04-01'
      const of = { plan, patient, author: 'abe', created: start }
      const made = await desk.transaction(
        [
          creating(participation(patient, 'abe', 'adult-education', start)),
          creating(smartClass(patient, plan, start)),
          creating(
            addendum(of, [step({ sequence: 1, service: 'smart-class', status: 'in-progress', performer: 'abe' })]),
          ),
          updating(task(held(desk), { status: 'in-progress', business: 'in-service' })),
        ],
        { note: 'participation, Smart Class, own plan, referral' },
      )
      desk.notes.set('class', keyOf(written(made, 'Procedure')))
      desk.notes.set('addendum', keyOf(written(made, 'CarePlan')))
      const person = await refresh(desk, patient)
      await write(desk, withNumber(person), "the profile, with the school's number of him")
    },

    async results(desk) {
      const patient = desk.noted('Elvis')
      const on = '2019-07-12'
      const earned = {
        definition: 'hse-ged',
        type: 'GeneralEducationDevelopment',
        title: 'High school equivalency',
        issuer: 'State high school equivalency office',
        on,
      }
      await desk.transaction(
        [
          creating(score(patient, 'abe', { test: 'tabe-11-12-math', purpose: 'pre', on: '2019-04-02', points: 496 })),
          creating(score(patient, 'abe', { test: 'tabe-11-12-math', purpose: 'post', on: '2019-06-28', points: 561 })),
          creating(credential(patient, 'abe', earned), CERTIFICATE),
          updating(finished(desk.held(desk.noted('class')), on)),
          updating(moved(desk.held(desk.noted('addendum')), 'smart-class', 'completed', [CERTIFICATE])),
        ],
        { note: 'two TABE scores, the equivalency certificate, class done' },
      )
      const person = nowAt(await refresh(desk, patient), 'education-level', '2')
      return { pathway: pathwayIn((await write(desk, person, 'his profile: has the equivalency')).extension) }
    },

    async 'refer-back'(desk) {
      const done = await write(desk, served(held(desk), desk.noted('class')), 'closes what ES asked for')
      const asked = parameters(
        code('service', 'employment-services'),
        reference('performer', 'Organization/es'),
        text('text', 'Has the equivalency; ready for truck driving school.'),
        reference('partOf', keyOf(done)),
      )
      const { body } = await desk.post(`${desk.noted('Elvis')}/$refer`, asked, { note: 'refers him back', expect: 200 })
      desk.hold(...resourcesOf(body))
    },
  },
}

const held = (desk: Desk): Resource => desk.held(desk.noted('referral:smart-class'))

const smartClass = (patient: string, plan: string, start: string): Resource =>
  service({
    patient,
    by: ['abe'],
    program: 'adult-education',
    category: 'agency-specific',
    service: 'smart-class',
    start,
    basedOn: [plan],
  })

function withNumber(person: Resource): Resource {
  const number = {
    system: `${ROOT}/NamingSystem/agency/abe`,
    value: 'ABE-77',
    assigner: to('Organization/abe'),
  }
  return { ...person, identifier: [...((person.identifier ?? []) as readonly unknown[]), number] }
}
