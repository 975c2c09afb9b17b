/** What several types have in common. */
import assert from 'node:assert/strict'
import { commonCapability } from '../../server/search/several-types.ts'
import { OFFERED, parameter } from './capability.ts'

const of = (type: string) => OFFERED.capability(type)!
const codes = (...types: [string, ...string[]]) => {
  const [first, ...others] = types
  return commonCapability([of(first), ...others.map(of)]).searchParameters.map(({ code }) => code)
}

describe('search / several-types', () => {
  it('is a type itself, where there is one', () => {
    assert.equal(commonCapability([of('Patient')]), of('Patient'))
  })

  it('keeps the parameters that every type has', () => {
    assert.deepEqual(codes('Patient', 'Group'), ['identifier'])
    assert.deepEqual(codes('Patient', 'Group', 'Organization'), [])
  })

  it('keeps no parameter of another search type, and leads to what a reference leads to in any of the types', () => {
    const reference = (target: string[]) => parameter({ code: 'x', type: 'reference', expression: 'x', target })
    const withOne = (one: ReturnType<typeof parameter>) => ({ ...of('Group'), searchParameters: [one] })
    const common = commonCapability([withOne(reference(['A', 'B'])), withOne(reference(['B', 'C']))])
    assert.deepEqual(common.searchParameters[0]?.target, ['A', 'B', 'C'])
    const token = parameter({ code: 'x', type: 'token', expression: 'x' })
    assert.deepEqual(commonCapability([withOne(reference([])), withOne(token)]).searchParameters, [])
  })
})
