/** Human services: two referrals of one checkbox, which end differently. */
import type { AgencySystem } from '../agency-client.ts'
import { system } from '../fhir.ts'
import { attempt, outcome, task } from '../records/referral.ts'
import { receiveReferral, write } from './fetch-referral.ts'

export const dhs: AgencySystem = {
  topics: { 'referral-created': 'Task?owner=Organization/dhs', 'participant-updated': '' },
  onEvent: { 'referral-created': async (client, focus) => void (await receiveReferral(client, focus)) },
  steps: {
    /** TANF: screened, and above the income limit. */
    async screen(client) {
      const reason = {
        coding: [{ system: system('ineligible-reason'), code: 'income' }],
        text: 'Income of the household above the limit.',
      }
      const referral = client.local(client.note('referral:cash-assistance'))
      const rejected = { status: 'rejected', business: 'ineligible-screened', reason, outputs: [outcome('ineligible')] }
      await write(client, task(referral, rejected), 'TANF: not eligible')
    },

    /** SNAP: three calls without an answer. */
    async call(client) {
      const referral = client.local(client.note('referral:food-assistance'))
      const accepted = await write(
        client,
        task(referral, { status: 'accepted', business: 'contact-attempted' }),
        'SNAP: accepts the referral and calls him',
      )
      const attempts = [
        attempt('2019-03-05T09:00:00-06:00', 'phone'),
        attempt('2019-03-07T15:30:00-06:00', 'phone'),
        attempt('2019-03-12T11:00:00-05:00', 'letter'),
      ]
      const reason = { text: 'Two calls and a letter, no answer; did not come.' }
      const outputs = [...attempts, outcome('no-show')]
      await write(
        client,
        task(accepted, { status: 'failed', business: 'no-show', reason, outputs }),
        'SNAP: records a no-show',
      )
    },
  },
}
