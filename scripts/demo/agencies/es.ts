/** Employment services: self-service, referrals, training accounts. This agency manages the plan. */
import type { AgencyClient, AgencySystem } from '../agency-client.ts'
import { keyOf, partsOf, resourcesOf, type DemoResource } from '../fhir.ts'
import { answers, background, consent, profile } from '../records/person.ts'
import { code, decision, parameters, reference, task, text } from '../records/referral.ts'
import { esPlanning } from './es-plan.ts'
import { esTraining } from './es-training.ts'
import { receiveReferral, followUp, refresh, write } from './fetch-referral.ts'

export const es: AgencySystem = {
  topics: {
    'referral-created': 'Task?owner=Organization/es',
    'referral-status-changed': 'Task?requester=Organization/es',
    'participant-updated': '',
    'plan-updated': '',
    'service-enrolment': '',
    'credential-added': '',
  },
  onEvent: {
    'referral-created': async (client, focus) => void (await receiveReferral(client, focus)),
    'referral-status-changed': followUp,
    'participant-updated': async (client, focus) => void (await refreshIfHeld(client, focus)),
    'plan-updated': async (client, focus) => void (await refreshIfHeld(client, focus)),
    'credential-added': async (client, focus) => {
      client.keep((await client.get(focus, { note: 'the new credential' })).body)
      client.notes.set(`credential:${focus}`, focus)
    },
  },
  steps: {
    /** He signs up himself: the hub answers that a record exists, so the site continues with that one. */
    async 'self-service'(client) {
      const { location } = await client.post('Patient', profileOfTheSite(), {
        note: 'he signs up in self-service',
        expect: 409,
      })
      const key = location.split('/').slice(-2).join('/')
      const { body: existing } = await client.get(key, { note: 'the existing record, created by UI' })
      const extended = [...((existing.extension ?? []) as readonly unknown[]), ...background]
      await write(client, { ...existing, extension: extended }, 'his education, service and work')
      client.notes.set('Elvis', key)
      await accept(client, 'employment-services')
    },

    async answers(client) {
      const patient = client.note('Elvis')
      const form = answers({ patient, agency: 'es', mode: 'self-service', authored: '2019-03-02T10:00:00-06:00' })
      const { body } = await client.post('QuestionnaireResponse', form, { note: 'his six answers; question 1 is no' })
      client.notes.set('answers', keyOf(body))
      const proposed = await client.get(`${keyOf(body)}/$propose-referrals`, {
        note: 'which referrals do they propose?',
      })
      const rules = partsOf(proposed.body, 'proposal').map(({ part = [] }) => part)
      const value = (part: (typeof rules)[number], name: string) => part.find((one) => one.name === name)
      for (const part of rules)
        client.print(`[x] ${value(part, 'title')?.valueString}: ${value(part, 'text')?.valueString?.slice(0, 76)}...`)
      return { rules: rules.map((part) => value(part, 'rule')?.valueCode).join(' ') }
    },

    /** He unchecks one proposal; the referrals to human services need his consent first. */
    async confirm(client) {
      const patient = client.note('Elvis')
      const decided = parameters(
        reference('response', client.note('answers')),
        decision('abe', false, 'Not school again.'),
        decision('snap', true),
      )
      const path = `${patient}/$submit-referrals`
      await client.post(path, decided, { note: 'his choices, before he signed a consent', expect: 422 })
      await share(client, ['dhs'], '2019-03-02')
      const { body } = await client.post(path, decided, { note: 'ABE unchecked, SNAP and TANF sent', expect: 200 })
      const tasks = resourcesOf(body).filter(({ resourceType }) => resourceType === 'Task')
      return { statuses: tasks.map(({ status }) => String(status)).join(' ') }
    },

    /** The licence requires the equivalency, so he changes his mind about school. */
    async 'refer-to-abe'(client) {
      await share(client, ['abe'], '2019-03-15')
      await refer(client, 'smart-class', 'abe', 'The truck driving licence needs the equivalency first.')
    },

    async returns(client) {
      await share(client, ['college', 'vr'], '2021-06-01')
      await refer(client, 'college-enrollment', 'college', 'Ready for diesel mechanics.')
      await refer(client, 'vocational-rehabilitation', 'vr', 'Hears badly since his service.')
    },

    async wages(client, { wages = '' }) {
      await client.get(wages, { note: 'his wages, by id', expect: 404 })
      const { body } = await client.get(`Observation?patient=${client.note('Elvis')}&code=quarterly-wages`, {
        note: 'a search for his wages',
      })
      return { found: String(resourcesOf(body).length) }
    },

    async certificates(client) {
      const { body } = await client.get(`Basic?patient=${client.note('Elvis')}&code=participant-credential`, {
        note: 'his certificates',
      })
      return { certificates: String(resourcesOf(body).length) }
    },

    ...esPlanning,
    ...esTraining,
  },
}

/** The profile that the self-service site makes of a sign-up. */
function profileOfTheSite(): DemoResource {
  return profile('es')
}

async function refreshIfHeld(client: AgencyClient, key: string): Promise<void> {
  if (client.notes.get('Elvis') === key || client.notes.get('plan') === key) await refresh(client, key)
}

async function accept(client: AgencyClient, service: string): Promise<void> {
  const referral = client.local(client.note(`referral:${service}`))
  await write(client, task(referral, { status: 'accepted', business: 'contacted' }), 'accepts the referral')
}

async function share(client: AgencyClient, agencies: readonly string[], on: string): Promise<void> {
  const signed = consent({ patient: client.note('Elvis'), by: 'es', with: agencies, on })
  await client.post('Consent', signed, { note: `he agrees to share with ${agencies.join(' and ')}` })
}

async function refer(client: AgencyClient, service: string, agency: string, why: string): Promise<void> {
  const input = parameters(
    code('service', service),
    reference('performer', `Organization/${agency}`),
    text('text', why),
    reference('basedOn', client.note('plan')),
  )
  const path = `${client.note('Elvis')}/$refer`
  const { body } = await client.post(path, input, { note: `refers him to ${agency}: ${service}`, expect: 200 })
  const made = resourcesOf(body).find(({ resourceType }) => resourceType === 'Task')
  if (made) client.notes.set(`sent:${service}`, keyOf(made))
}
