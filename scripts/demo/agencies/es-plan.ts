/** Employment services: the success plan, from tentative to active. */
import type { AgencySystem } from '../agency-client.ts'
import { creating, keyOf, to, updating, type DemoResource } from '../fhir.ts'
import { careerGoal, noDiploma, shortTermGoal, step, tentative } from '../records/plan.ts'
import { served, task } from '../records/referral.ts'
import { service } from '../records/service.ts'
import { write, written } from './fetch-referral.ts'

const BARRIER = 'urn:uuid:5f0c1a52-6b0e-4a49-9a3e-5d7c8e1f2a02'
const CAREER = 'urn:uuid:5f0c1a52-6b0e-4a49-9a3e-5d7c8e1f2a03'
const SHORT_TERM = 'urn:uuid:5f0c1a52-6b0e-4a49-9a3e-5d7c8e1f2a04'

export const esPlanning: AgencySystem['steps'] = {
  async 'tentative-plan'(client) {
    const patient = client.note('Elvis')
    const created = '2019-03-02'
    const made = await client.transaction(
      [
        creating(noDiploma(patient, created), BARRIER),
        creating(careerGoal(patient, created), CAREER),
        creating(tentative({ patient, author: 'es', created, goal: CAREER }, BARRIER)),
      ],
      { note: 'barrier, goal diesel mechanic, tentative plan' },
    )
    client.notes.set('plan', keyOf(written(made, 'CarePlan')))
    client.notes.set('career', keyOf(written(made, 'Goal')))
  },

  /** "What about driving trucks?" The plan gets an intermediate step, and staff activate it. */
  async trucks(client) {
    const patient = client.note('Elvis')
    const plan = client.local(client.note('plan'))
    const activity = [
      step({ sequence: 1, service: 'smart-class', status: 'not-started', performer: 'abe' }),
      step({ sequence: 2, service: 'truck-driving-training', status: 'not-started' }),
      step({ sequence: 3, service: 'diesel-mechanic-training', status: 'not-started' }),
    ]
    const goals = [...((plan.goal ?? []) as readonly unknown[]), to(SHORT_TERM)]
    const made = await client.transaction(
      [
        creating(shortTermGoal(patient, '2019-03-15'), SHORT_TERM),
        updating({ ...plan, goal: goals, activity } as DemoResource),
      ],
      { note: 'goal truck driver, three steps: equivalency, trucks, diesel' },
    )
    client.notes.set('short-term', keyOf(written(made, 'Goal')))
    const career = client.local(client.note('career'))
    await client.transaction(
      [
        updating({ ...career, lifecycleStatus: 'active' }),
        updating({ ...written(made, 'CarePlan'), status: 'active', intent: 'plan' }),
      ],
      { note: 'staff activate plan and goal' },
    )
    return { status: String(client.local(keyOf(plan)).status) }
  },

  /** Career counseling is the service that UI referred him for. */
  async counsel(client) {
    const counseling = service({
      patient: client.note('Elvis'),
      by: ['es'],
      program: 'wagner-peyser',
      category: 'basic',
      service: 'career-counseling',
      start: '2019-03-15',
      end: '2019-03-15',
    })
    const { body } = await client.post('Procedure', counseling, { note: 'career counseling, completed' })
    const referral = client.local(client.note('referral:employment-services'))
    const begun = await write(
      client,
      task(referral, { status: 'in-progress', business: 'in-service' }),
      'starts the service',
    )
    await write(client, served(begun, keyOf(body)), 'closes the referral of UI')
  },
}
