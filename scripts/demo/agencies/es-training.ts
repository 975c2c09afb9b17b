/** Employment services: the training account, the licence, and the plan that follows. */
import type { AgencySystem } from '../agency-client.ts'
import { coded, creating, extension, keyOf, updating } from '../fhir.ts'
import { nowAt, pathwayIn } from '../records/person.ts'
import { moved } from '../records/plan.ts'
import { served, task } from '../records/referral.ts'
import { credential, finished, participation, service, training } from '../records/service.ts'
import { refresh, write, written } from './fetch-referral.ts'

const EPISODE = 'urn:uuid:5f0c1a52-6b0e-4a49-9a3e-5d7c8e1f2a05'
const LICENCE = 'urn:uuid:5f0c1a52-6b0e-4a49-9a3e-5d7c8e1f2a06'

export const esTraining: AgencySystem['steps'] = {
  /** WIOA Adult pays for the truck driving school. */
  async enrol(client) {
    const patient = client.note('Elvis')
    const plan = client.note('plan')
    const referral = client.local(client.note('referral:employment-services'))
    const accepted = await write(
      client,
      task(referral, { status: 'accepted', business: 'contacted' }),
      'accepts the referral back from ABE',
    )
    const start = '2019-08-05'
    const school = service({
      patient,
      by: ['es', 'college'],
      program: 'adult',
      category: 'training',
      service: 'truck-driving-training',
      start,
      basedOn: [plan],
      more: [
        extension('participation', { valueReference: { reference: EPISODE } }),
        extension('funding-source', { valueCodeableConcept: coded('program', 'adult') }),
        training('college', '53-3032.00', 'cdl-a'),
      ],
    })
    const made = await client.transaction(
      [
        creating(participation(patient, 'es', 'adult', start), EPISODE),
        creating(school),
        updating(moved(client.local(plan), 'truck-driving-training', 'in-progress')),
        updating(task(accepted, { status: 'in-progress', business: 'in-service' })),
      ],
      { note: 'WIOA Adult, truck driving school, plan, referral' },
    )
    client.notes.set('school', keyOf(written(made, 'Procedure')))
  },

  async licence(client) {
    const patient = client.note('Elvis')
    const school = client.note('school')
    const earned = {
      definition: 'cdl-a',
      type: 'License',
      title: 'Commercial driver licence, class A',
      issuer: 'State licensing office',
      on: '2019-10-11',
    }
    const made = await client.transaction(
      [
        creating(credential(patient, 'es', earned), LICENCE),
        updating(finished(client.local(school), '2019-10-11')),
        updating(moved(client.local(client.note('plan')), 'truck-driving-training', 'completed', [LICENCE])),
        updating(served(client.local(client.note('referral:employment-services')), school)),
      ],
      { note: 'licence, school completed, plan, closes the referral of ABE' },
    )
    return { licence: keyOf(written(made, 'Basic')) }
  },

  /** He drives trucks: the short-term goal is achieved, and his profile shows that he is employed. */
  async working(client) {
    const goal = client.local(client.note('short-term'))
    const reached = { coding: [{ system: ACHIEVEMENT, code: 'achieved' }] }
    await write(client, { ...goal, lifecycleStatus: 'completed', achievementStatus: reached }, 'he drives trucks')
    const person = await refresh(client, client.note('Elvis'))
    await write(client, nowAt(person, 'employment-status', '1'), 'his profile: employed')
  },

  /** The college has reported the credential: the last step of the plan is completed. */
  async achieved(client) {
    const diploma = [...client.notes.values()].findLast((value) => value.startsWith('Basic/')) ?? ''
    const plan = moved(client.local(client.note('plan')), 'diesel-mechanic-training', 'completed', [diploma])
    await write(client, { ...plan, status: 'completed' }, 'the plan, completed')
    const person = await refresh(client, client.note('Elvis'))
    const { extension: extensions } = await write(
      client,
      nowAt(person, 'education-level', '6'),
      "his profile: associate's degree",
    )
    return { pathway: pathwayIn(extensions) }
  },
}

const ACHIEVEMENT = 'http://terminology.hl7.org/CodeSystem/goal-achievement'
