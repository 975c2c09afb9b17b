/** A proposed change of who a participant is, as a Task. */
import assert from 'node:assert/strict'
import { checkProposal, draftProposal, isProposal, withProposed } from '../../../server/domain/agency-task/proposal.ts'

const patient = {
  resourceType: 'Patient',
  id: 'ida',
  name: [{ use: 'official', family: 'Ferris' }],
  birthDate: '1990-01-08',
  gender: 'female',
  managingOrganization: { reference: 'Organization/es' },
}
const about = { id: 't', participant: 'ida', requester: 'abe', owner: 'es', now: 0 }

describe('a proposal', () => {
  it('holds the new values, and the participant takes over those and no others', () => {
    const name = [{ use: 'official', family: 'Married' }]
    const task = draftProposal({ name, birthDate: '1990-08-01' }, { ...about, comment: 'Licence seen.' })
    assert.ok(isProposal(task))
    assert.deepEqual(withProposed(patient, task), { ...patient, name, birthDate: '1990-08-01' })
    assert.deepEqual(withProposed(patient, draftProposal({ gender: 'other' }, about)), { ...patient, gender: 'other' })
  })

  it('goes from another agency to the agency of entry, about the participant, with values of the right type', () => {
    const task = draftProposal({ gender: 'other' }, about)
    const at = (more: object) => checkProposal({ ...task, ...more }, patient).map(({ expression }) => expression)
    assert.deepEqual(at({}), [])
    assert.deepEqual(at({ owner: { reference: 'Organization/vr' } }), ['Task.owner'])
    assert.deepEqual(at({ requester: { reference: 'Organization/es' } }), ['Task.requester'])
    assert.deepEqual(at({ focus: { reference: 'Patient/other' } }), ['Task.focus'])
    const [input] = task.input as readonly object[]
    assert.deepEqual(at({ input: [{ ...input, valueCode: undefined, valueString: 'other' }] }), ['Task.input[0]'])
  })
})
