/** Employment services: self-service, the case manager's desk, training accounts. The plan is kept here. */
import type { Desk, System } from '../desk.ts'
import { keyOf, partsOf, resourcesOf, type Resource } from '../fhir.ts'
import { answers, background, consent, profile } from '../records/person.ts'
import { code, decision, parameters, reference, task, text } from '../records/referral.ts'
import { esPlanning } from './es-plan.ts'
import { esTraining } from './es-training.ts'
import { expectSomebody, followUp, refresh, write } from './pull.ts'

export const es: System = {
  topics: {
    'referral-created': 'Task?owner=Organization/es',
    'referral-status-changed': 'Task?requester=Organization/es',
    'participant-updated': '',
    'plan-updated': '',
    'service-enrolment': '',
    'credential-added': '',
  },
  told: {
    'referral-created': async (desk, focus) => void (await expectSomebody(desk, focus)),
    'referral-status-changed': followUp,
    'participant-updated': async (desk, focus) => void (await refreshIfHeld(desk, focus)),
    'plan-updated': async (desk, focus) => void (await refreshIfHeld(desk, focus)),
    'credential-added': async (desk, focus) => {
      desk.hold((await desk.get(focus, { note: 'what did he earn?' })).body)
      desk.notes.set(`credential:${focus}`, focus)
    },
  },
  cues: {
    /** He signs up by himself: the hub says that he is known, so the site goes on with the record that there is. */
    async 'self-service'(desk) {
      const { location } = await desk.post('Patient', profileOfTheSite(), {
        note: 'he signs up in self-service',
        expect: 409,
      })
      const key = location.split('/').slice(-2).join('/')
      const { body: known } = await desk.get(key, { note: 'his record, known since UI' })
      const extended = [...((known.extension ?? []) as readonly unknown[]), ...background]
      await write(desk, { ...known, extension: extended }, 'his education, service and work')
      desk.notes.set('Elvis', key)
      await accept(desk, 'employment-services')
    },

    async answers(desk) {
      const patient = desk.noted('Elvis')
      const form = answers({ patient, agency: 'es', mode: 'self-service', authored: '2019-03-02T10:00:00-06:00' })
      const { body } = await desk.post('QuestionnaireResponse', form, { note: 'his six answers; question 1 is no' })
      desk.notes.set('answers', keyOf(body))
      const proposed = await desk.get(`${keyOf(body)}/$propose-referrals`, { note: 'whom do they call for?' })
      const rules = partsOf(proposed.body, 'proposal').map(({ part = [] }) => part)
      const value = (part: (typeof rules)[number], name: string) => part.find((one) => one.name === name)
      for (const part of rules)
        desk.say(`[x] ${value(part, 'title')?.valueString}: ${value(part, 'text')?.valueString?.slice(0, 76)}...`)
      return { rules: rules.map((part) => value(part, 'rule')?.valueCode).join(' ') }
    },

    /** One checkbox is unchecked, and the human services need his consent first. */
    async confirm(desk) {
      const patient = desk.noted('Elvis')
      const decided = parameters(
        reference('response', desk.noted('answers')),
        decision('abe', false, 'Not school again.'),
        decision('snap', true),
      )
      const path = `${patient}/$submit-referrals`
      await desk.post(path, decided, { note: 'his choices, before he signed anything', expect: 422 })
      await share(desk, ['dhs'], '2019-03-02')
      const { body } = await desk.post(path, decided, { note: 'ABE unchecked, SNAP and TANF sent', expect: 200 })
      const tasks = resourcesOf(body).filter(({ resourceType }) => resourceType === 'Task')
      return { statuses: tasks.map(({ status }) => String(status)).join(' ') }
    },

    /** The way to a licence leads over the equivalency: he changes his mind about school. */
    async 'refer-to-abe'(desk) {
      await share(desk, ['abe'], '2019-03-15')
      await refer(desk, 'smart-class', 'abe', 'The truck driving licence needs the equivalency first.')
    },

    async returns(desk) {
      await share(desk, ['college', 'vr'], '2021-06-01')
      await refer(desk, 'college-enrollment', 'college', 'Ready for diesel mechanics.')
      await refer(desk, 'vocational-rehabilitation', 'vr', 'Hears badly since his service.')
    },

    async wages(desk, { wages = '' }) {
      await desk.get(wages, { note: 'his wages?', expect: 404 })
      const { body } = await desk.get(`Observation?patient=${desk.noted('Elvis')}&code=quarterly-wages`, {
        note: 'any wages at all?',
      })
      return { found: String(resourcesOf(body).length) }
    },

    async certificates(desk) {
      const { body } = await desk.get(`Basic?patient=${desk.noted('Elvis')}&code=participant-credential`, {
        note: 'his certificates',
      })
      return { certificates: String(resourcesOf(body).length) }
    },

    ...esPlanning,
    ...esTraining,
  },
}

/** What the self-service site knows of somebody who signs up. */
function profileOfTheSite(): Resource {
  return profile('es')
}

async function refreshIfHeld(desk: Desk, key: string): Promise<void> {
  if (desk.notes.get('Elvis') === key || desk.notes.get('plan') === key) await refresh(desk, key)
}

async function accept(desk: Desk, service: string): Promise<void> {
  const held = desk.held(desk.noted(`referral:${service}`))
  await write(desk, task(held, { status: 'accepted', business: 'contacted' }), 'takes the referral over')
}

async function share(desk: Desk, agencies: readonly string[], on: string): Promise<void> {
  const signed = consent({ patient: desk.noted('Elvis'), by: 'es', with: agencies, on })
  await desk.post('Consent', signed, { note: `he agrees to share with ${agencies.join(' and ')}` })
}

async function refer(desk: Desk, service: string, agency: string, why: string): Promise<void> {
  const asked = parameters(
    code('service', service),
    reference('performer', `Organization/${agency}`),
    text('text', why),
    reference('basedOn', desk.noted('plan')),
  )
  const path = `${desk.noted('Elvis')}/$refer`
  const { body } = await desk.post(path, asked, { note: `refers him to ${agency}: ${service}`, expect: 200 })
  const made = resourcesOf(body).find(({ resourceType }) => resourceType === 'Task')
  if (made) desk.notes.set(`sent:${service}`, keyOf(made))
}
