/** Employment services: the training account, the licence, and the plan that follows. */
import type { System } from '../desk.ts'
import { coded, creating, extension, keyOf, updating } from '../fhir.ts'
import { nowAt, pathwayIn } from '../records/person.ts'
import { moved } from '../records/plan.ts'
import { served, task } from '../records/referral.ts'
import { credential, finished, participation, service, training } from '../records/service.ts'
import { refresh, write, written } from './pull.ts'

const EPISODE = 'urn:uuid:5f0c1a52-6b0e-4a49-9a3e-5d7c8e1f2a05'
const LICENCE = 'urn:uuid:5f0c1a52-6b0e-4a49-9a3e-5d7c8e1f2a06'

export const esTraining: System['cues'] = {
  /** WIOA Adult pays for the truck driving school. */
  async enrol(desk) {
    const patient = desk.noted('Elvis')
    const plan = desk.noted('plan')
    const referral = desk.held(desk.noted('referral:employment-services'))
    const taken = await write(desk, task(referral, { status: 'accepted', business: 'contacted' }), 'ABE sent him back')
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
    const made = await desk.transaction(
      [
        creating(participation(patient, 'es', 'adult', start), EPISODE),
        creating(school),
        updating(moved(desk.held(plan), 'truck-driving-training', 'in-progress')),
        updating(task(taken, { status: 'in-progress', business: 'in-service' })),
      ],
      { note: 'WIOA Adult, truck driving school, plan, referral' },
    )
    desk.notes.set('school', keyOf(written(made, 'Procedure')))
  },

  async licence(desk) {
    const patient = desk.noted('Elvis')
    const school = desk.noted('school')
    const earned = {
      definition: 'cdl-a',
      type: 'License',
      title: 'Commercial driver licence, class A',
      issuer: 'State licensing office',
      on: '2019-10-11',
    }
    const made = await desk.transaction(
      [
        creating(credential(patient, 'es', earned), LICENCE),
        updating(finished(desk.held(school), '2019-10-11')),
        updating(moved(desk.held(desk.noted('plan')), 'truck-driving-training', 'completed', [LICENCE])),
        updating(served(desk.held(desk.noted('referral:employment-services')), school)),
      ],
      { note: 'licence, school done, plan, closes what ABE asked for' },
    )
    return { licence: keyOf(written(made, 'Basic')) }
  },

  /** He drives trucks: the short-term goal is reached, and his profile says that he works. */
  async working(desk) {
    const goal = desk.held(desk.noted('short-term'))
    const reached = { coding: [{ system: ACHIEVEMENT, code: 'achieved' }] }
    await write(desk, { ...goal, lifecycleStatus: 'completed', achievementStatus: reached }, 'he drives trucks')
    const person = await refresh(desk, desk.noted('Elvis'))
    await write(desk, nowAt(person, 'employment-status', '1'), 'his profile: employed')
  },

  /** The college told the hub: the last step of the plan is done. */
  async achieved(desk) {
    const diploma = [...desk.notes.values()].findLast((value) => value.startsWith('Basic/')) ?? ''
    const plan = moved(desk.held(desk.noted('plan')), 'diesel-mechanic-training', 'completed', [diploma])
    await write(desk, { ...plan, status: 'completed' }, 'the plan, completed')
    const person = await refresh(desk, desk.noted('Elvis'))
    const { extension: said } = await write(
      desk,
      nowAt(person, 'education-level', '6'),
      "his profile: associate's degree",
    )
    return { pathway: pathwayIn(said) }
  },
}

const ACHIEVEMENT = 'http://terminology.hl7.org/CodeSystem/goal-achievement'
