/** Compartments as filters. */
import assert from 'node:assert/strict'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { compartmentsOf, inCompartment } from '../../server/search/compartment.ts'
import { ROOT } from '../checks/files.ts'

const key = { type: 'Patient', id: '1' }
const refers = (param: string) => ({ op: 'reference', param, type: 'Patient', id: '1' })

describe('search / compartment', () => {
  it('offers those of R4 whose types are offered, with the parameters that are offered', async () => {
    const definitions = await loadDefinitions(ROOT)
    const offered = compartmentsOf(definitions)
    const patient = offered.find(({ code }) => code === 'Patient')
    assert.deepEqual(patient?.members.get('Observation'), ['subject', 'performer'])
    assert.equal(patient?.members.has('Task'), false)
    assert.ok(offered.every(({ code }) => definitions.capability(code)))
  })

  it('asks each type for its own parameters', () => {
    const members = new Map([
      ['A', ['subject']],
      ['B', ['subject', 'performer']],
      ['C', ['subject']],
      ['D', ['{def}']],
    ])
    const compartment = { url: '', code: 'Patient', members }
    assert.deepEqual(inCompartment(compartment, key, ['A']), refers('subject'))
    assert.deepEqual(inCompartment(compartment, key, ['A', 'C']), refers('subject'))
    assert.deepEqual(inCompartment(compartment, key, ['A', 'B', 'C', 'D']), {
      op: 'or',
      of: [
        { op: 'and', of: [{ op: 'type', types: ['A', 'C'] }, refers('subject')] },
        {
          op: 'and',
          of: [
            { op: 'type', types: ['B'] },
            { op: 'or', of: [refers('subject'), refers('performer')] },
          ],
        },
        {
          op: 'and',
          of: [
            { op: 'type', types: ['D'] },
            { op: 'id', ids: ['1'] },
          ],
        },
      ],
    })
  })
})
