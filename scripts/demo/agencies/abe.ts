/** Adult basic education: expects him, teaches him, and refers him back with a certificate. */
import type { AgencyClient, AgencySystem } from '../agency-client.ts'
import { creating, keyOf, resourcesOf, ROOT, to, updating, type DemoResource } from '../fhir.ts'
import { addendum, moved, step } from '../records/plan.ts'
import { nowAt, pathwayIn } from '../records/person.ts'
import { code, parameters, reference, served, task, text } from '../records/referral.ts'
import { credential, finished, participation, score, service } from '../records/service.ts'
import { receiveReferral, followUp, fetchPlan, refresh, write, written } from './fetch-referral.ts'

const CERTIFICATE = 'urn:uuid:5f0c1a52-6b0e-4a49-9a3e-5d7c8e1f2a07'

export const abe: AgencySystem = {
  topics: {
    'referral-created': 'Task?owner=Organization/abe',
    'referral-status-changed': 'Task?requester=Organization/abe',
    'participant-updated': '',
    'plan-updated': '',
    'service-enrolment': '',
  },
  onEvent: {
    'referral-created': async (client, focus) => {
      const { person } = await receiveReferral(client, focus)
      await fetchPlan(client, keyOf(person))
    },
    'referral-status-changed': followUp,
    'participant-updated': async (client, focus) => void (await refresh(client, focus)),
  },
  steps: {
    /** Staff enter the name: the record was there before he walked in. */
    async arrives(client, { name = '' }) {
      const patient = client.notes.get(name)
      if (!patient) return { expected: 'no' }
      client.print(`is already expecting ${name}: referral, profile, plan and answers are here`)
      client.notes.set('Elvis', patient)
      const referral = client.local(client.note('referral:smart-class'))
      await write(client, task(referral, { status: 'accepted', business: 'contacted' }), 'accepts the referral')
      return { expected: 'yes' }
    },

    async enrol(client) {
      const patient = client.note('Elvis')
      const plan = client.note('plan')
      const start = '2019-04-01'
      const of = { plan, patient, author: 'abe', created: start }
      const made = await client.transaction(
        [
          creating(participation(patient, 'abe', 'adult-education', start)),
          creating(smartClass(patient, plan, start)),
          creating(
            addendum(of, [step({ sequence: 1, service: 'smart-class', status: 'in-progress', performer: 'abe' })]),
          ),
          updating(task(referral(client), { status: 'in-progress', business: 'in-service' })),
        ],
        { note: 'participation, Smart Class, own plan, referral' },
      )
      client.notes.set('class', keyOf(written(made, 'Procedure')))
      client.notes.set('addendum', keyOf(written(made, 'CarePlan')))
      const person = await refresh(client, patient)
      await write(client, withNumber(person), "his profile, with the school's own number for him")
    },

    async results(client) {
      const patient = client.note('Elvis')
      const on = '2019-07-12'
      const earned = {
        definition: 'hse-ged',
        type: 'GeneralEducationDevelopment',
        title: 'High school equivalency',
        issuer: 'State high school equivalency office',
        on,
      }
      await client.transaction(
        [
          creating(score(patient, 'abe', { test: 'tabe-11-12-math', purpose: 'pre', on: '2019-04-02', points: 496 })),
          creating(score(patient, 'abe', { test: 'tabe-11-12-math', purpose: 'post', on: '2019-06-28', points: 561 })),
          creating(credential(patient, 'abe', earned), CERTIFICATE),
          updating(finished(client.local(client.note('class')), on)),
          updating(moved(client.local(client.note('addendum')), 'smart-class', 'completed', [CERTIFICATE])),
        ],
        { note: 'two TABE scores, the equivalency certificate, class completed' },
      )
      const person = nowAt(await refresh(client, patient), 'education-level', '2')
      return { pathway: pathwayIn((await write(client, person, 'his profile: has the equivalency')).extension) }
    },

    async 'refer-back'(client) {
      const done = await write(client, served(referral(client), client.note('class')), 'closes the referral of ES')
      const input = parameters(
        code('service', 'employment-services'),
        reference('performer', 'Organization/es'),
        text('text', 'Has the equivalency; ready for truck driving school.'),
        reference('partOf', keyOf(done)),
      )
      const { body } = await client.post(`${client.note('Elvis')}/$refer`, input, {
        note: 'refers him back',
        expect: 200,
      })
      client.keep(...resourcesOf(body))
    },
  },
}

const referral = (client: AgencyClient): DemoResource => client.local(client.note('referral:smart-class'))

const smartClass = (patient: string, plan: string, start: string): DemoResource =>
  service({
    patient,
    by: ['abe'],
    program: 'adult-education',
    category: 'agency-specific',
    service: 'smart-class',
    start,
    basedOn: [plan],
  })

function withNumber(person: DemoResource): DemoResource {
  const number = {
    system: `${ROOT}/NamingSystem/agency/abe`,
    value: 'ABE-77',
    assigner: to('Organization/abe'),
  }
  return { ...person, identifier: [...((person.identifier ?? []) as readonly unknown[]), number] }
}
