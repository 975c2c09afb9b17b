/** Unemployment insurance: where Elvis walks in first, and later where his employer reports his wages. */
import type { AgencySystem } from '../agency-client.ts'
import { creating, keyOf, partsOf, type DemoResource } from '../fhir.ts'
import { answers, consent, hurriedProfile, profile } from '../records/person.ts'
import { decision, parameters, reference } from '../records/referral.ts'
import { service, wages } from '../records/service.ts'
import { followUp, written } from './fetch-referral.ts'

const PERSON = 'urn:uuid:5f0c1a52-6b0e-4a49-9a3e-5d7c8e1f2a01'
const TODAY = '2019-03-01'

export const ui: AgencySystem = {
  topics: { 'participant-updated': '', 'referral-status-changed': 'Task?requester=Organization/ui' },
  onEvent: {
    'referral-status-changed': followUp,
    'participant-updated': async (client, focus) => void client.notes.set(`changed:${focus}`, 'not read yet'),
  },
  steps: {
    async hurry(client) {
      await client.post('Patient', hurriedProfile('ui'), { note: 'intake, typed in a hurry', expect: 422 })
    },

    async intake(client) {
      const given = { patient: PERSON, by: ['ui'], program: 'ui', start: TODAY, end: TODAY }
      const made = await client.transaction(
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
      client.notes.set('Elvis', patient)
      client.notes.set('answers', keyOf(written(made, 'QuestionnaireResponse')))
      return { patient }
    },

    async again(client) {
      const { location } = await client.post('Patient', profile('ui'), {
        note: 'a colleague enters him again',
        expect: 409,
      })
      client.print(`finds him at ${location}`)
      return { location }
    },

    async refer(client) {
      const form = client.note('answers')
      const { body } = await client.get(`${form}/$propose-referrals`, {
        note: 'which referrals do his answers propose?',
      })
      const rules = partsOf(body, 'proposal').map(
        ({ part = [] }) => part.find(({ name }) => name === 'rule')?.valueCode,
      )
      client.print(`gets the proposals ${rules.join(', ')}; refers him to es, which goes through the others with him`)
      const decided = parameters(reference('response', form), decision('es', true))
      const path = `${client.note('Elvis')}/$submit-referrals`
      await client.post(path, decided, { note: 'refers him to ES', expect: 200 })
    },

    /** The local copy dates from the intake; another agency has updated the record since. */
    async address(client) {
      const key = client.note('Elvis')
      const old = client.local(key)
      const moved = [{ use: 'home', line: ['22 Example Street'], city: 'Tupelo', district: '28081', state: 'MS' }]
      await client.put({ ...old, address: moved }, { note: 'his new address, on an outdated copy', expect: 412 })
      const base = old.meta?.versionId ?? ''
      const { body } = await client.get(`${key}/$reconcile?base=${base}`, {
        note: `what changed since version ${base}?`,
      })
      const paths = partsOf(body, 'change').map(
        ({ part = [] }) => part.find(({ name }) => name === 'path')?.valueString,
      )
      client.print(`sees what other agencies changed: ${paths.join(', ')}`)
      const current = partsOf(body, 'current')[0]?.resource as DemoResource
      const { body: merged } = await client.put({ ...current, address: moved }, { note: 'the same, merged' })
      client.keep(merged)
      return { changes: String(paths.length) }
    },

    async wages(client) {
      const quarter = { start: '2020-01-01', end: '2020-03-31', dollars: 8123.5 }
      const { body } = await client.post('Observation', wages(client.note('Elvis'), quarter), {
        note: 'wages of a quarter, as reported by the employer',
      })
      return { wages: keyOf(body) }
    },
  },
}
