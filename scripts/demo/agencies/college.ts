/** The community college: diesel mechanics. */
import type { System } from '../desk.ts'
import { creating, keyOf, updating } from '../fhir.ts'
import { served, task } from '../records/referral.ts'
import { credential, finished, participation, service, training } from '../records/service.ts'
import { expectSomebody, readUp, write, written } from './pull.ts'

export const college: System = {
  topics: { 'referral-created': 'Task?owner=Organization/college' },
  told: {
    'referral-created': async (desk, focus) => {
      const { person } = await expectSomebody(desk, focus)
      desk.notes.set('Elvis', keyOf(person))
      await readUp(desk, keyOf(person))
    },
  },
  cues: {
    async enrol(desk) {
      const patient = desk.noted('Elvis')
      const start = '2021-08-16'
      const referral = desk.held(desk.noted('referral:college-enrollment'))
      const taken = await write(desk, task(referral, { status: 'accepted', business: 'contacted' }), 'admits him')
      const classes = service({
        patient,
        by: ['college'],
        program: 'postsecondary',
        category: 'training',
        service: 'diesel-mechanic-training',
        start,
        basedOn: [desk.noted('plan')],
        more: [training('college', '49-3031.00', 'diesel-aas')],
      })
      const made = await desk.transaction(
        [
          creating(participation(patient, 'college', 'postsecondary', start)),
          creating(classes),
          updating(task(taken, { status: 'in-progress', business: 'in-service' })),
        ],
        { note: 'enrolled in diesel mechanics' },
      )
      desk.notes.set('classes', keyOf(written(made, 'Procedure')))
    },

    async graduate(desk) {
      const on = '2023-05-12'
      const earned = {
        definition: 'diesel-aas',
        type: 'AssociateDegree',
        title: 'Associate of Applied Science, diesel',
        issuer: 'Magnolia Valley Community College',
        on,
      }
      const classes = desk.noted('classes')
      await desk.transaction(
        [
          creating(credential(desk.noted('Elvis'), 'college', earned)),
          updating(finished(desk.held(classes), on)),
          updating(served(desk.held(desk.noted('referral:college-enrollment')), classes)),
        ],
        { note: "associate's degree, classes done, closes what ES asked for" },
      )
    },
  },
}
