/** The types of elements, step by step, by the names that JSON gives them. */
import assert from 'node:assert/strict'
import { createDefinitions } from '../../../server/definitions/load.ts'
import { childElement, resourceElement, stepsInto } from '../../../server/definitions/structures/typed-element.ts'

describe('definitions / structures / typed element', () => {
  const { structures } = createDefinitions([])
  const typeAt = (...[type, ...names]: readonly string[]): string | undefined =>
    names.reduce((at, name) => childElement(at, name, structures), resourceElement(type, structures)).type

  it('is that of the element, through types, backbone elements and what is defined elsewhere', () => {
    assert.equal(typeAt('Patient', 'name'), 'HumanName')
    assert.equal(typeAt('Patient', 'contact', 'name', 'given'), 'string')
    assert.equal(typeAt('Questionnaire', 'item', 'item', 'item', 'linkId'), 'string')
  })

  it('of a choice is the one that its name in JSON has', () => {
    const observation = resourceElement('Observation', structures)
    assert.equal(typeAt('Observation', 'valueQuantity', 'value'), 'decimal')
    assert.equal(childElement(observation, 'valueQuantity', structures).text, 'value.ofType(Quantity)')
    assert.equal(childElement(observation, 'value', structures).type, undefined)
    assert.equal(childElement(observation, 'status', structures).text, 'status')
  })

  it('is not there for what is not defined', () => {
    for (const [type, name] of [
      ['Patient', 'shoeSize'],
      ['Observation', 'valueShoeSize'],
      ['Shoe', 'size'],
      ['Patient|1', 'name'],
    ] as const)
      assert.equal(typeAt(type, name), undefined)
    assert.equal(stepsInto(resourceElement('Shoe', structures), structures), undefined)
    assert.deepEqual(resourceElement('Patient|1', structures), {})
  })
})
