import assert from 'node:assert/strict'
import { nearest } from '../../server/fhir/nearest.ts'

const KNOWN = ['birthDate', 'name', 'gender', 'telecom']

describe('the nearest known word', () => {
  const cases: [string, string | undefined][] = [
    ['birthdate', 'birthDate'],
    ['birhtDate', 'birthDate'],
    ['nam', 'name'],
    ['gendre', 'gender'],
    ['elephant', undefined],
    ['', undefined],
  ]
  for (const [word, meant] of cases) {
    it(`to \`${word}\` is ${meant === undefined ? 'none' : `\`${meant}\``}`, () =>
      assert.equal(nearest(word, KNOWN), meant))
  }

  it('is the nearer of two', () => {
    assert.equal(nearest('HUB_PROT', ['HUB_HOST', 'HUB_PORT']), 'HUB_PORT')
  })
})
