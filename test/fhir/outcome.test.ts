/** The issues of an error: what refuses the request stands first. */
import assert from 'node:assert/strict'
import { OutcomeError, type Issue, type Severity } from '../../server/fhir/outcome.ts'

const issue = (severity: Severity, text: string): Issue => ({ severity, detail: 'referral-rule', text })

describe('fhir / outcome / the issues of an error', () => {
  it('begin with the errors, in their order, and then come the warnings in theirs', () => {
    const mixed = [
      issue('warning', 'a'),
      issue('error', 'b'),
      issue('information', 'c'),
      issue('fatal', 'd'),
      issue('warning', 'e'),
    ]
    assert.deepEqual(
      new OutcomeError(mixed).issues.map(({ text }) => text),
      ['b', 'd', 'a', 'c', 'e'],
    )
  })
})
