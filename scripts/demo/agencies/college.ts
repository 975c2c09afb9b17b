/** The community college: diesel mechanics. */
import type { AgencySystem } from '../agency-client.ts'
import { creating, keyOf, updating } from '../fhir.ts'
import { served, task } from '../records/referral.ts'
import { credential, finished, participation, service, training } from '../records/service.ts'
import { receiveReferral, fetchPlan, write, written } from './fetch-referral.ts'

export const college: AgencySystem = {
  topics: { 'referral-created': 'Task?owner=Organization/college' },
  onEvent: {
    'referral-created': async (client, focus) => {
      const { person } = await receiveReferral(client, focus)
      client.notes.set('Elvis', keyOf(person))
      await fetchPlan(client, keyOf(person))
    },
  },
  steps: {
    async enrol(client) {
      const patient = client.note('Elvis')
      const start = '2021-08-16'
      const referral = client.local(client.note('referral:college-enrollment'))
      const accepted = await write(
        client,
        task(referral, { status: 'accepted', business: 'contacted' }),
        'accepts the referral and admits him',
      )
      const classes = service({
        patient,
        by: ['college'],
        program: 'postsecondary',
        category: 'training',
        service: 'diesel-mechanic-training',
        start,
        basedOn: [client.note('plan')],
        more: [training('college', '49-3031.00', 'diesel-aas')],
      })
      const made = await client.transaction(
        [
          creating(participation(patient, 'college', 'postsecondary', start)),
          creating(classes),
          updating(task(accepted, { status: 'in-progress', business: 'in-service' })),
        ],
        { note: 'enrolled in diesel mechanics' },
      )
      client.notes.set('classes', keyOf(written(made, 'Procedure')))
    },

    async graduate(client) {
      const on = '2023-05-12'
      const earned = {
        definition: 'diesel-aas',
        type: 'AssociateDegree',
        title: 'Associate of Applied Science, diesel',
        issuer: 'Magnolia Valley Community College',
        on,
      }
      const classes = client.note('classes')
      await client.transaction(
        [
          creating(credential(client.note('Elvis'), 'college', earned)),
          updating(finished(client.local(classes), on)),
          updating(served(client.local(client.note('referral:college-enrollment')), classes)),
        ],
        { note: "associate's degree, classes completed, closes the referral of ES" },
      )
    },
  },
}
