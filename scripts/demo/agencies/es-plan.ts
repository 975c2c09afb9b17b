/** Employment services: the success plan, from tentative to active. */
import type { System } from '../desk.ts'
import { creating, keyOf, to, updating, type Resource } from '../fhir.ts'
import { careerGoal, noDiploma, shortTermGoal, step, tentative } from '../records/plan.ts'
import { served, task } from '../records/referral.ts'
import { service } from '../records/service.ts'
import { write, written } from './pull.ts'

const BARRIER = 'urn:uuid:5f0c1a52-6b0e-4a49-9a3e-5d7c8e1f2a02'
const CAREER = 'urn:uuid:5f0c1a52-6b0e-4a49-9a3e-5d7c8e1f2a03'
const SHORT_TERM = 'urn:uuid:5f0c1a52-6b0e-4a49-9a3e-5d7c8e1f2a04'

export const esPlanning: System['cues'] = {
  async 'tentative-plan'(desk) {
    const patient = desk.noted('Elvis')
    const created = '2019-03-02'
    const made = await desk.transaction(
      [
        creating(noDiploma(patient, created), BARRIER),
        creating(careerGoal(patient, created), CAREER),
        creating(tentative({ patient, author: 'es', created, goal: CAREER }, BARRIER)),
      ],
      { note: 'barrier, goal diesel mechanic, tentative plan' },
    )
    desk.notes.set('plan', keyOf(written(made, 'CarePlan')))
    desk.notes.set('career', keyOf(written(made, 'Goal')))
  },

  /** "What about driving trucks?" The step in between goes into the plan, and staff make it active. */
  async trucks(desk) {
    const patient = desk.noted('Elvis')
    const plan = desk.held(desk.noted('plan'))
    const activity = [
      step({ sequence: 1, service: 'smart-class', status: 'not-started', performer: 'abe' }),
      step({ sequence: 2, service: 'truck-driving-training', status: 'not-started' }),
      step({ sequence: 3, service: 'diesel-mechanic-training', status: 'not-started' }),
    ]
    const goals = [...((plan.goal ?? []) as readonly unknown[]), to(SHORT_TERM)]
    const made = await desk.transaction(
      [
        creating(shortTermGoal(patient, '2019-03-15'), SHORT_TERM),
        updating({ ...plan, goal: goals, activity } as Resource),
      ],
      { note: 'goal truck driver, three steps: equivalency, trucks, diesel' },
    )
    desk.notes.set('short-term', keyOf(written(made, 'Goal')))
    const career = desk.held(desk.noted('career'))
    await desk.transaction(
      [
        updating({ ...career, lifecycleStatus: 'active' }),
        updating({ ...written(made, 'CarePlan'), status: 'active', intent: 'plan' }),
      ],
      { note: 'staff make plan and goal active' },
    )
    return { status: String(desk.held(keyOf(plan)).status) }
  },

  /** The case manager's hour is the service that UI referred him for. */
  async counsel(desk) {
    const given = service({
      patient: desk.noted('Elvis'),
      by: ['es'],
      program: 'wagner-peyser',
      category: 'basic',
      service: 'career-counseling',
      start: '2019-03-15',
      end: '2019-03-15',
    })
    const { body } = await desk.post('Procedure', given, { note: 'career counseling, given' })
    const referral = desk.held(desk.noted('referral:employment-services'))
    const begun = await write(desk, task(referral, { status: 'in-progress', business: 'in-service' }), 'serves him')
    await write(desk, served(begun, keyOf(body)), 'closes what UI asked for')
  },
}
