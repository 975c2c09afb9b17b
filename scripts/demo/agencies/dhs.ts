/** Human services: two referrals of one checkbox, which end differently. */
import type { System } from '../desk.ts'
import { system } from '../fhir.ts'
import { attempt, outcome, task } from '../records/referral.ts'
import { expectSomebody, write } from './pull.ts'

export const dhs: System = {
  topics: { 'referral-created': 'Task?owner=Organization/dhs', 'participant-updated': '' },
  told: { 'referral-created': async (desk, focus) => void (await expectSomebody(desk, focus)) },
  cues: {
    /** TANF: screened, and above the income limit. */
    async screen(desk) {
      const reason = {
        coding: [{ system: system('ineligible-reason'), code: 'income' }],
        text: 'Income of the household above the limit.',
      }
      const held = desk.held(desk.noted('referral:cash-assistance'))
      const rejected = { status: 'rejected', business: 'ineligible-screened', reason, outputs: [outcome('ineligible')] }
      await write(desk, task(held, rejected), 'TANF: not eligible')
    },

    /** SNAP: three calls, and he never came. */
    async call(desk) {
      const held = desk.held(desk.noted('referral:food-assistance'))
      const taken = await write(
        desk,
        task(held, { status: 'accepted', business: 'contact-attempted' }),
        'SNAP: calls him',
      )
      const calls = ['2019-03-05T09:00:00-06:00', '2019-03-07T15:30:00-06:00', '2019-03-12T11:00:00-05:00']
      const reason = { text: 'Three calls, no answer; did not come.' }
      const outputs = [...calls.map(attempt), outcome('no-show')]
      await write(desk, task(taken, { status: 'failed', business: 'no-show', reason, outputs }), 'SNAP: a no-show')
    },
  },
}
