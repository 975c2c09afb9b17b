/** Unemployment insurance: where Elvis walks in first, and later where his employer reports his wages. */
import type { System } from '../desk.ts'
import { creating, keyOf, partsOf, type Resource } from '../fhir.ts'
import { answers, consent, hurriedProfile, profile } from '../records/person.ts'
import { decision, parameters, reference } from '../records/referral.ts'
import { service, wages } from '../records/service.ts'
import { followUp, written } from './pull.ts'

const PERSON = 'urn:uuid:5f0c1a52-6b0e-4a49-9a3e-5d7c8e1f2a01'
const TODAY = '2019-03-01'

export const ui: System = {
  topics: { 'participant-updated': '', 'referral-status-changed': 'Task?requester=Organization/ui' },
  told: {
    'referral-status-changed': followUp,
    'participant-updated': async (desk, focus) => desk.notes.set(`changed:${focus}`, 'not read yet') && undefined,
  },
  cues: {
    async hurry(desk) {
      await desk.post('Patient', hurriedProfile('ui'), { note: 'intake, typed in a hurry', expect: 422 })
    },

    async intake(desk) {
      const given = { patient: PERSON, by: ['ui'], program: 'ui', start: TODAY, end: TODAY }
      const made = await desk.transaction(
        [
          creating(profile('ui'), PERSON),
          creating(service({ ...given, category: 'basic', service: 'ui-claim-assistance' })),
          creating(service({ ...given, category: 'agency-specific', service: 'unemployment-benefits' })),
          creating(
            answers({ patient: PERSON, agency: 'ui', mode: 'staff-assisted', authored: '2019-03-01T09:10:00-06:00' }),
          ),
          creating(consent({ patient: PERSON, by: 'ui', with: ['es'], on: TODAY })),
        ],
        { note: 'intake: profile, two services given, six answers, consent for ES' },
      )
      const patient = keyOf(written(made, 'Patient'))
      desk.notes.set('Elvis', patient)
      desk.notes.set('answers', keyOf(written(made, 'QuestionnaireResponse')))
      return { patient }
    },

    async again(desk) {
      const { location } = await desk.post('Patient', profile('ui'), {
        note: 'a colleague enters him again',
        expect: 409,
      })
      desk.say(`finds him at ${location}`)
      return { location }
    },

    async refer(desk) {
      const form = desk.noted('answers')
      const { body } = await desk.get(`${form}/$propose-referrals`, { note: 'whom do his answers call for?' })
      const rules = partsOf(body, 'proposal').map(
        ({ part = [] }) => part.find(({ name }) => name === 'rule')?.valueCode,
      )
      desk.say(`is proposed ${rules.join(', ')}; sends him to es, which will ask about the rest`)
      const decided = parameters(reference('response', form), decision('es', true))
      const path = `${desk.noted('Elvis')}/$submit-referrals`
      await desk.post(path, decided, { note: 'refers him to ES', expect: 200 })
    },

    /** The copy is as old as the intake: somebody else has written since. */
    async address(desk) {
      const key = desk.noted('Elvis')
      const old = desk.held(key)
      const moved = [{ use: 'home', line: ['22 Example Street'], city: 'Tupelo', district: '28081', state: 'MS' }]
      await desk.put({ ...old, address: moved }, { note: 'his new address, on an old copy', expect: 412 })
      const base = old.meta?.versionId ?? ''
      const { body } = await desk.get(`${key}/$reconcile?base=${base}`, { note: `what changed since version ${base}?` })
      const paths = partsOf(body, 'change').map(
        ({ part = [] }) => part.find(({ name }) => name === 'path')?.valueString,
      )
      desk.say(`learns what others wrote: ${paths.join(', ')}`)
      const current = partsOf(body, 'current')[0]?.resource as Resource
      const { body: merged } = await desk.put({ ...current, address: moved }, { note: 'the same, merged' })
      desk.hold(merged)
      return { changes: String(paths.length) }
    },

    async wages(desk) {
      const quarter = { start: '2020-01-01', end: '2020-03-31', dollars: 8123.5 }
      const { body } = await desk.post('Observation', wages(desk.noted('Elvis'), quarter), {
        note: 'wages of a quarter, as the employer reported them',
      })
      return { wages: keyOf(body) }
    },
  },
}
