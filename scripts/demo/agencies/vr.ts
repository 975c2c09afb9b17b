/** Vocational rehabilitation: may not see him before he agrees; offers services, which he declines. */
import type { System } from '../desk.ts'
import { outcome, task } from '../records/referral.ts'
import { expectSomebody, write } from './pull.ts'

export const vr: System = {
  topics: { 'referral-created': 'Task?owner=Organization/vr', 'participant-updated': '' },
  told: { 'referral-created': async (desk, focus) => void (await expectSomebody(desk, focus)) },
  cues: {
    async peek(desk, { patient = '' }) {
      await desk.get(patient, { note: 'a record that is none of its business', expect: 404 })
    },

    async offer(desk, { patient = '' }) {
      await desk.get(patient, { note: 'the same record, now that he agreed' })
      const held = desk.held(desk.noted('referral:vocational-rehabilitation'))
      const taken = await write(desk, task(held, { status: 'accepted', business: 'contacted' }), 'meets him')
      const reason = { text: 'Hearing aids are enough for him; wants no more.' }
      const declined = { status: 'failed', business: 'declined', reason, outputs: [outcome('declined')] }
      await write(desk, task(taken, declined), 'he declines what is offered')
    },
  },
}
