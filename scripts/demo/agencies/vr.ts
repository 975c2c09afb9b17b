/** Vocational rehabilitation: may not see him before he agrees; offers services, which he declines. */
import type { AgencySystem } from '../agency-client.ts'
import { outcome, task } from '../records/referral.ts'
import { receiveReferral, write } from './fetch-referral.ts'

export const vr: AgencySystem = {
  topics: { 'referral-created': 'Task?owner=Organization/vr', 'participant-updated': '' },
  onEvent: { 'referral-created': async (client, focus) => void (await receiveReferral(client, focus)) },
  steps: {
    async peek(client, { patient = '' }) {
      await client.get(patient, { note: 'a record that it may not see', expect: 404 })
    },

    async offer(client, { patient = '' }) {
      await client.get(patient, { note: 'the same record, now that he agreed' })
      const referral = client.local(client.note('referral:vocational-rehabilitation'))
      const accepted = await write(
        client,
        task(referral, { status: 'accepted', business: 'contacted' }),
        'accepts the referral',
      )
      const reason = { text: 'Hearing aids are enough for him; wants no more.' }
      const declined = { status: 'failed', business: 'declined', reason, outputs: [outcome('declined')] }
      await write(client, task(accepted, declined), 'he declines the services offered')
    },
  },
}
