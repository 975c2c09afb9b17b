/** What an expression of a client may do: steps are counted, so that it ends in the same way every time. */
import assert from 'node:assert/strict'
import { compilePath, compileTest } from '../../server/fhirpath/expression.ts'
import { StepLimit, TooManySteps } from '../../server/fhirpath/steps.ts'

const LIMIT = 200_000

const large = {
  resourceType: 'Patient',
  birthDate: '1980-01-01',
  name: Array.from({ length: 2000 }, (_, index) => ({ family: `f${index}`, given: ['a', 'b', 'c'] })),
}

/** Each takes far more steps than there are, in our own evaluator or in HL7's engine. */
const HOSTILE = [
  'descendants().where(%resource.descendants().where($this = $this).exists()).exists()',
  'name.where(%resource.name.where(family != given.first()).count() > 5).exists()',
  'name.all(%resource.name.given.count() > 1)',
  'name.select(%resource.name.family).count() > 0',
  'name.select($this.combine($this)).select($this.combine($this)).select(%resource.descendants()).exists()',
  'name.family.intersect(%resource.name.family).intersect(%resource.name.family).count() > 0',
  'repeat(children()).where(%resource.repeat(children()).count() > 1).exists()',
  "name.family.aggregate($total & $this & $total, 'a').length() > 1",
  'name.select($index + %resource.name.count()).exists()',
  `name.family.first()${'.select($this & $this)'.repeat(28)}.length() > 0`,
  `name${'.combine(%resource.name)'.repeat(300)}.exists()`,
]

const ended = (expression: string): TooManySteps => {
  try {
    compileTest(expression)(large, { steps: new StepLimit(LIMIT) })
  } catch (error) {
    assert.ok(error instanceof TooManySteps, `${expression}: ${String(error)}`)
    return error
  }
  throw new assert.AssertionError({ message: `not ended: ${expression}` })
}

describe('fhirpath / steps', () => {
  for (const expression of HOSTILE)
    it(`end \`${expression.slice(0, 70)}\``, () => {
      const { limit, expression: named } = ended(expression)
      assert.deepEqual([limit, named], [LIMIT, expression])
    })

  it('are the same every time', () => {
    const takes = (expression: string): number => {
      let taken = 0
      compilePath(expression)(large, { steps: { spend: (steps) => void (taken += steps) } })
      return taken
    }
    for (const expression of [
      'name.given.where($this = %resource.birthDate)',
      'name.first().repeat(children()).count()',
    ]) {
      const first = takes(expression)
      assert.ok(first > 50 && first < LIMIT, `${expression} takes ${first}`)
      assert.equal(takes(expression), first)
    }
  })

  it('are shared by the evaluations that are given the same ones', () => {
    const steps = new StepLimit(5000)
    const isMet = compileTest('name.given.count() > 1')
    assert.equal(isMet({ ...large, name: large.name.slice(0, 500) }, { steps }), true)
    assert.equal(isMet({ ...large, name: large.name.slice(0, 500) }, { steps }), true)
    assert.throws(() => isMet({ ...large, name: large.name.slice(0, 500) }, { steps }), TooManySteps)
  })

  it('have no limit where none is given', () => {
    assert.deepEqual(compilePath('name.select(%resource.name.family.first()).count()')(large), [2000])
  })

  it('end a comparison of many dates in time: texts of one form are different dates', () => {
    const days = Array.from({ length: 20_000 }, (_, index) => new Date(index * 86_400_000).toISOString().slice(0, 10))
    assert.deepEqual(compilePath('date.isDistinct()')({ resourceType: 'X', date: days }), [true])
    assert.deepEqual(compilePath('date.isDistinct()')({ resourceType: 'X', date: [...days, days[7]] }), [false])
  })
})
